package worm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	readmeName = "README.txt"
	tempFolder = ".tmp"
	// staleTemp is how old an unfinished file must be before it is taken for
	// the remains of a crash, and not for another process's write.
	staleTemp = time.Hour
)

const readme = `This folder is an archive of Earwitness: signed, chained segments
({lineage}/{topic}/{partition}/{first offset}.seg).

It is tamper-evident, not tamper-proof. A change of any byte is found by

    earwitness verify --store THIS_FOLDER --key VERIFIER_LINE

but whoever may write here can delete everything, and whoever has the signing
key as well can write another history. Keep the verifier line and checkpoints
elsewhere. Files are written once and never changed; do not put others here.
`

// Directory is a Store of files. Its guarantees are those of the file system:
// a name is taken once (hard link of a finished, synced file), nothing
// half-written is ever visible.
type Directory struct {
	root string
	// fault is called before (false) and after (true) each step of a write;
	// tests make it fail.
	fault func(step string, after bool) error
	// folders that this process has made durable in their parents.
	folders sync.Map
}

// OpenDir opens a directory as a store, and makes it when it is not there. It
// says in the log and in a file inside what a directory is worth. The caller
// may open it in several processes.
func OpenDir(root string, logger *slog.Logger) (*Directory, error) {
	absolute, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("open WORM directory %s: %w", root, err)
	}
	d := &Directory{root: absolute, fault: func(string, bool) error { return nil }}
	if err := os.MkdirAll(filepath.Join(absolute, tempFolder), 0o750); err != nil {
		return nil, fmt.Errorf("make WORM directory: %w", err)
	}
	err = d.write(readmeName, []byte(readme))
	if err != nil && !errors.Is(err, ErrExists) {
		return nil, err
	}
	if err := d.removeStale(time.Now()); err != nil {
		return nil, err
	}
	logger.Info("archive is a directory: tamper-evident, not tamper-proof; keep the verifier line and checkpoints elsewhere",
		slog.String("directory", absolute))
	return d, nil
}

// ReadDir opens a directory for reading alone: it makes and changes nothing.
// Put fails.
func ReadDir(root string) (*Directory, error) {
	info, err := os.Stat(root)
	if err == nil && !info.IsDir() {
		err = errors.New("not a directory")
	}
	if err != nil {
		return nil, fmt.Errorf("open WORM directory %s: %w", root, err)
	}
	return &Directory{root: root, fault: func(string, bool) error {
		return fmt.Errorf("directory %s is open for reading alone: %w", root, fs.ErrPermission)
	}}, nil
}

// Put implements Store.
func (d *Directory) Put(ctx context.Context, name string, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := checkName(name); err != nil {
		return err
	}
	return d.write(name, data)
}

func checkName(name string) error {
	if !fs.ValidPath(name) || name == "." || strings.HasPrefix(name, tempFolder) || strings.ContainsRune(name, '\\') {
		return fmt.Errorf("name %q is not one for an object: %w", name, fs.ErrInvalid)
	}
	return nil
}

func (d *Directory) path(name string) string { return filepath.Join(d.root, filepath.FromSlash(name)) }

// write makes a finished file under .tmp, links it to its name, which fails
// when that is taken, and makes both durable.
func (d *Directory) write(name string, data []byte) error {
	target := d.path(name)
	var temp string
	defer func() {
		if temp != "" {
			// Left behind by a failure it is removed at some later opening.
			_ = os.Remove(temp)
		}
	}()
	steps := []struct {
		name string
		do   func() error
	}{
		{"make folders", func() error { return d.makeFolders(path.Dir(name)) }},
		{"write file", func() (err error) {
			temp, err = writeTemp(filepath.Join(d.root, tempFolder), data)
			return err
		}},
		{"link file", func() error { return os.Link(temp, target) }},
		{"sync folder", func() error { return syncFolder(filepath.Dir(target)) }},
	}
	for _, step := range steps {
		err := d.fault(step.name, false)
		if err == nil {
			err = step.do()
		}
		if err == nil {
			err = d.fault(step.name, true)
		}
		if errors.Is(err, fs.ErrExist) {
			// Whoever has linked it may not have made that durable yet.
			if err := syncFolder(filepath.Dir(target)); err != nil {
				return fmt.Errorf("put %s: %w", name, err)
			}
			return fmt.Errorf("put %s: %w", name, ErrExists)
		}
		if err != nil {
			return fmt.Errorf("put %s in %s: %s: %w", name, d.root, step.name, err)
		}
	}
	return nil
}

// makeFolders makes the folders down to name, each durable in its parent.
func (d *Directory) makeFolders(name string) error {
	if name == "." {
		return nil
	}
	if _, done := d.folders.Load(name); done {
		if _, err := os.Stat(d.path(name)); err == nil {
			return nil
		}
	}
	if err := d.makeFolders(path.Dir(name)); err != nil {
		return err
	}
	if err := os.Mkdir(d.path(name), 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := syncFolder(filepath.Dir(d.path(name))); err != nil {
		return err
	}
	d.folders.Store(name, true)
	return nil
}

// writeTemp gives the path of a synced file, also of an unfinished one when
// it fails.
func writeTemp(folder string, data []byte) (string, error) {
	f, err := os.CreateTemp(folder, "segment-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(0o444)
	}
	if err == nil {
		err = f.Sync()
	}
	return f.Name(), errors.Join(err, f.Close())
}

func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// removeStale removes what crashes have left under .tmp.
func (d *Directory) removeStale(now time.Time) error {
	folder := filepath.Join(d.root, tempFolder)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("clean up WORM directory: %w", err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && now.Sub(info.ModTime()) > staleTemp {
			err = os.Remove(filepath.Join(folder, entry.Name()))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("clean up WORM directory: %w", err)
		}
	}
	return nil
}

// Open implements Store.
func (d *Directory) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	f, err := os.Open(d.path(name))
	if err != nil {
		return nil, fmt.Errorf("open %s in %s: %w", name, d.root, err)
	}
	return f, nil
}
