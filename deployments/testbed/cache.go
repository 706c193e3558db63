package testbed

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// lockPoll is how often a lock that another process holds is tried again.
const lockPoll = 200 * time.Millisecond

// Say hears what goes on, a line each time.
type Say func(format string, args ...any)

// cache is the folder in which everything lies.
type cache struct {
	dir string
	// say hears of what is fetched, when it is set.
	say Say
}

// userCache is the one that all processes of a user share.
func userCache() (cache, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return cache{}, fmt.Errorf("find cache folder for the test bed (set XDG_CACHE_HOME or HOME): %w", err)
	}
	return openCache(filepath.Join(dir, "earwitness", "testbed"))
}

func openCache(dir string) (cache, error) {
	for _, sub := range []string{"", "run", "ports", "locks", "up"} {
		// State and data hold credentials.
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return cache{}, fmt.Errorf("make cache folder of the test bed: %w", err)
		}
	}
	return cache{dir: dir}, nil
}

func (c cache) path(elem ...string) string {
	return filepath.Join(append([]string{c.dir}, elem...)...)
}

// lock waits for the lock of a name, which the kernel frees when its holder
// dies.
func (c cache) lock(ctx context.Context, name string) (*flock.Flock, error) {
	lock := flock.New(c.path("locks", name))
	if _, err := lock.TryLockContext(ctx, lockPoll); err != nil {
		return nil, fmt.Errorf("wait for lock %s, which another process of the test bed holds: %w", lock.Path(), err)
	}
	return lock, nil
}

// tool is something fetched: a folder, named by what it is and its version.
type tool struct {
	name, version string
	// from is where it comes from, program what brings it, and remedy what to
	// do when that fails.
	from, program, remedy string
	// lock is whom it is not to be fetched beside.
	lock string
	// fill fetches into an empty folder.
	fill func(ctx context.Context, dir string) error
}

func (t tool) key() string { return t.name + "-" + t.version }

// fetch gives the tool's folder, and makes it when it is not there yet.
func (c cache) fetch(ctx context.Context, t tool) (_ string, err error) {
	final := c.path(t.key())
	if present(final) {
		return final, nil
	}
	lock, err := c.lock(ctx, t.lock)
	if err != nil {
		return "", fmt.Errorf("fetch %s %s: %w", t.name, t.version, err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if present(final) {
		return final, nil // by whoever held the lock before
	}
	// A fetch that was killed left this; its lock is ours now.
	staging := c.path(".partial-" + t.key())
	if err := os.RemoveAll(staging); err != nil {
		return "", fmt.Errorf("remove partial fetch: %w", err)
	}
	if err := os.Mkdir(staging, 0o755); err != nil {
		return "", fmt.Errorf("make folder to fetch %s %s into: %w", t.name, t.version, err)
	}
	if c.say != nil {
		c.say("%s %s is not in %s yet: fetching it from %s by %s", t.name, t.version, c.dir, t.from, t.program)
	}
	began := time.Now()
	if err := t.fill(ctx, staging); err != nil {
		return "", errors.Join(err, os.RemoveAll(staging))
	}
	if err := os.Rename(staging, final); err != nil {
		return "", fmt.Errorf("keep fetched %s %s: %w", t.name, t.version, err)
	}
	if c.say != nil {
		c.say("%s %s fetched in %s", t.name, t.version, time.Since(began).Round(time.Second))
	}
	return final, nil
}

func present(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
