package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/sinks/worm"
)

// reasonIndex of an epoch: a sink of records was lost, so that every record
// which may change yet is told again.
const reasonIndex = "index"

// hole is what a sink lacks and the topic no longer holds.
type hole struct {
	partition int
	from, to  int64
}

// refill brings records from the archive to a sink that was deleted, is an
// old copy, or was away for longer than the topic keeps records. The archive
// has what was settled. What was pending is in the correlator's state, which
// tells it again in a new epoch.
func (e *Engine) refill(ctx context.Context, partitions []int) error {
	for _, sink := range e.records {
		holes, err := e.holes(ctx, sink, partitions)
		if err != nil {
			return err
		}
		if len(holes) == 0 {
			continue
		}
		e.log.LogAttrs(ctx, slog.LevelWarn, "a sink lacks records that the bus no longer holds; they come from the archive",
			slog.String("sink", sink.Name()), slog.Int("partitions", len(holes)))
		if !e.epoch.Rebuilding {
			// Before the sink has them: a crash does it all again. A rebuild
			// tells everything again by itself.
			if err := e.openEpoch(ctx, reasonIndex); err != nil {
				return err
			}
		}
		if err := e.fillAll(ctx, sink, holes); err != nil {
			return fmt.Errorf("fill %s from the archive: %w", sink.Name(), err)
		}
	}
	return nil
}

func (e *Engine) holes(ctx context.Context, sink recordSink, partitions []int) ([]hole, error) {
	var holes []hole
	for _, partition := range partitions {
		next, err := sink.Durable(ctx, partition)
		if err != nil {
			return nil, err
		}
		first, _, err := e.client.Bounds(ctx, bus.TopicAccess, partition)
		if err != nil {
			return nil, fmt.Errorf("find bounds of %s/%d: %w", bus.TopicAccess, partition, err)
		}
		if next = max(next, 0); next < first {
			holes = append(holes, hole{partition, next, first})
		}
	}
	return holes, nil
}

func (e *Engine) fillAll(ctx context.Context, sink recordSink, holes []hole) error {
	reader, err := worm.NewReader(e.worm.store, e.worm.known)
	if err != nil {
		return err
	}
	for _, h := range holes {
		if _, err := sink.Position(ctx, h.partition); err != nil {
			return err
		}
		if err := e.fill(ctx, sink, reader, h); err != nil {
			return err
		}
	}
	return nil
}

// fill has a sink hold what the archive has of a hole.
func (e *Engine) fill(ctx context.Context, sink recordSink, reader *worm.Reader, h hole) error {
	end, err := e.worm.access.Position(ctx, h.partition)
	if err != nil {
		return err
	}
	if end < h.to && !e.options.AcceptGaps {
		return &MissingError{Topic: bus.TopicAccess, Partition: h.partition, Want: max(end, h.from), Next: h.to}
	}
	chunk := &bus.Chunk[*access.Record]{}
	give := func(next int64) error {
		full := chunk
		full.Next, full.End = next, h.to
		chunk = &bus.Chunk[*access.Record]{}
		return sink.Write(ctx, h.partition, full)
	}
	log := worm.Log{Lineage: e.epoch.lineage(), Topic: bus.TopicAccess, Partition: h.partition}
	err = reader.Read(ctx, log, h.from, func(record worm.Record) error {
		m := record.Message
		switch {
		case record.Gap != nil || bus.IsControl(&m):
			return nil
		case m.Offset >= h.to:
			return errReached
		}
		rec, err := decodeAccess(&m)
		chunk.Messages, chunk.Values, chunk.Errs = append(chunk.Messages, m), append(chunk.Values, rec), append(chunk.Errs, err)
		if len(chunk.Messages) < replayed {
			return nil
		}
		return give(m.Offset + 1)
	})
	if err != nil && !errors.Is(err, errReached) {
		return err
	}
	if err := give(h.to); err != nil {
		return err
	}
	return sink.Flush(ctx, h.partition)
}
