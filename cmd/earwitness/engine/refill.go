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

// reasonIndex of an epoch: the index was lost, so that every record which may
// change yet is told again.
const reasonIndex = "index"

// hole is what the index lacks and the topic no longer holds.
type hole struct {
	partition int
	from, to  int64
}

// refillIndex brings records from the archive to an index that was deleted or
// is an old copy. The archive has what was settled. What was pending is in
// the correlator's state, which tells it again in a new epoch.
func (e *Engine) refillIndex(ctx context.Context) error {
	holes, err := e.indexHoles(ctx)
	if err != nil || len(holes) == 0 {
		return err
	}
	e.log.LogAttrs(ctx, slog.LevelWarn, "the index lacks records that the bus no longer holds; they come from the archive",
		slog.String("index", string(e.config.Index.Path)), slog.Int("partitions", len(holes)))
	if !e.epoch.Rebuilding {
		// Before the index has them: a crash does it all again. A rebuild
		// tells everything again by itself.
		e.epoch.Number, e.epoch.Reason = e.epoch.Number+1, reasonIndex
		if err := e.epoch.write(e.config); err != nil {
			return err
		}
	}
	reader, err := worm.NewReader(e.worm.store, e.worm.known)
	if err != nil {
		return err
	}
	for _, h := range holes {
		if err := e.fill(ctx, reader, h); err != nil {
			return fmt.Errorf("fill index %s from the archive: %w", e.config.Index.Path, err)
		}
	}
	return nil
}

func (e *Engine) indexHoles(ctx context.Context) ([]hole, error) {
	var holes []hole
	for partition := range e.config.Bus.Partitions {
		next, err := e.index.Durable(ctx, partition)
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

// fill has the index hold what the archive has of a hole.
func (e *Engine) fill(ctx context.Context, reader *worm.Reader, h hole) error {
	end, err := e.worm.access.Position(ctx, h.partition)
	if err != nil {
		return err
	}
	if end < h.to {
		return &MissingError{Topic: bus.TopicAccess, Partition: h.partition, Want: max(end, h.from), Next: h.to}
	}
	chunk := &bus.Chunk[*access.Record]{}
	give := func(next int64) error {
		full := chunk
		full.Next, full.End = next, h.to
		chunk = &bus.Chunk[*access.Record]{}
		return e.index.Write(ctx, h.partition, full)
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
	return e.index.Flush(ctx, h.partition)
}
