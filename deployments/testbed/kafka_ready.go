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
func (k *KafkaCluster) AwaitInSync(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyPatience)
	defer cancel()
	for _, address := range k.Plaintext {
		if err := poll(ctx, nil, func(ctx context.Context) error { return k.inSync(ctx, address) }); err != nil {
			return fmt.Errorf("wait until kafka is in sync: %w", err)
		}
	}
	return nil
}

func (k *KafkaCluster) inSync(ctx context.Context, address string) error {
	return withKafka(ctx, address, func(conn *kafka.Conn) error {
		brokers, err := conn.Brokers()
		if err == nil && len(brokers) != len(k.Brokers) {
			err = fmt.Errorf("%s sees %d of %d brokers", address, len(brokers), len(k.Brokers))
		}
		if err != nil {
			return err
		}
		partitions, err := conn.ReadPartitions()
		if err != nil {
			return fmt.Errorf("ask %s for partitions: %w", address, err)
		}
		for _, p := range partitions {
			if len(p.Isr) < len(p.Replicas) {
				return fmt.Errorf("partition %d of %s: %d of %d replicas are in sync", p.ID, p.Topic, len(p.Isr), len(p.Replicas))
			}
		}
		return nil
	})
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
