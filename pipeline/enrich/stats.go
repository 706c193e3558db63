package enrich

import "time"

// Counts are since the stage was made.
type Counts struct {
	// Lookups are calls of a source, each with what it retries by itself.
	Lookups int64
	// Hits were answered by the cache, Misses were not, and Shared joined
	// what was on its way already.
	Hits, Misses, Shared int64
	// Published answers.
	Published int64
	// Missing, Denied and Unreadable are answers that are none.
	Missing, Denied, Unreadable int64
	// Failed calls are tried again, GivenUp are not.
	Failed, GivenUp int64
}

// Stats of a stage.
type Stats struct {
	Counts
	// Waiting questions, and Calls that wait or are under way for them.
	Waiting, Calls int
	// Oldest is since when the oldest of the calls waits; zero without one.
	Oldest time.Time
	// Trouble is why lookups fail at present, and Since when they do.
	Trouble error
	Since   time.Time
}

// Stats is safe to call at any time. It looks at every call that waits.
func (s *Stage) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := Stats{Counts: s.counts, Waiting: s.waits(), Calls: len(s.flights), Trouble: s.trouble}
	for _, f := range s.flights {
		if stats.Oldest.IsZero() || f.began.Before(stats.Oldest) {
			stats.Oldest = f.began
		}
	}
	if s.trouble != nil {
		stats.Since = s.since
	}
	return stats
}

// Pending is how many questions of a partition wait.
func (s *Stage) Pending(number int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.partitions[number]; p != nil {
		return p.waits()
	}
	return 0
}
