package worm

import (
	"sync/atomic"
	"time"
)

// Stats count since the archive was made, over all partitions.
type Stats struct {
	// Segments that this process sealed, and their bytes as they are stored.
	Segments, Bytes uint64
	// LastSealed is when the last of them was; zero before the first.
	LastSealed time.Time
	// Gathered are about the bytes that wait for the next segments.
	Gathered int64
	// Sealed is the offset behind the last sealed segment, by partition; -1
	// where none is known.
	Sealed map[int]int64
}

type counts struct {
	segments, bytes atomic.Uint64
	last            atomic.Int64 // Unix milliseconds; 0 before the first
}

func (c *counts) sealed(size int, at time.Time) {
	c.segments.Add(1)
	c.bytes.Add(uint64(size))
	c.last.Store(at.UnixMilli())
}

// Stats is safe to call at any time, and waits for no store.
func (a *Archive[T]) Stats() Stats {
	s := Stats{
		Segments: a.counts.segments.Load(), Bytes: a.counts.bytes.Load(), Gathered: a.buffered.Load(), Sealed: make(map[int]int64),
	}
	if at := a.counts.last.Load(); at != 0 {
		s.LastSealed = time.UnixMilli(at).UTC()
	}
	for _, p := range a.all() {
		s.Sealed[p.log.Partition] = p.sealed.Load()
	}
	return s
}
