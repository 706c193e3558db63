package auditquery

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

const (
	fileHeader = "earwitness audits 1\n"
	// compactAt is how many lines a file may have more than it needs.
	compactAt = 10_000
)

// file holds entries: a header with the format's version, then a line for
// each, CRC-32 before JSON. A line that a crash cut short is passed over: an
// older position, or an audit that is not known, repeats and loses nothing.
// So lines are not synced one by one; a file that is written anew is, and
// takes its place by rename.
type file struct {
	path string
	out  *os.File
	// lines that it has, and had when it was last thought of as long.
	lines, looked int
	// broken says that a write failed.
	broken bool
}

// openFile loads the entries of a file, if there is one. It can be written to
// once it was written anew.
func openFile(path string, load func(entry)) (*file, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("make folder of positions: %w", err)
	}
	if err := loadFile(path, load); err != nil {
		return nil, fmt.Errorf("load positions %s: %w", path, err)
	}
	return &file{path: path}, nil
}

func loadFile(path string, load func(entry)) error {
	in, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
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
	if header != fileHeader {
		return fmt.Errorf("it begins with %.40q instead of %q: another version wrote it; use that, or remove the file to ask for everything again", header, fileHeader)
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
		var e entry
		if ok && string(sum) == checksum(text) && json.Unmarshal(text, &e) == nil {
			load(e)
		}
	}
}

func checksum(text []byte) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE(text)) }

func writeEntry(w io.Writer, e entry) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s %s\n", checksum(text), text)
	return err
}

// append writes entries behind what there is, at once.
func (f *file) append(entries ...entry) error {
	var b bytes.Buffer
	for _, e := range entries {
		if err := writeEntry(&b, e); err != nil {
			return fmt.Errorf("write positions %s: %w", f.path, err)
		}
	}
	if _, err := f.out.Write(b.Bytes()); err != nil {
		f.broken = true
		return fmt.Errorf("write positions %s: %w", f.path, err)
	}
	f.lines += len(entries)
	return nil
}

// rewrite writes the file anew.
func (f *file) rewrite(fill func(put func(entry) error) error) error {
	fresh, err := os.OpenFile(f.path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return fmt.Errorf("compact positions: %w", err)
	}
	lines := 0
	w := bufio.NewWriter(fresh)
	w.WriteString(fileHeader)
	err = fill(func(e entry) error {
		lines++
		return writeEntry(w, e)
	})
	if err == nil {
		err = errors.Join(w.Flush(), fresh.Sync())
	}
	if err == nil {
		err = os.Rename(fresh.Name(), f.path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(f.path))
	}
	if err != nil {
		return fmt.Errorf("compact positions %s: %w", f.path, errors.Join(err, fresh.Close()))
	}
	if f.out != nil {
		_ = f.out.Close() // its lines stand in fresh, which is synced
	}
	f.out, f.lines, f.looked, f.broken = fresh, lines, lines, false
	return nil
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func (f *file) close() error {
	if err := errors.Join(f.out.Sync(), f.out.Close()); err != nil {
		return fmt.Errorf("close positions %s: %w", f.path, err)
	}
	return nil
}
