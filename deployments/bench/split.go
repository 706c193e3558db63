package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
)

// makeTopic makes a topic like those of earwitness, but for its clock.
func makeTopic(ctx context.Context, broker, topic string) error {
	client := &kafka.Client{Addr: kafka.TCP(broker), Timeout: time.Minute}
	answer, err := client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{
		Topic: topic, NumPartitions: clusterPartitions, ReplicationFactor: 1,
		// The world's time is not the broker's.
		ConfigEntries: []kafka.ConfigEntry{{ConfigName: "retention.ms", ConfigValue: "-1"}},
	}}})
	if err == nil {
		err = answer.Errors[topic]
	}
	if err != nil {
		return fmt.Errorf("make topic %s: %w", topic, err)
	}
	return nil
}

type splitArg struct{ Broker string }

type splitResult struct{ Requests, Acts int64 }

// dated is a message with the time of what it tells of.
type dated struct {
	message kafka.Message
	act     bool
}

// splitTopic makes two topics of the topic of evidence, one of requests and one
// of acts, each message with the time of what it tells of, and in the order of
// that time: what suits a windowed join best.
func splitTopic(ctx context.Context, arg splitArg) (r splitResult, err error) {
	client := bus.NewClient(bus.ClientConfig{Brokers: []string{arg.Broker}})
	defer client.Close()
	var all []dated
	for partition := range clusterPartitions {
		messages, err := client.ReadAll(ctx, bus.TopicEvidence, partition)
		if err != nil {
			return r, err
		}
		for i := range messages {
			if d, ok, err := dateMessage(&messages[i], partition); err != nil {
				return r, err
			} else if ok {
				all = append(all, d)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b dated) int { return cmp.Compare(a.message.Time.UnixMilli(), b.message.Time.UnixMilli()) })
	writer := &kafka.Writer{
		Addr: kafka.TCP(arg.Broker), RequiredAcks: kafka.RequireAll, Compression: kafka.Lz4,
		BatchSize: 1000, BatchBytes: 4 << 20, BatchTimeout: 5 * time.Millisecond, Balancer: samePartition{},
	}
	const at = 5000
	for len(all) > 0 && err == nil {
		batch := make([]kafka.Message, 0, at)
		for _, d := range all[:min(at, len(all))] {
			if d.act {
				r.Acts++
			} else {
				r.Requests++
			}
			batch = append(batch, d.message)
		}
		all = all[len(batch):]
		err = writer.WriteMessages(ctx, batch...)
	}
	return r, errors.Join(err, writer.Close())
}

// dateMessage leaves out what is neither request nor act.
func dateMessage(m *bus.Message, partition int) (d dated, ok bool, err error) {
	if bus.IsControl(m) {
		return d, false, nil
	}
	e, err := decodeEvidence(m)
	if err != nil {
		return d, false, err
	}
	d.message = kafka.Message{Topic: topicRequests, Key: m.Key, Value: m.Value, WriterData: partition}
	switch fact := e.Fact.(type) {
	case *evidence.Evidence_Request:
		d.message.Time = time.UnixMilli(fact.Request.TimeMs)
	case *evidence.Evidence_Act:
		d.message.Time, d.message.Topic, d.act = time.UnixMilli(fact.Act.TimeMs), topicActs, true
	default:
		return d, false, nil
	}
	return d, true, nil
}

// samePartition leaves messages in the partition from which they come.
type samePartition struct{}

func (samePartition) Balance(m kafka.Message, _ ...int) int {
	partition, _ := m.WriterData.(int)
	return partition
}
