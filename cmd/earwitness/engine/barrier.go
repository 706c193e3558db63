package engine

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"earwitness/pipeline/bus"
)

// place is a sink in one partition of a topic.
type place struct {
	sink, topic string
	partition   int
}

func (p place) String() string { return fmt.Sprintf("%s at %s/%d", p.sink, p.topic, p.partition) }

// tracker knows how far each sink has come, and who has told of a barrier.
type tracker struct {
	mu       sync.Mutex
	progress map[place]bus.Progress
	// furthest is how far each has ever come: one that fails and begins
	// again has not moved.
	furthest map[place]int64
	// passed lists, by a barrier's id, who holds all before it.
	passed map[string]map[place]bool
	moved  chan struct{} // closed when something moves
}

func newTracker() *tracker {
	return &tracker{
		progress: make(map[place]bus.Progress), furthest: make(map[place]int64),
		passed: make(map[string]map[place]bool), moved: make(chan struct{}),
	}
}

func (t *tracker) wake() {
	close(t.moved)
	t.moved = make(chan struct{})
}

func (t *tracker) note(p bus.Progress) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := place{p.Sink, p.Topic, p.Partition}
	t.progress[at] = p
	if before, known := t.furthest[at]; !known || p.Next > before {
		t.furthest[at] = p.Next
		t.wake()
	}
}

// leave forgets a partition that is followed elsewhere.
func (t *tracker) leave(partition int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	of := func(p place) bool { return p.partition == partition }
	maps.DeleteFunc(t.progress, func(p place, _ bus.Progress) bool { return of(p) })
	maps.DeleteFunc(t.furthest, func(p place, _ int64) bool { return of(p) })
}

func (t *tracker) pass(at place, id []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.passed[string(id)] == nil {
		t.passed[string(id)] = make(map[place]bool)
	}
	t.passed[string(id)][at] = true
	t.wake()
}

// missing says which of the places have not told of the barrier.
func (t *tracker) missing(id []byte, places []place) (missing []string, moved <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range places {
		if !t.passed[string(id)][p] {
			text := p.String()
			if waits := t.progress[p].Waiting; waits != nil {
				text += fmt.Sprintf(" (it waits: %v)", waits)
			}
			missing = append(missing, text)
		}
	}
	return missing, t.moved
}

// BarrierError says who did not hold everything in time. What they lack is on
// the bus: the next run brings it to them.
type BarrierError struct {
	Missing []string
	// Cause is why nobody waits any longer.
	Cause error
}

func (e *BarrierError) Error() string {
	shown := e.Missing[:min(len(e.Missing), 5)]
	return fmt.Sprintf("wait until every sink holds everything: %v; still missing: %s (%d in all); the next run brings it to them",
		e.Cause, strings.Join(shown, ", "), len(e.Missing))
}

// Unwrap gives the cause.
func (e *BarrierError) Unwrap() error { return e.Cause }

// await waits until all places have told of the barrier. It gives up with a
// *BarrierError when nothing has moved for patience, or ctx ends.
func (t *tracker) await(ctx context.Context, id []byte, places []place, patience time.Duration) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		missing, moved := t.missing(id, places)
		if len(missing) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			slices.Sort(missing)
			return &BarrierError{Missing: missing, Cause: context.Cause(ctx)}
		case <-moved:
			timer.Reset(patience)
		case <-timer.C:
			slices.Sort(missing)
			return &BarrierError{Missing: missing, Cause: fmt.Errorf("nothing has moved for %s", patience)}
		}
	}
}

func newBarrier() (id []byte, c *bus.Control) {
	id = make([]byte, 16)
	_, _ = rand.Read(id) // it never fails
	return id, &bus.Control{Body: &bus.Control_Barrier{Barrier: &bus.Barrier{Id: id}}}
}
