package bus

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TopicSettings are what the topics of a cluster have to be like.
type TopicSettings struct {
	// Partitions of each topic of Topics; chosen once. TopicControl
	// and TopicMetadata have one.
	Partitions int
	// Replication is how many brokers hold each partition, at least.
	Replication int
	// MinInsync is how many of them have a record before it is confirmed, at
	// least.
	MinInsync int
	// Retention is how long messages stay, at least; 0: for ever.
	Retention time.Duration
}

func (s TopicSettings) validate() error {
	switch {
	case s.Partitions < 1 || s.Replication < 1 || s.MinInsync < 1:
		return fmt.Errorf("topics of %d partitions, replication %d and %d in sync: each is 1 at least", s.Partitions, s.Replication, s.MinInsync)
	case s.MinInsync > s.Replication:
		return fmt.Errorf("topics of replication %d with %d in sync: nothing could be written; configure at most %d", s.Replication, s.MinInsync, s.Replication)
	case s.Retention < 0:
		return fmt.Errorf("topics with a retention of %s: it is 0 (for ever) or more", s.Retention)
	}
	return nil
}

// retentionMillis as Kafka writes it: -1 is for ever.
func (s TopicSettings) retentionMillis() int64 {
	if s.Retention == 0 {
		return -1
	}
	return max(s.Retention.Milliseconds(), 1)
}

// setting is one of a topic's.
type setting struct{ name, value string }

// controlSegment, in milliseconds, is when what the control topic has gathered
// is compacted: an hour.
const controlSegment = "3600000"

// settings that a topic is made with: arrival is told by the broker's clock,
// nothing goes by size, and a broker that missed records never leads.
func (s TopicSettings) settings(topic string) []setting {
	list := []setting{
		{"message.timestamp.type", "LogAppendTime"},
		{"retention.bytes", "-1"},
		{"max.message.bytes", fmt.Sprint(maxMessageBytes)},
		{"min.insync.replicas", fmt.Sprint(s.MinInsync)},
		{"unclean.leader.election.enable", "false"},
	}
	list = append(list, setting{"cleanup.policy", cleanupPolicy(topic)})
	if topic == TopicControl {
		// What processes state of their progress comes every few seconds, and
		// is wanted once.
		return append(list, setting{"segment.ms", controlSegment}, setting{"min.cleanable.dirty.ratio", "0.1"})
	}
	return append(list, setting{"retention.ms", fmt.Sprint(s.retentionMillis())})
}

// cleanupPolicy says what goes: what is replaced, what is old, or both.
func cleanupPolicy(topic string) string {
	switch topic {
	case TopicControl:
		return "compact"
	case TopicMetadata:
		return "compact,delete"
	}
	return "delete"
}

func (s TopicSettings) partitions(topic string) int {
	if topic == TopicControl || topic == TopicMetadata {
		return 1
	}
	return s.Partitions
}

func (s TopicSettings) topicConfig(topic string) kafka.TopicConfig {
	cfg := kafka.TopicConfig{Topic: topic, NumPartitions: s.partitions(topic), ReplicationFactor: s.Replication}
	for _, entry := range s.settings(topic) {
		cfg.ConfigEntries = append(cfg.ConfigEntries, kafka.ConfigEntry{ConfigName: entry.name, ConfigValue: entry.value})
	}
	return cfg
}

// allTopics are Topics and those of one partition.
func allTopics() []string { return append(Topics(), TopicControl, TopicMetadata) }

