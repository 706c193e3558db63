//go:build servers

package bus_test

import (
	"context"
	"testing"
	"time"

	"earwitness/deployments/testbed"
	"earwitness/pipeline/bus"
)

// slow is a member whose work returns only when it is let go.
type slow struct {
	has chan []int
	// ended tells that a generation is over, let that its work may return.
	ended, let chan struct{}
}

func joinSlowly(tb testing.TB, client *bus.Client, cfg bus.GroupConfig) *slow {
	tb.Helper()
	s := &slow{has: make(chan []int, 100), ended: make(chan struct{}, 100), let: make(chan struct{})}
	ctx, stop := context.WithCancel(tb.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := client.Join(ctx, cfg, func(work context.Context, partitions []int) error {
			s.has <- partitions
			<-work.Done()
			s.ended <- struct{}{}
			select {
			case <-s.let:
			case <-ctx.Done():
			}
			return work.Err()
		}); err != nil {
			tb.Errorf("the slow member: %v", err)
		}
	}()
	tb.Cleanup(func() {
		stop()
		<-done
	})
	return s
}

// realStops has members leave in the middle of joining.
func realStops(t *testing.T, cluster *testbed.KafkaCluster) {
	connect := func() *bus.Client { return plainly(t, cluster) }
	ctx := deadline(t)
	cfg := quick("stop " + t.Name())
	next := func(what string, c <-chan struct{}) {
		t.Helper()
		select {
		case <-c:
		case <-ctx.Done():
			t.Fatalf("%s: waited in vain", what)
		}
	}
	first := joinSlowly(t, connect(), cfg)
	<-first.has
	o := newOwnership(t)
	second := o.join(connect(), cfg, "second")
	next("the second comes", first.ended)
	first.let <- struct{}{}
	for second.now = <-second.has; len(second.now) == 0; {
		second.now = <-second.has
	}
	third := o.join(connect(), cfg, "third")
	next("the third comes", first.ended)
	await(t, "the second's work", func() bool { return o.without("second") })
	wait(ctx, time.Second) // it joins again, and nothing else shows it
	// Now all wait for the first: the second to be a member again, which the
	// brokers can be told about, and the third to become one.
	began := time.Now()
	second.leave(t)
	again := time.Since(began)
	third.leave(t)
	t.Logf("a member left after %s, one that was none yet after %s", again.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	if again > 4*time.Second || time.Since(began) > 10*time.Second {
		t.Error("that is too long")
	}
}

// without tells whether a member has no partition.
func (o *ownership) without(name string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, owner := range o.owners {
		if owner == name {
			return false
		}
	}
	return true
}
