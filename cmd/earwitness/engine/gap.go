package engine

import (
	"context"
	"fmt"
	"log/slog"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/enrich"
)

// acceptor says what becomes of messages that are gone before a sink had
// them: the run ends, but where gaps are accepted they are archived as lost
// and passed over. It is nil where none are.
func (e *Engine) acceptor(sink any, partition int) func(context.Context, *bus.GapError) error {
	if _, looks := sink.(*enrich.Stage); looks {
		return func(ctx context.Context, gap *bus.GapError) error {
			e.log.LogAttrs(ctx, slog.LevelWarn, "what the bus no longer holds is not looked up", slog.Int("partition", partition),
				slog.Int64("first", gap.Want), slog.Int64("next", gap.First))
			return nil
		}
	}
	if !e.options.AcceptGaps {
		return nil
	}
	return func(ctx context.Context, gap *bus.GapError) error {
		e.log.LogAttrs(ctx, slog.LevelError, "messages are lost, and it was decided to go on without them", slog.String("topic", gap.Topic),
			slog.Int("partition", partition), slog.Int64("first", gap.Want), slog.Int64("next", gap.First))
		switch sink := sink.(type) {
		case interface {
			AcceptGap(ctx context.Context, partition int, first, next int64, reason string) error
		}:
			return sink.AcceptGap(ctx, partition, gap.Want, gap.First, fmt.Sprintf("--accept-gap: the topic begins at %d", gap.First))
		case *loyal:
			return e.stage.AcceptGap(partition, gap.First)
		}
		return nil
	}
}
