package correlate

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

const snapshotName = "snapshot"

// fingerprint of rules: a snapshot under others is not read.
func (r Rules) fingerprint() [32]byte { return sha256.Sum256(fmt.Appendf(nil, "%#v", r)) }

// Snapshot makes the state durable: a restart begins at Next. Everything must
// have been published, with all.
func (f *Fold) Snapshot() error {
	if f.broken != nil {
		return f.broken
	}
	if f.Pending() > 0 {
		return fmt.Errorf("write snapshot of partition %d: %d records are not published", f.config.Partition, f.Pending())
	}
	s := f.state
	emptied := s.bodies.unneeded()
	if err := s.bodies.sync(); err != nil {
		return err
	}
	if err := f.writeSnapshot(); err != nil {
		return fmt.Errorf("write snapshot of partition %d: %w", f.config.Partition, err)
	}
	return s.bodies.remove(emptied)
}

func (f *Fold) writeSnapshot() (err error) {
	path := filepath.Join(f.config.Dir, snapshotName)
	file, err := os.OpenFile(path+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = file.Close()
		}
	}()
	hash := sha256.New()
	c := &coder{w: bufio.NewWriterSize(io.MultiWriter(file, hash), 1<<16)}
	h := head{rules: f.config.Rules.fingerprint(), next: f.next}
	h.code(c)
	f.state.code(c)
	if err := errors.Join(c.err, c.w.Flush()); err != nil {
		return err
	}
	if _, err := file.Write(hash.Sum(nil)); err != nil {
		return err
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return err
	}
	return syncDir(f.config.Dir)
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// errNoSnapshot says that there is none; any other failure of loading has a
// cause for the log.
var errNoSnapshot = errors.New("there is no snapshot")

// loadSnapshot reads the state that Dir holds.
func (f *Fold) loadSnapshot() error {
	path := filepath.Join(f.config.Dir, snapshotName)
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return errNoSnapshot
	}
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	size, err := checkSum(file)
	if err != nil {
		return err
	}
	c := &coder{r: bufio.NewReaderSize(io.LimitReader(file, size), 1<<16)}
	var h head
	h.code(c)
	if c.err == nil && h.rules != f.config.Rules.fingerprint() {
		c.fail("it was made under other rules")
	}
	s := newState(f.config.Rules, newBodies(&f.config))
	if c.err == nil {
		s.code(c)
	}
	if c.err != nil {
		return c.err
	}
	if err := s.bodies.restore(); err != nil {
		return err
	}
	s.restore()
	f.state, f.next = s, h.next
	return nil
}

// checkSum holds the file against the hash at its end, and gives the size of
// what stands before that.
func checkSum(file *os.File) (int64, error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	size := info.Size() - sha256.Size
	if size < 0 {
		return 0, errors.New("it is cut short")
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, io.LimitReader(file, size)); err != nil {
		return 0, err
	}
	want := make([]byte, sha256.Size)
	if _, err := io.ReadFull(file, want); err != nil {
		return 0, err
	}
	if !bytes.Equal(want, hash.Sum(nil)) {
		return 0, errors.New("its checksum does not hold")
	}
	_, err = file.Seek(0, io.SeekStart)
	return size, err
}

func (c *coder) fail(why string) { c.err = errors.Join(c.err, errors.New(why)) }
