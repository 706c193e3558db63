package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// fetchVersion is the last one without tagged fields. Brokers know it since
// Kafka 2.3.
const fetchVersion = 11

// fetchTimeout bounds a fetch besides its MaxWait: a leader that hangs has been
// replaced by then.
const fetchTimeout = 15 * time.Second

// Before a position is said to lie beyond the end, where replicas take turns,
// it is asked so often, longer than what kafka-go knows of leaders is old.
const (
	confirmations = 5
	confirmEvery  = 2 * time.Second
)

// FetchRequest asks for messages of one partition.
type FetchRequest struct {
	Topic     string
	Partition int
	Offset    int64
	// MaxBytes of the answer; one batch comes even if it is larger.
	MaxBytes int
	// MaxWait is how long the broker waits when there is nothing.
	MaxWait time.Duration
}

// FetchResult is what a broker answered.
type FetchResult struct {
	// Batches as they lie in the log: format 2, the first may begin before
	// the offset asked for, the last may be cut off.
	Batches []byte
	// First offset of the partition, and the one behind its last message.
	First, End int64
}

// Fetch asks the leader of a partition once. It waits no longer than MaxWait
// when there is nothing to read. An offset that the partition does not have
// is a *GapError or a *BeyondEndError; the end may be below the offset for a
// moment after a change of leaders.
func (c *Client) Fetch(ctx context.Context, r FetchRequest) (FetchResult, error) {
	address, err := c.leader(ctx, r.Topic, r.Partition)
	if err != nil {
		return FetchResult{}, err
	}
	var result FetchResult
	err = c.wires.do(ctx, address, func(w *wire) error {
		result, err = w.fetch(ctx, r)
		return err
	})
	if isKafkaError(err, kafka.OffsetOutOfRange) {
		return FetchResult{}, c.outOfRange(ctx, r, err)
	}
	if err != nil {
		return FetchResult{}, fmt.Errorf("fetch %s/%d at %d: %w", r.Topic, r.Partition, r.Offset, err)
	}
	if r.Offset < result.First {
		return FetchResult{}, checkBounds(r, result.First, result.End)
	}
	// An offset beyond what the leader tells as the end, and yet in range: a
	// new leader has the records and does not know at once that all replicas
	// have them, as the one before did.
	return result, nil
}

func (w *wire) fetch(ctx context.Context, r FetchRequest) (FetchResult, error) {
	request := kmsg.NewFetchRequest()
	request.SetVersion(fetchVersion)
	request.MaxWaitMillis = int32(r.MaxWait.Milliseconds())
	request.MinBytes = 1
	request.MaxBytes = int32(r.MaxBytes)
	request.SessionEpoch = -1
	partition := kmsg.NewFetchRequestTopicPartition()
	partition.Partition = int32(r.Partition)
	partition.CurrentLeaderEpoch = -1
	partition.FetchOffset = r.Offset
	partition.PartitionMaxBytes = int32(r.MaxBytes)
	topic := kmsg.NewFetchRequestTopic()
	topic.Topic = r.Topic
	topic.Partitions = append(topic.Partitions, partition)
	request.Topics = append(request.Topics, topic)

	answer := kmsg.NewPtrFetchResponse()
	if _, err := w.roundTrip(ctx, &request, answer, fetchTimeout+r.MaxWait); err != nil {
		return FetchResult{}, err
	}
	if err := kafkaError(answer.ErrorCode); err != nil {
		return FetchResult{}, err
	}
	if len(answer.Topics) != 1 || len(answer.Topics[0].Partitions) != 1 {
		return FetchResult{}, errNotForOne
	}
	p := &answer.Topics[0].Partitions[0]
	if err := kafkaError(p.ErrorCode); err != nil {
		return FetchResult{}, err
	}
	return FetchResult{Batches: p.RecordBatches, First: p.LogStartOffset, End: p.HighWatermark}, nil
}

// outOfRange says on which side of the partition the offset lies.
func (c *Client) outOfRange(ctx context.Context, r FetchRequest, cause error) error {
	for attempt := 1; ; attempt++ {
		first, end, err := c.Bounds(ctx, r.Topic, r.Partition)
		if err != nil {
			return err
		}
		verdict := checkBounds(r, first, end)
		if verdict == nil {
			// It moved between the two answers: the next attempt tells.
			return fmt.Errorf("fetch %s/%d at %d: %w", r.Topic, r.Partition, r.Offset, &movedError{cause})
		}
		if attempt == confirmations || !errors.As(verdict, new(*BeyondEndError)) || !c.replicated(ctx, r) {
			return verdict
		}
		// A broker that was cut off may take itself for the leader still, and
		// lack what others have confirmed since.
		if err := pause(ctx, confirmEvery); err != nil {
			return err
		}
	}
}

// replicated tells whether more than one broker may have led the partition.
func (c *Client) replicated(ctx context.Context, r FetchRequest) bool {
	answer, err := c.kafka.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{r.Topic}})
	if err != nil || len(answer.Topics) != 1 {
		return true
	}
	for _, p := range answer.Topics[0].Partitions {
		if p.ID == r.Partition {
			return len(p.Replicas) > 1
		}
	}
	return true
}

func checkBounds(r FetchRequest, first, end int64) error {
	if r.Offset < first {
		return &GapError{Topic: r.Topic, Partition: r.Partition, Want: r.Offset, First: first}
	}
	if r.Offset > end {
		return &BeyondEndError{Topic: r.Topic, Partition: r.Partition, Want: r.Offset, End: end}
	}
	return nil
}

// movedError hides the broker's code, which stands for a lasting refusal.
type movedError struct{ cause error }

func (e *movedError) Error() string { return "the partition's bounds are moving: " + e.cause.Error() }
