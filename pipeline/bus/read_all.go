package bus

import (
	"context"
	"fmt"
	"log/slog"
)

// ReadAll is ReadSince from the first offset that there is.
func (c *Client) ReadAll(ctx context.Context, topic string, partition int) ([]Message, error) {
	messages, _, err := c.ReadSince(ctx, topic, partition, 0)
	return messages, err
}

// ReadSince gives what is in a partition, from an offset, or the first that
// there is, to the end that it has at the call, and where to go on; what comes
// later may be among it. It is for small topics, all of which is held in memory
// at once, and for compacted ones: offsets may be missing. Damage is a
// *CorruptError, and messages that go while they are read are a *GapError. What
// may get better is tried until ctx ends.
func (c *Client) ReadSince(ctx context.Context, topic string, partition int, from int64) (messages []Message, next int64, err error) {
	err = c.persist(ctx, slog.String("topic", topic), func() (err error) {
		messages, next, err = c.readSince(ctx, topic, partition, from)
		return err
	})
	if err != nil {
		return nil, from, fmt.Errorf("read all of %s/%d: %w", topic, partition, err)
	}
	return messages, next, nil
}

func (c *Client) readSince(ctx context.Context, topic string, partition int, from int64) ([]Message, int64, error) {
	first, end, err := c.Bounds(ctx, topic, partition)
	if err != nil {
		return nil, from, err
	}
	r := reading{topic: topic, partition: partition, next: max(first, from), holes: true}
	var all []Message
	for r.next < end {
		at := r.next
		result, err := c.Fetch(ctx, FetchRequest{
			Topic: topic, Partition: partition, Offset: at,
			MaxBytes: defaultFetchBytes, MaxWait: defaultFetchWait,
		})
		if err != nil {
			return nil, from, err
		}
		messages, err := r.messages(result.Batches)
		if err != nil {
			return nil, from, err
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
			return nil, from, err
		}
	}
	return all, r.next, nil
}
