package queue

import (
	"context"
	"errors"
	"sync"
	"time"
)

// errLost says that a message's visibility has run out: it is another's.
var errLost = errors.New("the message was hidden no longer")

// entry is a message in work.
type entry struct {
	Message
	// until is when it stops being hidden; guarded by work.
	until  time.Time
	ctx    context.Context //nolint:containedctx // it ends with the message's work
	cancel context.CancelCauseFunc
}

// lost says whether it is another's now.
func (e *entry) lost() bool { return errors.Is(context.Cause(e.ctx), errLost) }

// work are the messages in work, and the room for more. It is safe for
// concurrent use.
type work struct {
	room chan struct{}

	mu      sync.Mutex
	entries map[*entry]struct{}
}

func newWork(room int) *work {
	return &work{room: make(chan struct{}, room), entries: map[*entry]struct{}{}}
}

// reserve waits for room for a message and takes up to n; 0 when ctx ends or
// stop is closed.
func (w *work) reserve(ctx context.Context, stop <-chan struct{}, n int) int {
	select {
	case w.room <- struct{}{}:
	case <-ctx.Done():
		return 0
	case <-stop:
		return 0
	}
	for got := 1; ; got++ {
		if got == n {
			return got
		}
		select {
		case w.room <- struct{}{}:
		default:
			return got
		}
	}
}

// unreserve gives room back.
func (w *work) unreserve(n int) {
	for range n {
		<-w.room
	}
}

// begin takes a message into a room that was reserved.
func (w *work) begin(ctx context.Context, m Message, visibility time.Duration) *entry {
	e := &entry{Message: m, until: m.asked.Add(visibility)}
	e.ctx, e.cancel = context.WithCancelCause(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.entries[e] = struct{}{}
	return e
}

// end gives a message's room back.
func (w *work) end(e *entry) {
	e.cancel(nil)
	w.mu.Lock()
	delete(w.entries, e)
	w.mu.Unlock()
	<-w.room
}

// state gives how many messages are in work, and when the oldest was sent.
func (w *work) state() (n int, oldest time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for e := range w.entries {
		if oldest.IsZero() || e.Sent.Before(oldest) {
			oldest = e.Sent
		}
	}
	return len(w.entries), oldest
}

// due gives the messages that are hidden for less than a time yet.
func (w *work) due(within time.Duration) []*entry {
	w.mu.Lock()
	defer w.mu.Unlock()
	var due []*entry
	for e := range w.entries {
		if time.Until(e.until) < within && !e.lost() {
			due = append(due, e)
		}
	}
	return due
}

// extended notes until when a message is hidden.
func (w *work) extended(e *entry, until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e.until = until
}

// expire gives up the messages that are hidden no longer.
func (w *work) expire() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for e := range w.entries {
		if time.Now().After(e.until) && !e.lost() {
			e.cancel(errLost)
			n++
		}
	}
	return n
}
