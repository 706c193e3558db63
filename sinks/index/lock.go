package index

import (
	"fmt"

	"github.com/gofrs/flock"
)

// LockedError says that another process writes the index.
type LockedError struct {
	Path string
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("open index %s: another process is writing it: stop that one, or give this one another data folder (reading with trail needs no lock)", e.Path)
}

// lockPath takes the lock beside the file. It goes with the process.
func lockPath(path string) (*flock.Flock, error) {
	lock := flock.New(path + ".lock")
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock index %s: %w", path, err)
	}
	if !held {
		return nil, &LockedError{Path: path}
	}
	return lock, nil
}
