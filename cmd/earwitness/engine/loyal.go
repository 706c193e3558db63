package engine

import (
	"context"
	"encoding/hex"
	"fmt"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// JudgedElsewhereError says that another process has begun to judge the same
// topics by other rules, or anew.
type JudgedElsewhereError struct {
	Epoch  uint64
	Reason string
}

func (e *JudgedElsewhereError) Error() string {
	return fmt.Sprintf("judge evidence: another process has opened epoch %d (%s) on these topics, in which this one can take no part; "+
		"give all processes the same settings and start this one again, when a rebuild has ended", e.Epoch, e.Reason)
}

// loyal keeps the correlator from judging in an epoch of other rules.
type loyal struct {
	bus.Sink[*evidence.Evidence]
	engine *Engine
}

// Write implements bus.Sink.
func (l *loyal) Write(ctx context.Context, partition int, chunk *bus.Chunk[*evidence.Evidence]) error {
	mine := l.engine.epoch
	for _, control := range chunk.Controls {
		epoch := control.GetEpoch()
		if epoch.GetNumber() <= mine.Number {
			continue
		}
		if epoch.GetReason() == correlate.ReasonRebuild || hex.EncodeToString(epoch.GetRulesSha256()) != mine.Rules {
			return &JudgedElsewhereError{Epoch: epoch.GetNumber(), Reason: epoch.GetReason()}
		}
	}
	return l.Sink.Write(ctx, partition, chunk)
}
