package cloudtrail

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// entry is what is known of one log file or digest, by its name: those of
// CloudTrail are unique.
type entry struct {
	Name string `json:"name"`
	// Seen is the SHA-256, in hex, of what was read; empty for nothing yet.
	Seen string `json:"seen,omitempty"`
	URI  string `json:"uri,omitempty"`
	// Want is the SHA-256 that a digest gives, and By that digest.
	Want string `json:"want,omitempty"`
	By   string `json:"by,omitempty"`
	// Listed is when it was first told of, in seconds since 1970.
	Listed int64 `json:"listed,omitempty"`
	// Missed: it was said that the file is missing.
	Missed bool `json:"missed,omitempty"`
	// Digest is set for a digest.
	Digest *digestEntry `json:"digest,omitempty"`
}

// digestEntry is what is kept of a digest to check it when its signature comes,
// and those beside it.
type digestEntry struct {
	Signed      []byte `json:"signed,omitempty"`
	Fingerprint string `json:"fingerprint,omitempty"`
	Algorithm   string `json:"algorithm,omitempty"`
	// Signature, where it is known; Checked, where it was held against the
	// keys, whatever came of it.
	Signature string `json:"signature,omitempty"`
	Checked   bool   `json:"checked,omitempty"`
	// Previous digest, by its name; empty for the first of all.
	Previous string `json:"previous,omitempty"`
}

const (
	ledgerHeader = "earwitness cloudtrail digests 1\n"
	// keepFor is how long what is settled is kept: as long, a file that was
	// changed after it was read is told.
	keepFor = 90 * 24 * time.Hour
)

// ledger keeps entries in a file: a header with the format's version, then a
// line for each change, CRC-32 before JSON; the last line of a name counts.
type ledger struct {
	path  string
	file  *os.File
	known map[string]*entry
}

func openLedger(path string, now time.Time) (*ledger, error) {
	l := &ledger{path: path, known: map[string]*entry{}}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("make folder of digests: %w", err)
	}
	if err := l.load(); err != nil {
		return nil, fmt.Errorf("load digests %s: %w", path, err)
	}
	for name, e := range l.known {
		if e.Listed != 0 && e.Listed < now.Add(-keepFor).Unix() && (e.Missed || e.Seen != "") {
			delete(l.known, name)
		}
	}
	if err := l.compact(); err != nil {
		return nil, fmt.Errorf("write digests %s: %w", path, err)
	}
	return l, nil
}

func (l *ledger) load() error {
	file, err := os.Open(l.path)
	if errors.Is(err, fs.ErrNotExist) {
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
	if header != ledgerHeader {
		return fmt.Errorf("it begins with %.40q instead of %q: another version wrote it; use that, or remove it and the source's positions", header, ledgerHeader)
	}
	for {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil // what a crash cut short comes again
		}
		if err != nil {
			return err
		}
		sum, text, ok := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
		e := &entry{}
		if ok && string(sum) == checksum(text) && json.Unmarshal(text, e) == nil {
			l.known[e.Name] = e
		}
	}
}

func checksum(text []byte) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE(text)) }

// compact writes the file anew, and opens it for what comes.
func (l *ledger) compact() error {
	fresh, err := os.OpenFile(l.path+".tmp", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(fresh)
	_, err = w.WriteString(ledgerHeader)
	for _, name := range slices.Sorted(maps.Keys(l.known)) {
		err = errors.Join(err, writeEntry(w, l.known[name]))
	}
	err = errors.Join(err, w.Flush(), fresh.Sync())
	if err == nil {
		err = os.Rename(l.path+".tmp", l.path)
	}
	if err != nil {
		return errors.Join(err, fresh.Close())
	}
	l.file = fresh
	return nil
}

func writeEntry(w io.Writer, e *entry) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s %s\n", checksum(text), text)
	return err
}

// of gives the entry of a name, which it makes where there is none.
func (l *ledger) of(name string) *entry {
	e := l.known[name]
	if e == nil {
		e = &entry{Name: name}
		l.known[name] = e
	}
	return e
}

// keep makes entries durable.
func (l *ledger) keep(entries ...*entry) error {
	var lines bytes.Buffer
	for _, e := range entries {
		if err := writeEntry(&lines, e); err != nil {
			return fmt.Errorf("keep digests: %w", err)
		}
	}
	if _, err := l.file.Write(lines.Bytes()); err != nil {
		return fmt.Errorf("keep digests in %s: %w", l.path, err)
	}
	if err := l.file.Sync(); err != nil {
		return fmt.Errorf("keep digests in %s: %w", l.path, err)
	}
	return nil
}

func (l *ledger) close() error { return l.file.Close() }
