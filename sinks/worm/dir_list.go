package worm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// List implements Store. A folder without files is not an object.
func (d *Directory) List(ctx context.Context, prefix, from string, fn func(Object) error) error {
	return d.list(ctx, ".", prefix, from, fn)
}

func (d *Directory) list(ctx context.Context, folder, prefix, from string, fn func(Object) error) error {
	entries, err := os.ReadDir(d.path(folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list %s: %w", filepath.Join(d.root, folder), err)
	}
	// Objects go by their whole names, in which a folder is followed by a
	// slash: that is not the order of the folder's entries.
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(sortName(a), sortName(b)) })
	for _, entry := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := path.Join(folder, entry.Name())
		if folder == "." && (entry.Name() == readmeName || entry.Name() == tempFolder) {
			continue
		}
		if entry.IsDir() {
			err = d.listFolder(ctx, name, prefix, from, fn)
		} else if strings.HasPrefix(name, prefix) && name >= from {
			err = listFile(name, entry, fn)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// listFolder goes into a folder only when it may hold names that are wanted.
func (d *Directory) listFolder(ctx context.Context, name, prefix, from string, fn func(Object) error) error {
	inside := name + "/"
	if !strings.HasPrefix(inside, prefix) && !strings.HasPrefix(prefix, inside) {
		return nil
	}
	if inside < from && !strings.HasPrefix(from, inside) {
		return nil
	}
	return d.list(ctx, name, prefix, from, fn)
}

func listFile(name string, entry fs.DirEntry, fn func(Object) error) error {
	info, err := entry.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list %s: %w", name, err)
	}
	return fn(Object{
		Name: name, Size: info.Size(), Modified: info.ModTime(), Irregular: !info.Mode().IsRegular(),
	})
}

func sortName(entry fs.DirEntry) string {
	if entry.IsDir() {
		return entry.Name() + "/"
	}
	return entry.Name()
}
