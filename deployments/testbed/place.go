package testbed

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// place is what one server, or one cluster, has to itself: a folder and ports.
type place struct {
	cache cache
	dir   string
	// lasting places outlive this process, and so do their nodes.
	lasting bool
	owner   *flock.Flock
	ports   ports
}

const ownerSuffix = ".owner"

// newPlace makes a folder that belongs to this process, and removes those
// whose processes have died. One process at a time does, so that none takes a
// folder that is being made for one that was left.
func newPlace(ctx context.Context, c cache, name string) (_ *place, err error) {
	sweeping, err := c.lock(ctx, "sweep")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, sweeping.Close()) }()
	if err := c.sweep(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(c.path("run"), name+"-")
	if err != nil {
		return nil, fmt.Errorf("make folder for %s: %w", name, err)
	}
	p := &place{cache: c, dir: dir, owner: flock.New(dir + ownerSuffix)}
	if held, err := p.owner.TryLock(); err != nil || !held {
		return nil, fmt.Errorf("lock folder for %s: held %t: %w", name, held, err)
	}
	return p, nil
}

// lastingPlace is the folder of a server that stays up.
func lastingPlace(c cache, name string) (*place, error) {
	p := &place{cache: c, dir: c.path("up", name), lasting: true}
	if err := os.RemoveAll(p.dir); err != nil {
		return nil, fmt.Errorf("remove what an earlier %s left: %w", name, err)
	}
	if err := os.Mkdir(p.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder for %s: %w", name, err)
	}
	return p, nil
}

func (p *place) path(elem ...string) string {
	return filepath.Join(append([]string{p.dir}, elem...)...)
}

// write makes a file that only its owner can read.
func (p *place) write(name, text string) (string, error) {
	path := p.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("make folder for %s: %w", name, err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return "", fmt.Errorf("write %s: %w", name, err)
	}
	return path, nil
}

func (p *place) port(ctx context.Context) (int, error) { return p.ports.reserve(ctx, p.cache) }

// remove gives everything back. The servers have ended.
func (p *place) remove() error {
	err := errors.Join(os.RemoveAll(p.dir), p.ports.release())
	if p.owner != nil {
		// The lock goes last: until then nobody else sweeps here.
		err = errors.Join(err, os.Remove(p.owner.Path()), p.owner.Close())
	}
	if err != nil {
		return fmt.Errorf("remove %s: %w", p.dir, err)
	}
	return nil
}

// sweep removes folders that nobody owns any more.
func (c cache) sweep() error {
	owners, err := filepath.Glob(c.path("run", "*"+ownerSuffix))
	for _, path := range owners {
		err = errors.Join(err, sweepOne(path))
	}
	return err
}

func sweepOne(path string) error {
	owner := flock.New(path, flock.SetFlag(os.O_RDWR)) // never makes the file anew
	held, err := owner.TryLock()
	if errors.Is(err, fs.ErrNotExist) || err == nil && !held {
		return owner.Close()
	}
	if err != nil {
		return fmt.Errorf("look whether %s is owned: %w", path, err)
	}
	if err := os.RemoveAll(strings.TrimSuffix(path, ownerSuffix)); err != nil {
		return fmt.Errorf("remove what a process left: %w", err)
	}
	return errors.Join(os.Remove(path), owner.Close())
}
