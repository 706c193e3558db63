package engine

import (
	"context"
	"sync/atomic"
	"time"

	"earwitness/cmd/earwitness/coverage"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// BeginAt sets the start of the run, up to which Once covers.
func (e *Engine) BeginAt(at time.Time) { e.began = at }

// FailStage makes a step of the correlator fail for good.
func (e *Engine) FailStage(failing string, err error) {
	e.setStage(correlate.NewStage(correlate.StageConfig{
		Rules: e.config.Rules(), Dir: e.config.StateDir, Access: e.access, DeadLetters: e.deadLetters, Logger: e.log, Bulk: true,
		Step: func(_ int, step string) error {
			if step == failing {
				return err
			}
			return nil
		},
	}))
}

// IsArchived says whether something of every partition of evidence is.
func (e *Engine) IsArchived(ctx context.Context) (bool, error) {
	for partition := range e.config.Bus.Partitions {
		if at, err := e.worm.evidence.Position(ctx, partition); at <= 0 || err != nil {
			return false, err
		}
	}
	return true, nil
}

// LostFrom says from how many partitions of a topic something was deleted.
func (e *Engine) LostFrom(ctx context.Context, topic string) (n int, err error) {
	for partition := range e.config.Bus.Partitions {
		first, _, err := e.client.Bounds(ctx, topic, partition)
		if err != nil {
			return 0, err
		}
		if first > 0 {
			n++
		}
	}
	return n, nil
}

// Spoil puts something between each source and its decoder.
func (o *Options) Spoil(decoder func(evidence.Decoder) evidence.Decoder) { o.decoder = decoder }

// DropTheSettled makes a replay end after it has published and before it has
// acknowledged, as if it were killed there.
func (r *Redelivery) DropTheSettled() { r.unsettled = true }

// SetMachine gives the engine a machine whose clock is so many nanoseconds
// ahead of this one's. Sources read it too.
func (e *Engine) SetMachine(ahead *atomic.Int64) {
	e.clock = coverage.ClockOf(
		func() time.Time { return time.Now().Round(0).Add(time.Duration(ahead.Load())) },
		func() time.Duration { return time.Since(e.began) },
	)
	for _, s := range e.sources {
		s.machine = func(at time.Time) time.Time { return at.Round(0).Add(time.Duration(ahead.Load())) }
	}
}

// Covered is up to when a source is stated.
func (e *Engine) Covered(name string) time.Time {
	until, _ := e.covered.until(name)
	return until
}
