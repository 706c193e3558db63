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
}

func (c *counts) fail(err error) {
	c.failures.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = err.Error()
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
