package engine

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"earwitness/pipeline/bus"
)

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
			if c := t.courses[p]; c != nil && c.Waiting != nil {
				text += fmt.Sprintf(" (it waits: %v)", c.Waiting)
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
