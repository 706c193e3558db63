package bus

import (
	"context"
	"fmt"
	"log/slog"
)

// ReadAll gives what is in a partition, from its first offset to the end that
// it has at the call; what comes later may be among it. It is for small
// topics, all of which is held in memory at once, and for compacted ones:
// offsets may be missing. Damage is a *CorruptError, and messages that go
// while they are read are a *GapError. What may get better is tried until ctx
// ends.
func (c *Client) ReadAll(ctx context.Context, topic string, partition int) ([]Message, error) {
	var messages []Message
	err := c.persist(ctx, slog.String("topic", topic), func() (err error) {
		messages, err = c.readAll(ctx, topic, partition)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read all of %s/%d: %w", topic, partition, err)
	}
	return messages, nil
}

func (c *Client) readAll(ctx context.Context, topic string, partition int) ([]Message, error) {
	first, end, err := c.Bounds(ctx, topic, partition)
	if err != nil {
		return nil, err
	}
	r := reading{topic: topic, partition: partition, next: first, holes: true}
	var all []Message
	for r.next < end {
		at := r.next
		result, err := c.Fetch(ctx, FetchRequest{
			Topic: topic, Partition: partition, Offset: at,
			MaxBytes: defaultFetchBytes, MaxWait: defaultFetchWait,
		})
		if err != nil {
			return nil, err
		}
		messages, err := r.messages(result.Batches)
		if err != nil {
			return nil, err
		}
		all = append(all, messages...)
		if r.next > at {
			continue
		}
		if result.End >= end && len(result.Batches) == 0 {
			break // what was there has been compacted away
		}
		// A new leader learns only after a while how far the old one told.
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return all, nil
}
