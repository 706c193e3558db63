package engine

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"earwitness/cmd/earwitness/coverage"
	"earwitness/pipeline/bus"
)

// overseer states the coverage of sources that several processes read: the
// one that follows partition 0 does. Another that believes so too says the
// same, or less.
type overseer struct {
	engine *Engine
	table  *coverage.Table
	next   int64
	// odd statements have been told of.
	odd bool
}

// oversee states coverage until ctx ends.
func (e *Engine) oversee(ctx context.Context) {
	o := &overseer{engine: e, table: coverage.NewTable()}
	epoch, _ := e.view.get()
	e.covered.begin(e.config, epoch.Sources, 0)
	defer e.covered.end()
	ticker := time.NewTicker(e.config.Bus.SessionTimeout.Std() / renewals)
	defer ticker.Stop()
	for {
		if err := o.pass(ctx); err != nil && ctx.Err() == nil {
			if errors.Is(err, bus.ErrClosed) {
				return
			}
			e.log.LogAttrs(ctx, slog.LevelWarn, "coverage could not be stated; it is tried again", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// pass reads what was stated since the last one, and states in all partitions
// what comes of it. All that it covers has its acks: so whoever stated it says.
func (o *overseer) pass(ctx context.Context) error {
	messages, next, err := o.engine.client.ReadSince(ctx, bus.TopicControl, 0, o.next)
	if err != nil {
		return err
	}
	for i := range messages {
		o.apply(ctx, &messages[i])
	}
	o.next = next
	for _, state := range o.table.Sources() {
		before, known := o.engine.covered.until(state.Source)
		if !known {
			continue // it is no source of the epoch in force
		}
		o.engine.covered.look(&state)
		if !state.Until.After(before) {
			continue
		}
		if err := o.engine.cover(ctx, state.Source, state.Until); err != nil {
			return err
		}
		o.engine.covered.advance(state.Source, state.Until)
	}
	return nil
}

func (o *overseer) apply(ctx context.Context, m *bus.Message) {
	if !coverage.IsStatement(m.Key) || len(m.Value) == 0 {
		return
	}
	s, err := coverage.ParseStatement(m.Value)
	if err == nil {
		o.table.Apply(m.Offset, m.Time, s)
		return
	}
	if !o.odd {
		o.odd = true
		o.engine.log.LogAttrs(ctx, slog.LevelWarn, "a statement of progress can't be read; was it written by a newer earwitness?",
			slog.Int64("offset", m.Offset), slog.Any("error", err))
	}
}
