package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"earwitness/pipeline/bus"
)

// TestAwaitNamesWhoIsMissing: one who fails again and again has not moved,
// whatever it says; one who moves is waited for.
func TestAwaitNamesWhoIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, id := newTracker(), []byte("barrier")
		slow, stuck := place{"index", bus.TopicAccess, 1}, place{"worm", bus.TopicAccess, 1}
		stop := make(chan struct{})
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			ticker := time.NewTicker(20 * time.Second)
			defer ticker.Stop()
			for n := int64(0); ; n++ {
				// It begins again at 3 each time and comes to 7.
				tr.note(bus.Progress{Sink: stuck.sink, Topic: stuck.topic, Partition: 1, Next: 3 + 4*(n%2), Waiting: errors.New("disk full")})
				if n < 12 {
					tr.note(bus.Progress{Sink: slow.sink, Topic: slow.topic, Partition: 1, Next: n})
				}
				if n == 12 {
					tr.pass(slow, id)
				}
				select {
				case <-stop:
					return
				case <-ticker.C:
				}
			}
		}()
		began := time.Now()
		err := tr.await(t.Context(), id, []place{slow, stuck}, time.Minute)
		var barrier *BarrierError
		if !errors.As(err, &barrier) || len(barrier.Missing) != 1 || !strings.Contains(err.Error(), "worm at earwitness.access/1 (it waits: disk full)") {
			t.Errorf("await = %v", err)
		}
		if took := time.Since(began); took != 12*20*time.Second+time.Minute {
			t.Errorf("it was given up after %s", took)
		}
		close(stop)
		<-ended
		if err := tr.await(t.Context(), id, []place{slow}, time.Minute); err != nil {
			t.Errorf("await of who has told = %v", err)
		}
	})
}

// TestAwaitEndsInTime: who stops waiting learns what is missing, too.
func TestAwaitEndsInTime(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := newTracker().await(ctx, []byte("b"), []place{{"index", bus.TopicAccess, 0}}, time.Minute)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "index at earwitness.access/0") {
		t.Errorf("await = %v", err)
	}
}
