package testbed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// stateFile stands in the folder of each server that stays up, once it has
// answered.
const stateFile = "server.json"

// startsAtOnce: more would only keep each other from their processors.
const startsAtOnce = 2

// Up starts servers that outlive this process, all when no names are given.
// Those that are up already stay as they are. Each is reported when it is up,
// with the file that tells how to reach it.
func Up(ctx context.Context, names []string, report func(server *Server, file string)) error {
	c, err := userCache()
	if err != nil {
		return err
	}
	if err := checkNames(names...); err != nil {
		return err
	}
	if len(names) == 0 {
		names = Names()
	}
	lock, err := c.lock(ctx, "up")
	if err != nil {
		return err
	}
	var reporting sync.Mutex
	var starts errgroup.Group
	starts.SetLimit(startsAtOnce)
	for _, name := range names {
		starts.Go(func() error {
			server, err := c.raise(ctx, name)
			if err != nil {
				return err
			}
			reporting.Lock()
			defer reporting.Unlock()
			report(server, c.path("up", name, stateFile))
			return nil
		})
	}
	return errors.Join(starts.Wait(), lock.Close())
}

// raise gives a server that is up.
func (c cache) raise(ctx context.Context, name string) (*Server, error) {
	if server, err := c.find(ctx, name); server != nil || err != nil {
		return server, err
	}
	if err := c.lower(name); err != nil {
		return nil, err
	}
	p, err := lastingPlace(c, name)
	if err != nil {
		return nil, err
	}
	server, err := startServer(ctx, p, name)
	if err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(server, "", "  ")
	if err == nil {
		_, err = p.write(stateFile+".new", string(text)+"\n")
	}
	if err == nil {
		err = os.Rename(p.path(stateFile+".new"), p.path(stateFile))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("write how to reach %s: %w", name, err), server.Stop())
	}
	// Who listens needs no reservation.
	return server, p.ports.release()
}

// Find gives the server of a name that the Loan lends in whose command this
// process runs, else the one that Up has started, when it still runs and
// answers; else nil.
func Find(ctx context.Context, name string) (*Server, error) {
	if socket := os.Getenv(loanVariable); socket != "" {
		return borrow(ctx, socket, name)
	}
	c, err := userCache()
	if err != nil {
		return nil, err
	}
	return c.find(ctx, name)
}

func (c cache) find(ctx context.Context, name string) (*Server, error) {
	text, err := os.ReadFile(c.path("up", name, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for %s: %w", name, err)
	}
	server := &Server{}
	if err := json.Unmarshal(text, server); err != nil || server.access() == access((*S3Access)(nil)) {
		return nil, fmt.Errorf("read how to reach %s (run make testbed-down): %w", name, err)
	}
	if !server.current() {
		return nil, nil
	}
	files, err := filepath.Glob(c.path("up", name, "*"+pidSuffix))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if pid, err := pidOf(file); err != nil || pid == 0 {
			return nil, err // it, or one of its brokers, has ended
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := server.access().answers(ctx); err != nil {
		return nil, ctx.Err() // it runs, but not well: as good as none
	}
	return server, nil
}

// Down ends the servers that Up has started, and removes their data. It
// reports each by its name.
func Down(ctx context.Context, report func(name string)) error {
	c, err := userCache()
	if err != nil {
		return err
	}
	lock, err := c.lock(ctx, "up")
	if err != nil {
		return err
	}
	folders, err := os.ReadDir(c.path("up"))
	for _, folder := range folders {
		failed := c.lower(folder.Name())
		if failed == nil {
			report(folder.Name())
		}
		err = errors.Join(err, failed)
	}
	return errors.Join(err, lock.Close())
}

// lower ends what was started under a name, and removes its folder.
func (c cache) lower(name string) error {
	dir := c.path("up", name)
	files, err := filepath.Glob(filepath.Join(dir, "*"+pidSuffix))
	for _, file := range files {
		err = errors.Join(err, endPIDFile(file))
	}
	if err == nil {
		err = os.RemoveAll(dir)
	}
	if err != nil {
		return fmt.Errorf("stop %s: %w", name, err)
	}
	return nil
}
