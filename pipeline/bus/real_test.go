//go:build servers

package bus_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"earwitness/deployments/testbed"
	"earwitness/deployments/testbed/bedtest"
	"earwitness/pipeline/bus"
)

// realSettings are for a cluster of n brokers.
func realSettings(n int) bus.TopicSettings {
	return bus.TopicSettings{Partitions: partitions, Replication: n, MinInsync: (n + 1) / 2, Retention: 48 * time.Hour}
}

// brokers starts some and gives a client of their plain listeners.
func brokers(t *testing.T, n int) (*testbed.KafkaCluster, *bus.Client) {
	t.Helper()
	cluster := bedtest.Kafka(t, testbed.KafkaConfig{Brokers: n})
	return cluster, clientOf(t, bus.ClientConfig{Brokers: cluster.Plaintext, Logger: testLogger(t)})
}

// testLogger shows what is logged when the test fails, or with -v.
func testLogger(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}

// within bounds a step on real brokers.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// TestRealBroker begins with a new cluster of one broker.
func TestRealBroker(t *testing.T) {
	cluster, client := brokers(t, 1)
	if created, err := client.CreateTopics(within(t, time.Minute), realSettings(3)); err == nil || len(created) > 0 || !strings.Contains(err.Error(), "there are not as many brokers") {
		t.Errorf("three replicas on one broker: %v, %v", created, err)
	}
	if _, err := client.CreateTopics(within(t, time.Minute), realSettings(1)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		run  func(*testing.T, *testbed.KafkaCluster)
	}{
		{"first group", realFirstGroup}, // there is none before
		{"ways", realWays},
		{"wrong passwords", realWrongPasswords},
		{"wrong ports", realWrongPorts},
		{"no rights", realNoRights},
		{"members come and go", realMembers},
		{"members that are lost", realLostMembers},
		{"more members than partitions", realManyMembers},
		{"stopping while others are awaited", realStops},
		{"findings", realFindings},
		{"append time", realAppendTime},
		{"holes", realHoles},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, cluster) })
	}
}

// plainly gives a client that anybody may have.
func plainly(t *testing.T, cluster *testbed.KafkaCluster) *bus.Client {
	t.Helper()
	return clientOf(t, bus.ClientConfig{Brokers: cluster.Plaintext, Logger: testLogger(t)})
}

// realFirstGroup finds no coordinator yet: its topic is made when somebody
// asks.
func realFirstGroup(t *testing.T, cluster *testbed.KafkaCluster) {
	client := plainly(t, cluster)
	began := time.Now()
	var both sync.WaitGroup
	both.Go(func() {
		if err := client.CommitOffset(within(t, time.Minute), "first positions", bus.TopicEvidence, 0, 1, "m"); err != nil {
			t.Error(err)
		}
	})
	m := newOwnership(t).join(client, quick("first"), "it")
	settle(t, m)
	t.Logf("joined after %s", time.Since(began).Round(time.Millisecond))
	both.Wait()
	m.leave(t)
}

func realWays(t *testing.T, cluster *testbed.KafkaCluster) {
	trust, err := cluster.TLSConfig()
	if err != nil {
		t.Fatal(err)
	}
	ways := map[string]bus.ClientConfig{
		"plaintext": {Brokers: cluster.Plaintext},
		"tls":       {Brokers: cluster.TLS, TLS: trust},
	}
	for _, mechanism := range mechanisms() {
		sasl := &bus.SASL{Mechanism: mechanism, User: cluster.Admin.User, Password: cluster.Admin.Password}
		ways[string(mechanism)] = bus.ClientConfig{Brokers: cluster.SASL, SASL: sasl}
		ways["tls "+string(mechanism)] = bus.ClientConfig{Brokers: cluster.SASLTLS, SASL: sasl, TLS: trust}
	}
	for name, cfg := range ways {
		t.Run(name, func(t *testing.T) {
			cfg.Logger = testLogger(t)
			throughAll(t, clientOf(t, cfg), name)
		})
	}
}

func mechanisms() []bus.Mechanism {
	return []bus.Mechanism{bus.MechanismPlain, bus.MechanismSCRAM256, bus.MechanismSCRAM512}
}

// throughAll produces, fetches, joins and commits.
func throughAll(t *testing.T, client *bus.Client, name string) {
	ctx := within(t, time.Minute)
	const partition = 1
	began := time.Now().Truncate(time.Millisecond)
	p := producer(t, client, bus.ProducerConfig{})
	first, err := p.ProduceSync(ctx, partition, records(partition, 0, 100))
	if err != nil {
		t.Fatal(err)
	}
	reader := bus.NewPartition(client, bus.TopicEvidence, partition, text, bus.PartitionConfig{})
	chunk, err := reader.Next(ctx, first)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range chunk.Messages {
		if want := fmt.Sprintf("%d/%d", partition, i); chunk.Values[i] != want || m.Time.Before(began) || m.Time.After(time.Now()) {
			t.Errorf("message %d is %q at %s, want %q after %s", m.Offset, chunk.Values[i], m.Time, want, began)
		}
	}
	if len(chunk.Messages) != 100 {
		t.Errorf("%d messages came", len(chunk.Messages))
	}
	m := newOwnership(t).join(client, quick("group of "+name), name)
	settle(t, m)
	positions := "positions of " + name
	if err := client.CommitOffset(ctx, positions, bus.TopicEvidence, partition, chunk.Next, "at "+name); err != nil {
		t.Error(err)
	}
	offset, metadata, err := client.CommittedOffset(ctx, positions, bus.TopicEvidence, partition)
	if err != nil || offset != chunk.Next || metadata != "at "+name {
		t.Errorf("committed: %d, %q, %v", offset, metadata, err)
	}
	if offset, _, err := client.CommittedOffset(ctx, "nobody's", bus.TopicEvidence, partition); err != nil || offset != -1 {
		t.Errorf("never committed: %d, %v", offset, err)
	}
	// A group with members takes no positions from others.
	if err := client.CommitOffset(ctx, "group of "+name, bus.TopicEvidence, partition, 1, ""); err == nil {
		t.Error("a commit without membership was taken by a group with members")
	} else {
		t.Log(err)
	}
	m.leave(t)
}
