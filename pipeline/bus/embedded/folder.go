package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
)

// What lies in the folder.
const (
	lockFile   = "lock"
	formatFile = "format"
	marksFile  = "high-water.json"
	logFolder  = "log"
)

// format of the folder: the layout above, with the log as kfake's persistence
// format 1 writes it.
const format = 1

// LockedError says that another process uses the folder.
type LockedError struct {
	Dir string
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("open embedded broker in %s: another process uses this folder; stop that one, or give this one another data folder", e.Dir)
}

// FormatError says that the folder was written by another version.
type FormatError struct {
	Dir  string
	Have string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("open embedded broker in %s: its format is %q, this version reads %d; use the version that wrote it", e.Dir, e.Have, format)
}

// lockDir takes the lock, which goes with the process.
func lockDir(dir string) (*flock.Flock, error) {
	lock := flock.New(filepath.Join(dir, lockFile))
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock embedded broker in %s: %w", dir, err)
	}
	if !held {
		return nil, &LockedError{Dir: dir}
	}
	return lock, nil
}

// prepareDir checks the format of a folder, or writes it into a new one.
func prepareDir(dir string) error {
	path := filepath.Join(dir, formatFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(dir, logFolder)); err == nil {
			return &FormatError{Dir: dir}
		}
		return writeFile(path, []byte(strconv.Itoa(format)+"\n"))
	}
	if err != nil {
		return fmt.Errorf("open embedded broker: %w", err)
	}
	if have := strings.TrimSpace(string(text)); have != strconv.Itoa(format) {
		return &FormatError{Dir: dir, Have: have}
	}
	return nil
}

// removeSecrets forgets who could connect before.
func removeSecrets(logDir string) error {
	err := os.Remove(filepath.Join(logDir, "sasl.json"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove old secrets of embedded broker: %w", err)
	}
	return nil
}

// writeFile replaces a file so that after a crash there is the old one or the
// new one, whole.
func writeFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.new")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a rename in it durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	return nil
}