// CreateTopics creates on a cluster of brokers those of Topics, TopicControl
// and TopicMetadata that are missing, and gives their names once they can be used.
// What is there is left as it is: CheckTopics judges it. With an error, some
// may have been created.
func (c *Client) CreateTopics(ctx context.Context, s TopicSettings) (created []string, err error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	there, err := c.describeTopics(ctx, allTopics())
	if err != nil {
		return nil, fmt.Errorf("create topics: %w", err)
	}
	request := &kafka.CreateTopicsRequest{}
	for _, topic := range allTopics() {
		if _, ok := there[topic]; !ok {
			request.Topics = append(request.Topics, s.topicConfig(topic))
			created = append(created, topic)
		}
	}
	if len(created) == 0 {
		return nil, nil
	}
	if created, err = c.createAll(ctx, request, created); err != nil {
		return created, err
	}
	return created, c.awaitTopics(ctx, allTopics())
}

// createAll gives those that were created, not those that others were faster
// with.
func (c *Client) createAll(ctx context.Context, request *kafka.CreateTopicsRequest, names []string) (created []string, err error) {
	answer, err := c.kafka.CreateTopics(ctx, request)
	if err != nil {
		return nil, fmt.Errorf("create topics %v: %w", names, err)
	}
	for i, name := range names {
		switch refusal := answer.Errors[name]; {
		case refusal == nil:
			created = append(created, name)
		case isKafkaError(refusal, kafka.TopicAlreadyExists):
		case err == nil:
			err = fmt.Errorf("create topic %s with %d partitions, replication %d: %w; %s", name,
				request.Topics[i].NumPartitions, request.Topics[i].ReplicationFactor, refusal, createRemedy(refusal))
		}
	}
	return created, err
}

func createRemedy(err error) string {
	switch {
	case isKafkaError(err, kafka.InvalidReplicationFactor):
		return "there are not as many brokers: start them, or configure a lower replication"
	case isKafkaError(err, kafka.TopicAuthorizationFailed), isKafkaError(err, kafka.ClusterAuthorizationFailed):
		return "give this user CREATE on it, or have it created by somebody who may"
	}
	return "create it by hand, or configure it otherwise"
}

// awaitTopics returns when each has a leader for each partition, kafka-go
// knows of it too, and so does each broker that answers: a question for it may
// go to any of them next.
func (c *Client) awaitTopics(ctx context.Context, names []string) error {
	if err := c.awaitLeaders(ctx, names); err != nil {
		return err
	}
	for _, address := range c.cfg.Brokers {
		if err := c.awaitTopicsAt(ctx, address, names); err != nil {
			return err
		}
	}
	return nil
}

// awaitTopicsAt does not wait for a broker that is away.
func (c *Client) awaitTopicsAt(ctx context.Context, address string, names []string) error {
	delays := backoff{first: 20 * time.Millisecond, most: time.Second}
	for {
		there, err := topicsThere(names, func(request kmsg.Request, answer kmsg.Response) error {
			return c.ask(ctx, address, request, answer)
		})
		if ctx.Err() == nil && (err != nil || len(there) == len(names)) {
			return nil //nolint:nilerr // who needs that broker hears of it
		}
		if err := pause(ctx, delays.next()); err != nil {
			return fmt.Errorf("wait for broker %s to know the topics %v: %w", address, names, err)
		}
	}
}

func (c *Client) awaitLeaders(ctx context.Context, names []string) error {
	delays := backoff{first: 20 * time.Millisecond, most: time.Second}
	for {
		answer, err := c.kafka.Metadata(ctx, &kafka.MetadataRequest{Topics: names})
		if err != nil {
			return fmt.Errorf("read topics of brokers %v: %w", c.cfg.Brokers, err)
		}
		n := slices.IndexFunc(answer.Topics, func(t kafka.Topic) bool { return !usable(&t) })
		if n < 0 {
			return nil
		}
		if err := pause(ctx, delays.next()); err != nil {
			return fmt.Errorf("wait for topic %s to appear on %v: %w", answer.Topics[n].Name, c.cfg.Brokers, err)
		}
	}
}

func usable(t *kafka.Topic) bool {
	return t.Error == nil && len(t.Partitions) > 0 &&
		!slices.ContainsFunc(t.Partitions, func(p kafka.Partition) bool { return p.Leader.Host == "" })
}
