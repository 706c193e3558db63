package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
)

// ErrTorn is what Append gives until the file was written anew.
var ErrTorn = errors.New("an earlier write failed: the file has to be written anew")

// Format is what a file begins with, and what to do about one that begins with
// something else: it is said in the error.
type Format struct {
	Header string // without the line's end
	Advice string // "use that, or …"
}

// File holds entries of type E.
type File[E any] struct {
	path   string
	format Format
	out    *os.File
	lines  int
	torn   bool
}

// Open calls load with each entry of the file, if there is one, in order. The
// folder is made when it is missing. It takes entries once it was written
// anew.
func Open[E any](path string, format Format, load func(E)) (*File[E], error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("make folder of %s: %w", path, err)
	}
	f := &File[E]{path: path, format: format, torn: true}
	if err := f.load(load); err != nil {
		return nil, fmt.Errorf("load %s: %w", path, err)
	}
	return f, nil
}

func (f *File[E]) load(load func(E)) error {
	in, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // it was only read
	r := bufio.NewReader(in)
	header, err := r.ReadString('\n')
	if errors.Is(err, io.EOF) && header == "" {
		return nil
	}
	if header != f.format.Header+"\n" {
		return fmt.Errorf("it begins with %.40q instead of %q: another version wrote it; %s", header, f.format.Header+"\n", f.format.Advice)
	}
	for {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		sum, text, ok := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
		var e E
		if ok && string(sum) == checksum(text) && json.Unmarshal(text, &e) == nil {
			load(e)
		}
	}
}

func checksum(text []byte) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE(text)) }

// Lines is how many entries the file has since it was written anew.
func (f *File[E]) Lines() int { return f.lines }

// Torn says that the file has to be written anew before it takes entries.
func (f *File[E]) Torn() bool { return f.torn }

// Append adds entries, all at once. They are not on disk yet. After an error
// any of them may be there.
func (f *File[E]) Append(entries ...E) error {
	if f.torn {
		return fmt.Errorf("write to %s: %w", f.path, ErrTorn)
	}
	var b bytes.Buffer
	for i := range entries {
		if err := writeEntry(&b, &entries[i]); err != nil {
			return fmt.Errorf("write to %s: %w", f.path, err)
		}
	}
	if _, err := f.out.Write(b.Bytes()); err != nil {
		f.torn = true
		return fmt.Errorf("write to %s: %w", f.path, err)
	}
	f.lines += len(entries)
	return nil
}

func writeEntry[E any](w io.Writer, e *E) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s %s\n", checksum(text), text)
	return err
}

// Rewrite makes the file consist of all, on disk when it returns. After an
// error the file is the old one or the new one, and this may be tried again.
func (f *File[E]) Rewrite(all iter.Seq[E]) error {
	fresh, err := os.OpenFile(f.path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return fmt.Errorf("write anew: %w", err)
	}
	lines, err := f.fill(fresh, all)
	if err == nil {
		err = os.Rename(fresh.Name(), f.path)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(f.path))
	}
	if err != nil {
		return fmt.Errorf("write %s anew: %w", f.path, errors.Join(err, fresh.Close()))
	}
	if f.out != nil {
		_ = f.out.Close() // its lines stand in fresh, which is synced
	}
	f.out, f.lines, f.torn = fresh, lines, false
	return nil
}

func (f *File[E]) fill(fresh *os.File, all iter.Seq[E]) (lines int, err error) {
	w := bufio.NewWriter(fresh)
	_, err = w.WriteString(f.format.Header + "\n")
	for e := range all {
		err = errors.Join(err, writeEntry(w, &e))
		lines++
	}
	return lines, errors.Join(err, w.Flush(), fresh.Sync())
}

// syncFolder makes names in it durable.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Sync returns when all that was added is on disk.
func (f *File[E]) Sync() error {
	if err := f.out.Sync(); err != nil {
		// What the kernel still has of it is not known.
		f.torn = true
		return fmt.Errorf("sync %s: %w", f.path, err)
	}
	return nil
}

// Remove closes the file and removes it: there is nothing left to know.
func (f *File[E]) Remove() error {
	if f.out == nil {
		return nil
	}
	out := f.out
	f.out, f.torn = nil, true
	if err := errors.Join(out.Close(), os.Remove(f.path), syncFolder(filepath.Dir(f.path))); err != nil {
		return fmt.Errorf("remove %s: %w", f.path, err)
	}
	return nil
}

// Close syncs, and closes the file.
func (f *File[E]) Close() error {
	if f.out == nil {
		return nil
	}
	if err := errors.Join(f.out.Sync(), f.out.Close()); err != nil {
		return fmt.Errorf("close %s: %w", f.path, err)
	}
	return nil
}
