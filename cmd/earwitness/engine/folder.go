package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// InUseError says that another process works on the data folder.
type InUseError struct{ Folder string }

func (e *InUseError) Error() string {
	return fmt.Sprintf("open data folder %s: another earwitness works on it; wait for it, stop it, or name another folder with --data", e.Folder)
}

// lockFolder makes the data folder and keeps others out of it.
func lockFolder(folder string) (*flock.Flock, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	lock := flock.New(filepath.Join(folder, "lock"), flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	switch {
	case err != nil:
		return nil, errors.Join(fmt.Errorf("lock data folder %s: %w", folder, err), lock.Close())
	case !locked:
		return nil, errors.Join(&InUseError{Folder: folder}, lock.Close())
	}
	return lock, nil
}
