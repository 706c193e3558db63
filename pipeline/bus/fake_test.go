package bus_test

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"earwitness/pipeline/bus"
)

// fake starts a cluster without what the embedded broker adds to it.
func fake(tb testing.TB, opts ...kfake.Opt) *kfake.Cluster {
	tb.Helper()
	cluster, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(3)}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(cluster.Close)
	return cluster
}

// clientOf connects to a cluster until the test ends.
func clientOf(tb testing.TB, cfg bus.ClientConfig) *bus.Client {
	tb.Helper()
	client := bus.NewClient(cfg)
	tb.Cleanup(client.Close)
	return client
}

// settings that topics are made with here.
func settings() bus.TopicSettings {
	return bus.TopicSettings{Partitions: partitions, Replication: 3, MinInsync: 2, Retention: 48 * time.Hour}
}

// withTopics starts a cluster with the topics and gives a client of it.
func withTopics(tb testing.TB, opts ...kfake.Opt) (*kfake.Cluster, *bus.Client) {
	tb.Helper()
	cluster := fake(tb, opts...)
	client := clientOf(tb, bus.ClientConfig{Brokers: cluster.ListenAddrs()})
	if _, err := client.CreateTopics(deadline(tb), settings()); err != nil {
		tb.Fatal(err)
	}
	return cluster, client
}
