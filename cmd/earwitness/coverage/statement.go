package coverage

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// format of a statement in the topic.
const format = 1

// keyPrefix of statements: behind it stands the worker.
const keyPrefix = "progress/"

// MostParts is how many a source may be divided into.
const MostParts = 1024

// Never stands for an offset before which nothing was stated.
const Never int64 = -1

// Statement is what one process says of its sources, and the renewal of its
// lease. It lies in the control topic, the latest by worker.
type Statement struct {
	Format int    `json:"format"`
	Worker string `json:"worker"`
	// LeaseMS is how long it stands without the next one, by the time at which
	// the brokers append them.
	LeaseMS int64 `json:"lease_ms"`
	// Left says that the process has ended by itself.
	Left    bool       `json:"left,omitempty"`
	Sources []Progress `json:"sources,omitempty"`
}

// Progress is how far one process has got with a source.
type Progress struct {
	Source string `json:"source"`
	// Part of so many Parts of the source is what the process reads, counted
	// from 1; 0 of 0 is all of it.
	Part  int `json:"part,omitempty"`
	Parts int `json:"parts,omitempty"`
	// UntilMS is up to when the process says that all which the source held
	// is on the bus, with all acks; its lateness is taken off. 0: it has not
	// read it whole yet.
	UntilMS int64 `json:"until_ms"`
	// LatenessMS is that allowance.
	LatenessMS int64 `json:"lateness_ms"`
	// After is the offset of a statement of this worker that was durable when
	// the pass began which UntilMS comes of; Never where there is none.
	After int64 `json:"after"`
}

// Key of the statements of a worker.
func Key(worker string) []byte { return []byte(keyPrefix + worker) }

// IsStatement tells statements from other messages of the topic by their key.
func IsStatement(key []byte) bool { return strings.HasPrefix(string(key), keyPrefix) }

// Marshal gives the wire form.
func (s *Statement) Marshal() ([]byte, error) {
	s.Format = format
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("marshal progress: %w", err)
	}
	return text, nil
}

// ParseStatement reads it.
func ParseStatement(text []byte) (*Statement, error) {
	var s Statement
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("read progress: %w", err)
	}
	for i := range s.Sources {
		if p := &s.Sources[i]; p.Parts < 0 || p.Parts > MostParts || p.Part < min(1, p.Parts) || p.Part > p.Parts {
			return nil, fmt.Errorf("read progress: part %d of %d of source %s is none", p.Part, p.Parts, p.Source)
		}
	}
	if s.Format != format || s.Worker == "" || s.LeaseMS <= 0 {
		return nil, fmt.Errorf("read progress: its format is %d, not %d, or it names no worker or no lease", s.Format, format)
	}
	return &s, nil
}

// moment of milliseconds since 1970; zero for 0.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
