package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
)

// The topics. All have the same number of partitions and the same keys, so
// that partition n of one holds the same subjects as partition n of another.
const (
	TopicEvidence   = "earwitness.evidence"
	TopicAccess     = "earwitness.access"
	TopicDeadLetter = "earwitness.deadletter"
)

// TopicControl holds what all processes have to know, the latest for each
// key. It has one partition, and no control records.
const TopicControl = "earwitness.control"

// TopicMetadata holds what lookups answered, the latest for each key, for as
// long as evidence is held. It has one partition, and no control records.
const TopicMetadata = "earwitness.metadata"

// Topics lists them, each time anew.
func Topics() []string {
	return []string{TopicEvidence, TopicAccess, TopicDeadLetter}
}

// maxMessageBytes is what a topic takes in one batch: the longest record a
// source keeps, several times over, and the producer's batches.
const maxMessageBytes = 8 << 20

// embeddedConfig of a topic of the embedded broker. Arrival is told by the
// broker's clock, and nothing goes by time, size or compaction: what may go is
// deleted when all who need it have passed it.
func embeddedConfig(name string, partitions int) kafka.TopicConfig {
	return kafka.TopicConfig{
		Topic:             name,
		NumPartitions:     partitions,
		ReplicationFactor: -1,
		ConfigEntries: []kafka.ConfigEntry{
			{ConfigName: "message.timestamp.type", ConfigValue: "LogAppendTime"},
			{ConfigName: "cleanup.policy", ConfigValue: "delete"},
			{ConfigName: "retention.ms", ConfigValue: "-1"},
			{ConfigName: "retention.bytes", ConfigValue: "-1"},
			{ConfigName: "max.message.bytes", ConfigValue: fmt.Sprint(maxMessageBytes)},
		},
	}
}

// PartitionsError says that a topic has another number of partitions than
// the configuration.
type PartitionsError struct {
	Topic      string
	Want, Have int
}

func (e *PartitionsError) Error() string {
	return fmt.Sprintf("use topic %s: it has %d partitions and %d are configured; the number is fixed when the topics are made, so configure %d, or start with new topics",
		e.Topic, e.Have, e.Want, e.Have)
}

// EnsureTopics creates the topics that are missing on the embedded broker, and
// waits until they can be used (CreateTopics is for a cluster). One that exists with another number of
// partitions is a *PartitionsError; its configuration is left as it is.
func (c *Client) EnsureTopics(ctx context.Context, partitions int) error {
	if partitions < 1 {
		return fmt.Errorf("create topics: %d partitions asked for, at least 1 is needed", partitions)
	}
	missing, err := c.missingTopics(ctx, partitions)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		if err := c.createTopics(ctx, missing, partitions); err != nil {
			return err
		}
	}
	// Others may have created them at the same moment, and metadata spreads
	// slowly in a cluster.
	delays := backoff{first: 20 * time.Millisecond, most: time.Second}
	for {
		missing, err := c.missingTopics(ctx, partitions)
		if err != nil || len(missing) == 0 {
			return err
		}
		if err := pause(ctx, delays.next()); err != nil {
			return fmt.Errorf("wait for topic %s to appear on %v: %w", missing[0], c.cfg.Brokers, err)
		}
	}
}

func embeddedPartitions(topic string, partitions int) int {
	return TopicSettings{Partitions: partitions}.partitions(topic)
}

func (c *Client) missingTopics(ctx context.Context, partitions int) ([]string, error) {
	answer, err := c.kafka.Metadata(ctx, &kafka.MetadataRequest{Topics: allTopics()})
	if err != nil {
		return nil, fmt.Errorf("read topics of brokers %v: %w", c.cfg.Brokers, err)
	}
	var missing []string
	for i := range answer.Topics {
		topic := &answer.Topics[i]
		switch {
		case topic.Error != nil || len(topic.Partitions) == 0:
			missing = append(missing, topic.Name)
		case len(topic.Partitions) != embeddedPartitions(topic.Name, partitions):
			return nil, &PartitionsError{Topic: topic.Name, Want: embeddedPartitions(topic.Name, partitions), Have: len(topic.Partitions)}
		}
	}
	return missing, nil
}

func (c *Client) createTopics(ctx context.Context, names []string, partitions int) error {
	request := &kafka.CreateTopicsRequest{}
	for _, name := range names {
		request.Topics = append(request.Topics, embeddedConfig(name, embeddedPartitions(name, partitions)))
	}
	answer, err := c.kafka.CreateTopics(ctx, request)
	if err != nil {
		return fmt.Errorf("create topics %v: %w", names, err)
	}
	for _, name := range names {
		if err := answer.Errors[name]; err != nil && !isKafkaError(err, kafka.TopicAlreadyExists) {
			return fmt.Errorf("create topic %s with %d partitions: %w; create it by hand, or give this user the right to", name, partitions, err)
		}
	}
	return nil
}
