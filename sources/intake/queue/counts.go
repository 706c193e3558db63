package queue

import (
	"sync"
	"sync/atomic"
	"time"

	"earwitness/sources/intake"
)

// Stats of a Source since it was made.
type Stats struct {
	// Received messages, those that came again included, and Again how many
	// of them had been received before, here or elsewhere.
	Received, Again int64
	// Deleted messages: all that they carried is durable.
	Deleted int64
	// Released messages were given back, and Lost ones became visible while
	// they were in work.
	Released, Lost int64
	// Extended counts extensions of a message's visibility, Retries attempts
	// beyond the first at what a message carries.
	Extended, Retries int64
	// Poison counts messages that can't be taken, by cause; each time that
	// they come.
	Poison map[string]int64
	// Visible, Hidden and Delayed messages of the queue as it said last, in
	// about.
	Visible, Hidden, Delayed int64
	// InWork are in work here, and Oldest of them was sent first; zero without
	// any.
	InWork int64
	Oldest time.Time
	// Failed requests to the queue, each attempt of the client included, by
	// why: see amazon.Failures.
	Failed map[string]int64
	// Delivered: all messages that were sent before are durable; zero while
	// that can't be said.
	Delivered time.Time
}

type counts struct {
	received, again, deleted, released, lost, extended, retries atomic.Int64
	letters                                                     atomic.Int64
	redrive                                                     atomic.Bool
	// polls are outstanding, and the last of them began polled ns since 1970.
	polls, polled atomic.Int64
	waiting       atomic.Pointer[waiting]
	// said is when a wait was last logged, in ns since 1970.
	said atomic.Int64

	mu        sync.Mutex // guards what follows
	poisoned  map[string]int64
	queue     attributes
	delivered time.Time
	// failed are the messages that Once has given back, and why the first was.
	failed map[string]bool
	why    error
	// empty is since when Once has found nothing visible, but something
	// hidden.
	empty time.Time
}

// waiting says for what, and since when.
type waiting struct {
	why   error
	since time.Time
}

// Stats is safe to call at any time.
func (s *Source) Stats() Stats {
	n, oldest := s.work.state()
	stats := Stats{
		Received: s.received.Load(), Again: s.again.Load(), Deleted: s.deleted.Load(), Released: s.released.Load(), Lost: s.lost.Load(),
		Extended: s.extended.Load(), Retries: s.retries.Load(), Poison: map[string]int64{}, InWork: int64(n),
		Oldest: oldest, Failed: s.client.failures.Counts(),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for cause, n := range s.poisoned {
		stats.Poison[cause] = n
	}
	stats.Visible, stats.Hidden, stats.Delayed, stats.Delivered = s.queue.visible, s.queue.hidden, s.queue.delayed, s.delivered
	return stats
}

// Progress counts messages as files. It is safe to call at any time.
func (s *Source) Progress() intake.Progress {
	p := s.config.Carrier.Progress()
	p.FilesTotal, p.FilesDone = s.received.Load(), s.deleted.Load()
	p.DeadLetters += s.letters.Load()
	p.Retries += s.retries.Load()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.poisoned {
		p.Problems += n
	}
	return p
}

// Waiting says what the source waits for and since when; empty for nothing.
// It is safe to call at any time.
func (s *Source) Waiting() (what string, since time.Time) {
	if w := s.waiting.Load(); w != nil {
		return w.why.Error(), w.since
	}
	return "", time.Time{}
}

// waits notes that something is waited for; goesOn that something succeeded.
func (s *Source) waits(why error) {
	s.waiting.CompareAndSwap(nil, &waiting{why, time.Now()})
}

func (s *Source) goesOn() { s.waiting.Store(nil) }

func (s *Source) countPoison(cause string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.poisoned == nil {
		s.poisoned = map[string]int64{}
	}
	s.poisoned[cause]++
}

// noteFailed keeps why a message could not be taken.
func (s *Source) noteFailed(id string, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil {
		s.failed = map[string]bool{}
	}
	s.failed[id] = true
	if s.why == nil {
		s.why = why
	}
}

func (s *Source) hasFailed(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed[id]
}
