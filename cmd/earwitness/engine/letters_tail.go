package engine

import (
	"context"
	"fmt"

	"earwitness/cmd/earwitness/letters"
	"earwitness/pipeline/bus"
	"earwitness/sinks/worm"
)

// lettersTail is what the topic holds behind the archive.
type lettersTail struct{ engine *Engine }

var _ letters.Tail = lettersTail{}

// Logs implements letters.Tail.
func (t lettersTail) Logs() []worm.Log {
	logs := make([]worm.Log, t.engine.config.Bus.Partitions)
	for partition := range logs {
		logs[partition] = worm.Log{Lineage: t.engine.epoch.lineage(), Topic: bus.TopicDeadLetter, Partition: partition}
	}
	return logs
}

// Read implements letters.Tail.
func (t lettersTail) Read(ctx context.Context, partition int, from int64, fn func(*bus.Message) error) error {
	first, end, err := t.engine.client.Bounds(ctx, bus.TopicDeadLetter, partition)
	if err != nil {
		return fmt.Errorf("find bounds of %s/%d: %w", bus.TopicDeadLetter, partition, err)
	}
	p := bus.NewPartition(t.engine.client, bus.TopicDeadLetter, partition, bus.DecodeDeadLetter, bus.PartitionConfig{FetchBytes: fetchBytes, KeepBytes: 1})
	for next := max(from, first); next < end; {
		chunk, err := p.Next(ctx, next)
		if err != nil {
			return err
		}
		for i := range chunk.Messages {
			if err := fn(&chunk.Messages[i]); err != nil {
				return err
			}
		}
		next = chunk.Next
	}
	return nil
}
