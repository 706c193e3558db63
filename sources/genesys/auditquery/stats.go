package auditquery

import (
	"sync"
	"sync/atomic"
	"time"
)

// Stats are what a source has done since it was made, and where it stands.
type Stats struct {
	// Queries that were made; Records and dead letters that were handed on;
	// Known records that a query found again.
	Queries, Records, DeadLetters, Known int64
	// Failures that were tried again, and the last of them; empty for none.
	Failures    int64
	LastFailure string
	// Delivered is up to when all streams have been asked for; zero where one
	// has not been. Streams has each by its name.
	Delivered time.Time
	Streams   map[string]time.Time
}

type counts struct {
	queries, records, letters, known, failures atomic.Int64

	mu   sync.Mutex
	last string
	// failing has the streams that fail, with what and since when.
	failing map[string]failing
}

type failing struct {
	why   string
	since time.Time
}

func (c *counts) fail(stream string, err error) {
	c.failures.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = err.Error()
	if c.failing == nil {
		c.failing = make(map[string]failing)
	}
	since := time.Now()
	if before, known := c.failing[stream]; known {
		since = before.since
	}
	c.failing[stream] = failing{c.last, since}
}

func (c *counts) succeed(stream string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.failing, stream)
}

// Waiting says what fails and is tried again, and since when; of several
// streams the one that has failed for longest. It is empty where none does.
func (s *Source) Waiting() (why string, since time.Time) {
	s.counts.mu.Lock()
	defer s.counts.mu.Unlock()
	for _, f := range s.counts.failing {
		if why == "" || f.since.Before(since) {
			why, since = f.why, f.since
		}
	}
	return why, since
}

// Stats is safe to call at any time.
func (s *Source) Stats() Stats {
	stats := Stats{
		Queries: s.counts.queries.Load(), Records: s.counts.records.Load(), DeadLetters: s.counts.letters.Load(),
		Known: s.counts.known.Load(), Failures: s.counts.failures.Load(), Streams: make(map[string]time.Time, len(s.streams)),
	}
	s.counts.mu.Lock()
	stats.LastFailure = s.counts.last
	s.counts.mu.Unlock()
	for _, stream := range s.streams {
		if until, _ := s.ledger.position(stream.name); !until.IsZero() {
			stats.Streams[stream.name] = until
		}
	}
	if until, all := s.ledger.delivered(); all {
		stats.Delivered = until
	}
	return stats
}
