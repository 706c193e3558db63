package engine

import (
	"context"
	"time"

	"earwitness/pipeline/correlate"
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
