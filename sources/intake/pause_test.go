package intake_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"earwitness/pipeline/evidence"
	"earwitness/sources/genesys"
	"earwitness/sources/intake"
)

var errAway = errors.New("the bus is away")

// failing fails some batches, in turn at once and by their answer, before it
// takes any.
type failing struct {
	seen
	left atomic.Int64
}

func (f *failing) Publish(ctx context.Context, b evidence.Batch, done func(error)) error {
	switch left := f.left.Add(-1); {
	case left < 0:
		return f.seen.Publish(ctx, b, done)
	case left%2 == 0:
		return errAway
	}
	go done(errAway)
	return nil
}

// TestWatchingWaits: a folder that is watched is read on when the publisher
// is back, from where it was acknowledged; a failure that can't pass ends it.
func TestWatchingWaits(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	f.write("log", lines(0, 1))
	audits := &failing{seen: make(seen)}
	audits.left.Store(2)
	var passing atomic.Bool
	passing.Store(true)
	d, err := intake.New(intake.Config{
		Source: "audits", Path: f.root, StateDir: f.state, Decoder: genesys.New(genesys.Config{}), Publisher: audits,
		Passing: func(err error) bool { return errors.Is(err, errAway) && passing.Load() },
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- d.Run(t.Context()) }()
	select {
	case got := <-audits.seen:
		if got != "audit-0" || audits.left.Load() >= 0 {
			t.Errorf("got %s after %d failures", got, 2-audits.left.Load())
		}
	case err := <-ended:
		t.Fatalf("Run ended: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("the audit did not come")
	}
	passing.Store(false)
	audits.left.Store(1)
	f.write("log-2", lines(1, 1))
	select {
	case err := <-ended:
		if !errors.Is(err, errAway) {
			t.Errorf("Run ended: %v, want %v", err, errAway)
		}
	case <-time.After(time.Minute):
		t.Fatal("Run goes on")
	}
}
