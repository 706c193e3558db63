package intake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// found is one file of a listing.
type found struct {
	path    string
	size    int64
	modTime int64
}

// scan lists the files and reads what is new in them. It returns when every
// batch is answered for. open says that some file was not closed yet; folder,
// where not nil, is told each folder.
func (d *Directory) scan(ctx context.Context, folder func(string)) (open bool, err error) {
	began := time.Now()
	files, err := d.list(ctx, folder)
	d.listing = time.Since(began)
	if err != nil {
		return false, err
	}
	gone := d.findGone(files)
	d.recount()
	d.filesTotal.Store(int64(len(files)))
	for _, f := range files {
		d.bytesTotal.Add(f.size)
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var group errgroup.Group
	group.SetLimit(d.config.Parallel)
	for _, f := range files {
		closed := d.config.Once || time.Since(time.Unix(0, f.modTime)) >= d.config.Quiet
		open = open || !closed
		if ctx.Err() != nil {
			break
		}
		if p, ok := d.journal.get(f.path); ok && p.Size == f.size && p.ModTime == f.modTime && (p.Done || !closed) {
			d.filesDone.Add(1)
			d.bytesDone.Add(f.size)
			continue
		}
		group.Go(func() error {
			if err := d.read(ctx, fail, f, closed, gone); err != nil {
				fail(err)
			}
			return nil
		})
	}
	_ = group.Wait() // failures end ctx with their cause
	d.sending.Wait()
	if ctx.Err() != nil {
		return open, context.Cause(ctx)
	}
	return open, d.markGone(gone)
}

// list walks the folder in the order of names.
func (d *Directory) list(ctx context.Context, folder func(string)) ([]found, error) {
	var files []found
	err := filepath.WalkDir(d.root, func(path string, entry fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		hidden := path != d.root && strings.HasPrefix(filepath.Base(path), ".")
		if err != nil {
			if path == d.root {
				return err
			}
			if !errors.Is(err, fs.ErrNotExist) {
				// Its files can't be told, so the folder stands for them.
				files = append(files, found{path: path})
			}
			return nil
		}
		if entry.IsDir() {
			if hidden || path == d.config.StateDir {
				return fs.SkipDir
			}
			if folder != nil {
				folder(path)
			}
			return nil
		}
		if hidden || !entry.Type().IsRegular() {
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return nil //nolint:nilerr // it went away since
		}
		files = append(files, found{path: path, size: info.Size(), modTime: info.ModTime().UnixNano()})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", d.root, err)
	}
	return files, nil
}

// findGone gives the positions whose file is not there any more, or has
// another in its place, by head.
func (d *Directory) findGone(files []found) map[string][]position {
	there := make(map[string]found, len(files))
	for _, f := range files {
		there[f.path] = f
	}
	gone := map[string][]position{}
	for _, p := range d.journal.all() {
		f, ok := there[p.Path]
		if ok && (f.size == p.Size && f.modTime == p.ModTime || isStill(f, p)) {
			continue
		}
		gone[p.Head] = append(gone[p.Head], p)
	}
	return gone
}

func isStill(f found, p position) bool {
	file, err := os.Open(f.path)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	defer func() { _ = file.Close() }()
	return sameFile(file, f.size, p)
}

func (d *Directory) markGone(gone map[string][]position) error {
	for _, list := range gone {
		for _, p := range list {
			if now, ok := d.journal.get(p.Path); !ok || now != p || p.Gone != 0 {
				continue
			}
			p.Gone = time.Now().Unix()
			if err := d.journal.put(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// resume finds where to go on in f: at the position of its path, or of a path
// that is gone and had the same bytes; else at the start.
func (d *Directory) resume(f *os.File, file found, gone map[string][]position) position {
	first := head(f)
	if p, ok := d.journal.get(file.path); ok && sameFile(f, file.size, p) {
		p.Head, p.Gone = first, 0
		return p
	}
	if first != "" {
		for _, p := range gone[first] {
			if p.Offset > 0 && sameFile(f, file.size, p) {
				p.Path, p.Gone = file.path, 0
				return p
			}
		}
	}
	return position{Path: file.path, Head: first}
}

func sameFile(f *os.File, size int64, p position) bool {
	if size < p.MarkSize || isCompressed(f) && p.MarkSize > 0 && size < p.Size {
		return false
	}
	if p.MarkSize == 0 {
		return p.Offset == 0 && p.Head == head(f)
	}
	now, err := mark(f, p.MarkSize)
	return err == nil && now == p.Mark
}
