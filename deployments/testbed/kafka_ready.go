package testbed

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/segmentio/kafka-go"
)

// answers asks the broker whether it has joined a cluster.
func (b *kafkaBroker) answers(ctx context.Context) error {
	return withKafka(ctx, b.plaintext, func(conn *kafka.Conn) error {
		brokers, err := conn.Brokers()
		if err != nil {
			return fmt.Errorf("ask %s for its cluster: %w", b.plaintext, err)
		}
		if !slices.ContainsFunc(brokers, func(other kafka.Broker) bool { return other.ID == b.id }) {
			return fmt.Errorf("broker %d has not joined: %v", b.id, brokers)
		}
		return nil
	})
}

// AwaitInSync returns when all brokers see each other, and every partition is
// in sync on all its replicas.
func (a *KafkaAccess) AwaitInSync(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyPatience)
	defer cancel()
	if err := poll(ctx, nil, a.answers); err != nil {
		return fmt.Errorf("wait until kafka is in sync: %w", err)
	}
	return nil
}

func (a *KafkaAccess) answers(ctx context.Context) error {
	for _, address := range a.Plaintext {
		if err := withKafka(ctx, address, a.inSync); err != nil {
			return fmt.Errorf("ask kafka broker %s: %w", address, err)
		}
	}
	return nil
}

func (a *KafkaAccess) inSync(conn *kafka.Conn) error {
	brokers, err := conn.Brokers()
	if err != nil {
		return err
	}
	if len(brokers) != len(a.Plaintext) {
		return fmt.Errorf("it sees %d of %d brokers", len(brokers), len(a.Plaintext))
	}
	partitions, err := conn.ReadPartitions()
	if err != nil {
		return err
	}
	for _, p := range partitions {
		if len(p.Isr) < len(p.Replicas) {
			return fmt.Errorf("partition %d of %s: %d of %d replicas are in sync", p.ID, p.Topic, len(p.Isr), len(p.Replicas))
		}
	}
	return nil
}

func withKafka(ctx context.Context, address string, ask func(*kafka.Conn) error) (err error) {
	conn, err := kafka.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	return ask(conn)
}
