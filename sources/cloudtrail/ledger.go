package cloudtrail

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"earwitness/sources/journal"
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
	// keepFor is how long what is settled is kept: as long, a file that was
	// changed after it was read is told.
	keepFor = 90 * 24 * time.Hour
	// compactAt is how many lines the file has before it is made anew.
	compactAt = 10_000
)

// ledger keeps entries in a journal; the last line of a name counts.
type ledger struct {
	file  *journal.File[entry]
	clock func() time.Time
	known map[string]*entry
}

func openLedger(path string, clock func() time.Time) (*ledger, error) {
	l := &ledger{clock: clock, known: map[string]*entry{}}
	var err error
	format := journal.Format{Header: "earwitness cloudtrail digests 1", Advice: "use that, or remove it and the source's positions"}
	if l.file, err = journal.Open(path, format, func(e entry) { l.known[e.Name] = &e }); err != nil {
		return nil, fmt.Errorf("open digests: %w", err)
	}
	if err := l.compact(); err != nil {
		return nil, err
	}
	return l, nil
}

// compact writes the file anew without what is settled for long.
func (l *ledger) compact() error {
	oldest := l.clock().Add(-keepFor).Unix()
	maps.DeleteFunc(l.known, func(_ string, e *entry) bool {
		return e.Listed != 0 && e.Listed < oldest && (e.Missed || e.Seen != "")
	})
	if err := l.file.Rewrite(l.entries); err != nil {
		return fmt.Errorf("compact digests: %w", err)
	}
	return nil
}

func (l *ledger) entries(yield func(entry) bool) {
	for _, name := range slices.Sorted(maps.Keys(l.known)) {
		if !yield(*l.known[name]) {
			return
		}
	}
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

// keep makes entries durable, which are known already, and with them what an
// earlier call could not.
func (l *ledger) keep(entries ...*entry) error {
	if l.file.Torn() || l.file.Lines() > compactAt+3*len(l.known) {
		return l.compact()
	}
	if len(entries) == 0 {
		return nil
	}
	changed := make([]entry, len(entries))
	for i, e := range entries {
		changed[i] = *e
	}
	err := l.file.Append(changed...)
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("keep digests: %w", err)
	}
	return nil
}

func (l *ledger) close() error {
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("close digests: %w", err)
	}
	return nil
}
