package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// description of a topic as the brokers have it.
type description struct {
	partitions int
	// replication is that of the partition with the fewest replicas.
	replication int
	settings    map[string]string
}

// describeTopics asks for topics, and gives those that are there, without
// their settings. kafka-go's answer would be some seconds old.
func (c *Client) describeTopics(ctx context.Context, names []string) (map[string]*description, error) {
	return topicsThere(names, func(request kmsg.Request, answer kmsg.Response) error {
		if err := c.askAny(ctx, request, answer); err != nil {
			return fmt.Errorf("read topics of brokers %v: %w", c.cfg.Brokers, err)
		}
		return nil
	})
}

// topicsThere are those that whoever is asked knows of.
func topicsThere(names []string, ask func(kmsg.Request, kmsg.Response) error) (map[string]*description, error) {
	request := kmsg.NewMetadataRequest()
	request.SetVersion(7)
	for _, name := range names {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = &name
		request.Topics = append(request.Topics, t)
	}
	answer := kmsg.NewPtrMetadataResponse()
	if err := ask(&request, answer); err != nil {
		return nil, err
	}
	there := map[string]*description{}
	for i := range answer.Topics {
		t := &answer.Topics[i]
		switch err := kafkaError(t.ErrorCode); {
		case isKafkaError(err, kafka.UnknownTopicOrPartition):
			continue
		case err != nil && !isKafkaError(err, kafka.LeaderNotAvailable):
			return nil, fmt.Errorf("read topic %s: %w; give this user DESCRIBE on it", *t.Topic, err)
		}
		d := &description{partitions: len(t.Partitions)}
		for j := range t.Partitions {
			if n := len(t.Partitions[j].Replicas); j == 0 || n < d.replication {
				d.replication = n
			}
		}
		there[*t.Topic] = d
	}
	return there, nil
}

// topicIsThere asks the brokers now.
func (c *Client) topicIsThere(ctx context.Context, topic string) error {
	there, err := c.describeTopics(ctx, []string{topic})
	if err == nil && there[topic] == nil {
		err = fmt.Errorf("read topic %s: %w; create it: earwitness topics create", topic, kafka.UnknownTopicOrPartition)
	}
	return err
}

// describeSettings adds what is set for topics, by themselves or by default.
func (c *Client) describeSettings(ctx context.Context, topics map[string]*description) error {
	if len(topics) == 0 {
		return nil
	}
	request := kmsg.NewDescribeConfigsRequest()
	request.SetVersion(3)
	for name := range topics {
		r := kmsg.NewDescribeConfigsRequestResource()
		r.ResourceType, r.ResourceName = kmsg.ConfigResourceTypeTopic, name
		request.Resources = append(request.Resources, r)
	}
	answer := kmsg.NewPtrDescribeConfigsResponse()
	if err := c.askAny(ctx, &request, answer); err != nil {
		return fmt.Errorf("read settings of topics: %w", err)
	}
	for i := range answer.Resources {
		r := &answer.Resources[i]
		if err := kafkaError(r.ErrorCode); err != nil {
			return fmt.Errorf("read settings of topic %s: %w; give this user DESCRIBE_CONFIGS on it", r.ResourceName, err)
		}
		d := topics[r.ResourceName]
		if d == nil {
			return errors.New("read settings of topics: the answer is for another topic")
		}
		d.settings = map[string]string{}
		for _, s := range r.Configs {
			if s.Value != nil {
				d.settings[s.Name] = *s.Value
			}
		}
	}
	return nil
}
