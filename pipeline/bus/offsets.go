package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// CommitOffset notes in the cluster that group has done with a partition all
// before offset, and what is to be remembered beside it: metadata, text of at
// most 4096 bytes unless the brokers are set otherwise. Nil says that it is as
// durable as __consumer_offsets is. The last commit counts, so one owner
// commits at a time. It is tried until ctx ends, and safe for concurrent use.
//
// The group has no members (Join's groups are others; a commit to one of
// those is refused). The brokers forget what such a group noted after
// offsets.retention.minutes, 7 days unless set otherwise, so callers commit
// now and then even when nothing moved.
func (c *Client) CommitOffset(ctx context.Context, group, topic string, partition int, offset int64, metadata string) error {
	err := c.atCoordinator(ctx, group, func(w *wire) error {
		return w.commitOffset(ctx, group, topic, partition, offset, metadata)
	})
	if isKafkaError(err, kafka.UnknownMemberId) || isKafkaError(err, kafka.IllegalGeneration) {
		err = fmt.Errorf("%w; the group has members: use a group for positions alone", err)
	}
	if err != nil {
		return fmt.Errorf("commit offset %d of %s/%d for group %s: %w", offset, topic, partition, group, err)
	}
	return nil
}

func (w *wire) commitOffset(ctx context.Context, group, topic string, partition int, offset int64, metadata string) error {
	p := kmsg.NewOffsetCommitRequestTopicPartition()
	p.Partition, p.Offset, p.Metadata = int32(partition), offset, &metadata
	t := kmsg.NewOffsetCommitRequestTopic()
	t.Topic = topic
	t.Partitions = append(t.Partitions, p)
	request := kmsg.NewOffsetCommitRequest()
	request.SetVersion(7) // the last without tagged fields
	request.Group, request.Generation = group, -1
	request.Topics = append(request.Topics, t)
	answer := kmsg.NewPtrOffsetCommitResponse()
	if _, err := w.roundTrip(ctx, &request, answer, coordinatorTimeout); err != nil {
		return err
	}
	if len(answer.Topics) != 1 || len(answer.Topics[0].Partitions) != 1 {
		return errNotForOne
	}
	return kafkaError(answer.Topics[0].Partitions[0].ErrorCode)
}

// errNotForOne says that a broker answered something else than was asked.
var errNotForOne = errors.New("the answer is not for one partition")

// CommittedOffset gives what CommitOffset noted last, and offset -1 when
// there is nothing, or nothing any more. It is tried until ctx ends.
//
// A coordinator that is new waits with its answer until it knows that all
// replicas have what it tells, and one that loads is asked again. But a broker
// that was cut off and comes back takes itself for the coordinator until it
// hears of the other, and tells what was noted before it was cut off: an older
// offset, or -1 where there was none yet. No offset is ever ahead of what was
// noted. So callers must do no harm by beginning too early.
func (c *Client) CommittedOffset(ctx context.Context, group, topic string, partition int) (offset int64, metadata string, err error) {
	err = c.atCoordinator(ctx, group, func(w *wire) error {
		offset, metadata, err = w.committedOffset(ctx, group, topic, partition)
		return err
	})
	if err != nil {
		return -1, "", fmt.Errorf("read offset of %s/%d for group %s: %w", topic, partition, group, err)
	}
	return offset, metadata, nil
}

func (w *wire) committedOffset(ctx context.Context, group, topic string, partition int) (int64, string, error) {
	t := kmsg.NewOffsetFetchRequestTopic()
	t.Topic = topic
	t.Partitions = append(t.Partitions, int32(partition))
	request := kmsg.NewOffsetFetchRequest()
	request.SetVersion(7)
	// A broker that has become the coordinator just now answers otherwise from
	// before what it has of the last commits is known to be on its replicas.
	request.Group, request.RequireStable = group, true
	request.Topics = append(request.Topics, t)
	answer := kmsg.NewPtrOffsetFetchResponse()
	if _, err := w.roundTrip(ctx, &request, answer, coordinatorTimeout); err != nil {
		return 0, "", err
	}
	switch err := kafkaError(answer.ErrorCode); {
	case isKafkaError(err, kafka.GroupIdNotFound):
		return -1, "", nil
	case err != nil:
		return 0, "", err
	}
	if len(answer.Topics) != 1 || len(answer.Topics[0].Partitions) != 1 {
		return 0, "", errNotForOne
	}
	p := &answer.Topics[0].Partitions[0]
	if err := kafkaError(p.ErrorCode); err != nil {
		return 0, "", err
	}
	metadata := ""
	if p.Metadata != nil {
		// It refers to the bytes of the answer, which are its own.
		metadata = *p.Metadata
	}
	return max(p.Offset, -1), metadata, nil
}
