package intake

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
	"sync"
	"time"
)

// position is how far one file has been read.
type position struct {
	Path string `json:"path"`
	// Offset in bytes, decompressed, up to which all is acknowledged, and
	// Sent the one up to which something was handed on.
	Offset int64 `json:"offset"`
	Sent   int64 `json:"sent,omitempty"`
	// Head and Mark tell the file by its first MarkSize bytes.
	Head     string `json:"head,omitempty"`
	Mark     string `json:"mark,omitempty"`
	MarkSize int64  `json:"mark_size,omitempty"`
	// Size in bytes and ModTime in ns that the file had when it was read to
	// its end; Done says that it counted as closed.
	Size    int64 `json:"size,omitempty"`
	ModTime int64 `json:"mod_time,omitempty"`
	Done    bool  `json:"done,omitempty"`
	// Gone is the second since when there is no such file, 0 while there is.
	Gone int64 `json:"gone,omitempty"`
}

const (
	journalHeader = "earwitness positions 1\n"
	// keepGone is for how long a file that vanished may come back.
	keepGone = 7 * 24 * time.Hour
	// compactAt is how many lines a journal has before it is made anew.
	compactAt = 10_000
)

// journal keeps positions in a file: a header with the format's version, then
// a line for each change, CRC-32 before JSON; the last line of a path counts.
// A line that a crash cut short is passed over: an older position repeats and
// loses nothing. So changes are not synced one by one; a compaction is, and
// takes its place by rename. It is safe for concurrent use.
type journal struct {
	mu    sync.Mutex
	path  string
	file  *os.File
	known map[string]position
	lines int
	// torn says that the last write failed: the file may end in a part of a
	// line, which would swallow the next.
	torn bool
}

func openJournal(path string) (*journal, error) {
	j := &journal{path: path, known: map[string]position{}}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("make folder of positions: %w", err)
	}
	if err := j.load(); err != nil {
		return nil, fmt.Errorf("load positions %s: %w", path, err)
	}
	if err := j.compact(); err != nil {
		return nil, err
	}
	return j, nil
}

func (j *journal) load() error {
	file, err := os.Open(j.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	r := bufio.NewReader(file)
	header, err := r.ReadString('\n')
	if errors.Is(err, io.EOF) && header == "" {
		return nil
	}
	if header != journalHeader {
		return fmt.Errorf("it begins with %.40q instead of %q: another version wrote it; use that, or remove the file to read everything again", header, journalHeader)
	}
	for {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		sum, text, ok := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
		var p position
		if ok && string(sum) == checksum(text) && json.Unmarshal(text, &p) == nil {
			j.known[p.Path] = p
		}
	}
}

func checksum(text []byte) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE(text)) }

func (j *journal) get(path string) (position, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	p, ok := j.known[path]
	return p, ok
}

// all gives a copy of every position.
func (j *journal) all() []position {
	j.mu.Lock()
	defer j.mu.Unlock()
	list := make([]position, 0, len(j.known))
	for _, p := range j.known {
		list = append(list, p)
	}
	return list
}

func (j *journal) put(p position) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.known[p.Path] = p
	if j.torn {
		return j.compact()
	}
	if err := writePosition(j.file, p); err != nil {
		j.torn = true
		return fmt.Errorf("write position to %s: %w", j.path, err)
	}
	if j.lines++; j.lines > compactAt+3*len(j.known) {
		return j.compact()
	}
	return nil
}

func writePosition(w io.Writer, p position) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s %s\n", checksum(text), text)
	return err
}

// compact writes the journal anew without what is outdated.
func (j *journal) compact() error {
	fresh, err := os.OpenFile(j.path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return fmt.Errorf("compact positions: %w", err)
	}
	if err := j.writeAll(fresh); err != nil {
		return fmt.Errorf("compact positions %s: %w", j.path, errors.Join(err, fresh.Close()))
	}
	if j.file != nil {
		_ = j.file.Close() // its lines stand in fresh, which is synced
	}
	j.file, j.lines, j.torn = fresh, len(j.known), false
	return nil
}

func (j *journal) writeAll(fresh *os.File) error {
	w := bufio.NewWriter(fresh)
	if _, err := w.WriteString(journalHeader); err != nil {
		return err
	}
	oldest := time.Now().Add(-keepGone).Unix()
	for path, p := range j.known {
		if p.Gone != 0 && p.Gone < oldest {
			delete(j.known, path)
			continue
		}
		if err := writePosition(w, p); err != nil {
			return err
		}
	}
	if err := errors.Join(w.Flush(), fresh.Sync()); err != nil {
		return err
	}
	if err := os.Rename(fresh.Name(), j.path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(j.path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := errors.Join(j.file.Sync(), j.file.Close()); err != nil {
		return fmt.Errorf("close positions %s: %w", j.path, err)
	}
	return nil
}
