package intake

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"earwitness/sources/journal"
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
	// keepGone is for how long a file that vanished may come back.
	keepGone = 7 * 24 * time.Hour
	// compactAt is how many lines a journal has before it is made anew.
	compactAt = 10_000
)

// positions keeps them in a journal; the last line of a path counts. A line
// that is lost is an older position, which repeats and loses nothing. So
// changes are not synced one by one. It is safe for concurrent use.
type positions struct {
	mu    sync.Mutex
	file  *journal.File[position]
	known map[string]position
}

func openPositions(path string) (*positions, error) {
	p := &positions{known: map[string]position{}}
	format := journal.Format{Header: "earwitness positions 1", Advice: "use that, or remove the file to read everything again"}
	file, err := journal.Open(path, format, func(at position) { p.known[at.Path] = at })
	if err != nil {
		return nil, fmt.Errorf("open positions: %w", err)
	}
	p.file = file
	if err := p.compact(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *positions) get(path string) (position, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, ok := p.known[path]
	return at, ok
}

// all gives a copy of every position.
func (p *positions) all() []position {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Values(p.known))
}

func (p *positions) put(at position) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known[at.Path] = at
	if p.file.Torn() {
		return p.compact()
	}
	if err := p.file.Append(at); err != nil {
		return fmt.Errorf("put position: %w", err)
	}
	if p.file.Lines() > compactAt+3*len(p.known) {
		return p.compact()
	}
	return nil
}

// compact writes the file anew without what is outdated.
func (p *positions) compact() error {
	oldest := time.Now().Add(-keepGone).Unix()
	maps.DeleteFunc(p.known, func(_ string, at position) bool { return at.Gone != 0 && at.Gone < oldest })
	if err := p.file.Rewrite(maps.Values(p.known)); err != nil {
		return fmt.Errorf("compact positions: %w", err)
	}
	return nil
}

func (p *positions) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.file.Close(); err != nil {
		return fmt.Errorf("close positions: %w", err)
	}
	return nil
}
