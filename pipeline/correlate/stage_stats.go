package correlate

import (
	"sync/atomic"
	"time"
)

// Stats of a stage.
type Stats struct {
	// Published records since the stage was made, with those that were said
	// before.
	Published int64
	// DeadLetters that the stage has made.
	DeadLetters int64
	// Partitions that are open, by their number.
	Partitions map[int]PartitionStats
}

// PartitionStats are those of one fold.
type PartitionStats struct {
	// Requests in memory.
	Requests int64
	// DeadLetters that were made of this partition's evidence.
	DeadLetters int64
	// SavedAt is the offset where a restart begins.
	SavedAt int64
	// Saved is when state was saved or opened last.
	Saved time.Time
}

// seen is what may be read of a partition while it is at work.
type seen struct{ requests, savedMs, letters atomic.Int64 }

// look notes what there is; the caller holds p.mu.
func (p *stagePartition) look() {
	p.seen.requests.Store(int64(p.fold.Requests()))
	p.seen.savedMs.Store(p.saved.UnixMilli())
}

// Stats is safe to call at any time, and waits for no partition that is at
// work.
func (s *Stage) Stats() Stats {
	stats := Stats{Published: s.published.Load(), DeadLetters: s.letters.Load(), Partitions: make(map[int]PartitionStats)}
	for _, p := range s.all() {
		if saved := p.seen.savedMs.Load(); saved != 0 {
			stats.Partitions[p.number] = PartitionStats{
				Requests: p.seen.requests.Load(), DeadLetters: p.seen.letters.Load(), SavedAt: p.savedAt.Load(), Saved: time.UnixMilli(saved).UTC(),
			}
		}
	}
	return stats
}
