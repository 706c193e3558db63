package auditquery

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"earwitness/sources/journal"
)

// compactAt is how many lines the file may have more than it needs.
const compactAt = 10_000

// key names an audit that was published.
type key [16]byte

// seen is an audit with its own time.
type seen struct {
	key key
	at  time.Time
}

// entry is a line of the ledger's file: a position, or an audit.
type entry struct {
	// Stream with the milliseconds since 1970 of its position, and of when it
	// was last rechecked.
	Stream    string `json:"stream,omitempty"`
	Until     int64  `json:"until,omitempty"`
	Rechecked int64  `json:"rechecked,omitempty"`
	// Seen is a key in hex, At the audit's own time in milliseconds.
	Seen string `json:"seen,omitempty"`
	At   int64  `json:"at,omitempty"`
}

// ledger knows the streams' positions and what was published of the time that
// will be asked for again. It is safe for concurrent use.
type ledger struct {
	mu      sync.Mutex
	file    *journal.File[entry]
	looked  int // how many lines the file had when it was last thought of as long
	streams map[string]entry
	// wanted are the streams that are configured.
	wanted []string
	// keep is for how long before the positions keys are kept.
	keep  time.Duration
	known map[key]int64
	// claimed are under way to the publisher.
	claimed map[key]bool
}

func openLedger(path string, wanted []string, keep time.Duration) (*ledger, error) {
	l := &ledger{streams: map[string]entry{}, wanted: wanted, keep: keep, known: map[key]int64{}, claimed: map[key]bool{}}
	var err error
	format := journal.Format{Header: "earwitness audits 1", Advice: "use that, or remove the file to ask for everything again"}
	if l.file, err = journal.Open(path, format, l.load); err != nil {
		return nil, fmt.Errorf("open positions: %w", err)
	}
	if err := l.compact(); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *ledger) load(e entry) {
	if e.Stream != "" {
		l.streams[e.Stream] = e
		return
	}
	if text, err := hex.DecodeString(e.Seen); err == nil && len(text) == len(key{}) {
		l.known[key(text)] = e.At
	}
}

// position is up to when a stream has delivered, and when it was rechecked;
// both zero for one that is new.
func (l *ledger) position(stream string) (until, rechecked time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.streams[stream]
	if e.Until == 0 {
		return time.Time{}, time.Time{}
	}
	return time.UnixMilli(e.Until), time.UnixMilli(e.Rechecked)
}

// advance moves a position on, and never back.
func (l *ledger) advance(stream string, until time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.streams[stream]
	if until.UnixMilli() <= e.Until {
		return nil
	}
	e.Stream, e.Until = stream, until.UnixMilli()
	return l.put(e)
}

func (l *ledger) recheck(stream string, at time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.streams[stream]
	e.Stream, e.Rechecked = stream, at.UnixMilli()
	return l.put(e)
}

func (l *ledger) put(e entry) error {
	l.streams[e.Stream] = e
	if err := l.write(e); err != nil {
		return err
	}
	return l.compactLong()
}

// write adds what is known already to the file. One that could not be written
// to may end in a part of a line, and is written anew.
func (l *ledger) write(entries ...entry) error {
	if l.file.Torn() {
		return l.compact()
	}
	if err := l.file.Append(entries...); err != nil {
		return fmt.Errorf("keep positions: %w", err)
	}
	return nil
}

// delivered is the least position; all is false where a stream has none.
func (l *ledger) delivered() (until time.Time, all bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	least, all := l.least()
	return time.UnixMilli(least), all
}

func (l *ledger) least() (least int64, all bool) {
	for i, name := range l.wanted {
		e, known := l.streams[name]
		if !known || e.Until == 0 {
			return 0, false
		}
		if i == 0 || e.Until < least {
			least = e.Until
		}
	}
	return least, true
}

// claim says whether an audit is news, and whose it is from then on.
func (l *ledger) claim(k key) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.known[k]; known || l.claimed[k] {
		return false
	}
	l.claimed[k] = true
	return true
}

// settle notes what became of claims: durable, or news again.
func (l *ledger) settle(keys []seen, durable bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	entries := make([]entry, 0, len(keys))
	for _, s := range keys {
		delete(l.claimed, s.key)
		if durable {
			l.known[s.key] = s.at.UnixMilli()
			entries = append(entries, entry{Seen: hex.EncodeToString(s.key[:]), At: s.at.UnixMilli()})
		}
	}
	return l.write(entries...)
}

// compactLong writes the file anew when it has many more lines than it needs.
func (l *ledger) compactLong() error {
	if l.file.Lines() < l.looked+compactAt {
		return nil
	}
	l.prune()
	if l.looked = l.file.Lines(); l.looked < compactAt+2*len(l.known) {
		return nil
	}
	return l.compact()
}

// prune forgets audits from before anything that will be asked for.
func (l *ledger) prune() {
	if least, all := l.least(); all {
		oldest := time.UnixMilli(least).Add(-l.keep).UnixMilli()
		maps.DeleteFunc(l.known, func(_ key, at int64) bool { return at < oldest })
	}
}

func (l *ledger) compact() error {
	l.prune()
	if err := l.file.Rewrite(l.entries); err != nil {
		return fmt.Errorf("compact positions: %w", err)
	}
	l.looked = l.file.Lines()
	return nil
}

// entries gives all that is known, positions first.
func (l *ledger) entries(yield func(entry) bool) {
	for _, name := range slices.Sorted(maps.Keys(l.streams)) {
		if !yield(l.streams[name]) {
			return
		}
	}
	for k, at := range l.known {
		if !yield(entry{Seen: hex.EncodeToString(k[:]), At: at}) {
			return
		}
	}
}

func (l *ledger) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("close positions: %w", err)
	}
	return nil
}
