package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// DeleteRecords lets the broker forget the messages of a partition before an
// offset, whole batches at a time. The last batch stays whatever is asked:
// an empty partition can't tell its offsets after a restart of the embedded
// broker, and would begin again at 0.
func (c *Client) DeleteRecords(ctx context.Context, topic string, partition int, before int64) error {
	first, end, err := c.Bounds(ctx, topic, partition)
	if err != nil {
		return err
	}
	if before > end {
		return &BeyondEndError{Topic: topic, Partition: partition, Want: before, End: end}
	}
	if before <= first {
		return nil
	}
	last, err := c.lastBatch(ctx, topic, partition, end)
	if err != nil {
		return err
	}
	if before = min(before, last); before <= first {
		return nil
	}
	address, err := c.leader(ctx, topic, partition)
	if err != nil {
		return err
	}
	err = c.wires.do(ctx, address, func(w *wire) error {
		return w.deleteRecords(ctx, topic, partition, before)
	})
	if err != nil {
		return fmt.Errorf("delete messages of %s/%d before %d: %w", topic, partition, before, err)
	}
	return nil
}

// lastBatch finds where the batch with the last message begins.
func (c *Client) lastBatch(ctx context.Context, topic string, partition int, end int64) (int64, error) {
	result, err := c.Fetch(ctx, FetchRequest{Topic: topic, Partition: partition, Offset: end - 1, MaxBytes: 1})
	if err != nil {
		return 0, err
	}
	// Others may be writing: what counts is a batch that is there now.
	head, _, whole, err := nextBatch(result.Batches)
	if err == nil && !whole {
		err = errors.New("the broker did not send it whole")
	}
	if err != nil {
		return 0, &CorruptError{Topic: topic, Partition: partition, Offset: end - 1, Err: err}
	}
	return head.first, nil
}

func (w *wire) deleteRecords(ctx context.Context, topic string, partition int, before int64) error {
	request := kmsg.NewDeleteRecordsRequest()
	request.SetVersion(1)
	request.TimeoutMillis = int32((requestTimeout / 2).Milliseconds())
	p := kmsg.NewDeleteRecordsRequestTopicPartition()
	p.Partition = int32(partition)
	p.Offset = before
	t := kmsg.NewDeleteRecordsRequestTopic()
	t.Topic = topic
	t.Partitions = append(t.Partitions, p)
	request.Topics = append(request.Topics, t)
	answer := kmsg.NewPtrDeleteRecordsResponse()
	if _, err := w.roundTrip(ctx, &request, answer, requestTimeout); err != nil {
		return err
	}
	if len(answer.Topics) != 1 || len(answer.Topics[0].Partitions) != 1 {
		return errNotForOne
	}
	return kafkaError(answer.Topics[0].Partitions[0].ErrorCode)
}
