package bus

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// sender gives the request that a producer of topic makes.
func (c *Client) sender(topic string) func(context.Context, int, []byte) (int64, error) {
	return func(ctx context.Context, partition int, batch []byte) (int64, error) {
		answer, err := c.kafka.RawProduce(ctx, &kafka.RawProduceRequest{
			Topic:        topic,
			Partition:    partition,
			RequiredAcks: kafka.RequireAll,
			RawRecords:   protocol.RawRecordSet{Reader: bytes.NewReader(batch)},
		})
		if err != nil {
			return 0, c.explain(ctx, topic, err)
		}
		if answer.Error != nil {
			return 0, c.reason(answer.Error)
		}
		return answer.BaseOffset, nil
	}
}

// reason is a refusal with what is known of it.
func (c *Client) reason(refused error) error {
	if c.cfg.Explain == nil {
		return refused
	}
	return c.cfg.Explain(refused)
}

// explain finds why a request was not even sent: without an answer to its
// question for the topics, and for topics that this user may not see, kafka-go
// says that there are none.
func (c *Client) explain(ctx context.Context, topic string, err error) error {
	var refusal kafka.Error
	if errors.As(err, &refusal) || ctx.Err() != nil {
		return err
	}
	if cause := c.topicIsThere(ctx, topic); cause != nil {
		return fmt.Errorf("%w (%w)", err, cause)
	}
	return err
}
