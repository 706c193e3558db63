//go:build servers

package testbed_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"

	"earwitness/deployments/testbed"
)

func TestKafkaTakesEveryWayIn(t *testing.T) {
	t.Parallel()
	cluster := startKafka(t, testbed.KafkaConfig{})
	trust, err := cluster.TLSConfig()
	if err != nil {
		t.Fatal(err)
	}
	admin := cluster.Admin
	tests := []struct {
		name    string
		brokers []string
		tls     *tls.Config
		sasl    sasl.Mechanism
	}{
		{"plaintext", cluster.Plaintext, nil, nil},
		{"tls", cluster.TLS, trust, nil},
		{"plain", cluster.SASL, nil, plain.Mechanism{Username: admin.User, Password: admin.Password}},
		{"scram-sha-256", cluster.SASL, nil, mechanism(t, scram.SHA256, admin)},
		{"scram-sha-512", cluster.SASL, nil, mechanism(t, scram.SHA512, admin)},
		{"tls and plain", cluster.SASLTLS, trust, plain.Mechanism{Username: admin.User, Password: admin.Password}},
		{"tls and scram-sha-512", cluster.SASLTLS, trust, mechanism(t, scram.SHA512, admin)},
	}
	for i, test := range tests {
		topic := fmt.Sprintf("topic-%d", i)
		client := newClient(t, test.brokers, test.tls, test.sasl)
		createTopic(t, client, topic, 1)
		if got := fetch(t, client, topic, produce(t, client, topic, test.name)); got != test.name {
			t.Errorf("%s: fetched %q", test.name, got)
		}
	}
	// Who is not let in, and who may do nothing.
	untrusting := newClient(t, cluster.TLS, &tls.Config{MinVersion: tls.VersionTLS12}, nil)
	if _, err := untrusting.Metadata(t.Context(), &kafka.MetadataRequest{}); err == nil {
		t.Error("a client that does not know the authority was served")
	}
	wrong := newClient(t, cluster.SASL, nil, plain.Mechanism{Username: admin.User, Password: "wrong"})
	if _, err := wrong.Metadata(t.Context(), &kafka.MetadataRequest{}); err == nil {
		t.Error("a client with a wrong password was served")
	}
	guest := newClient(t, cluster.SASL, nil, plain.Mechanism{Username: cluster.Guest.User, Password: cluster.Guest.Password})
	answer, err := guest.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: "guests", NumPartitions: 1, ReplicationFactor: 1}}})
	if err != nil || answer.Errors["guests"] == nil {
		t.Errorf("a guest made a topic: %v, %v", answer, err)
	}
}

// TestKafkaClusterOutlivesBrokers takes brokers away in every way, and finds
// what was produced each time.
func TestKafkaClusterOutlivesBrokers(t *testing.T) {
	t.Parallel()
	cluster := startKafka(t, testbed.KafkaConfig{Brokers: 3})
	client := newClient(t, cluster.Plaintext, nil, nil)
	createTopic(t, client, "kept", 3)
	ctx := t.Context()
	check := func(what string) {
		t.Helper()
		offset := produce(t, client, "kept", what)
		if got := fetch(t, client, "kept", offset); got != what {
			t.Errorf("at %d: fetched %q, want %q", offset, got, what)
		}
	}
	check("three brokers")
	victim := cluster.Brokers[1]
	steps := []struct {
		name      string
		away, new func() error
	}{
		{"stopped", func() error { return victim.Stop(ctx) }, func() error { return victim.Start(ctx) }},
		{"killed", victim.Kill, func() error { return victim.Start(ctx) }},
		{"paused", victim.Pause, victim.Resume},
	}
	for _, step := range steps {
		began := time.Now()
		if err := step.away(); err != nil {
			t.Fatal(err)
		}
		check(step.name)
		if err := step.new(); err != nil {
			t.Fatal(err)
		}
		if err := cluster.AwaitInSync(ctx); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s and back in %s", step.name, time.Since(began).Round(time.Millisecond))
	}
	if err := cluster.StopBrokers(ctx); err != nil {
		t.Fatal(err)
	}
	if err := cluster.StartBrokers(ctx); err != nil {
		t.Fatal(err)
	}
	check("all stopped and started")
	if got := fetch(t, client, "kept", 0); got != "three brokers" {
		t.Errorf("the first message became %q", got)
	}
}

func startKafka(t *testing.T, cfg testbed.KafkaConfig) *testbed.KafkaCluster {
	t.Helper()
	began := time.Now()
	cluster, err := testbed.Kafka(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		began := time.Now()
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
		t.Logf("stopped in %s", time.Since(began).Round(time.Millisecond))
	})
	t.Logf("%s: started in %s", cluster, time.Since(began).Round(time.Millisecond))
	return cluster
}

func mechanism(t *testing.T, algorithm scram.Algorithm, account testbed.Account) sasl.Mechanism {
	t.Helper()
	m, err := scram.Mechanism(algorithm, account.User, account.Password)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newClient(t *testing.T, brokers []string, trust *tls.Config, mechanism sasl.Mechanism) *kafka.Client {
	t.Helper()
	transport := &kafka.Transport{TLS: trust, SASL: mechanism, MetadataTTL: time.Second}
	t.Cleanup(transport.CloseIdleConnections)
	return &kafka.Client{Addr: kafka.TCP(brokers...), Timeout: 10 * time.Second, Transport: transport}
}

func createTopic(t *testing.T, client *kafka.Client, topic string, replicas int) {
	t.Helper()
	answer, err := client.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: 1, ReplicationFactor: replicas}},
	})
	if err != nil || answer.Errors[topic] != nil {
		t.Fatalf("create topic %s: %v, %v", topic, answer, err)
	}
}

// produce tries for as long as a leader may take to be elected, and tells
// where the last try went.
func produce(t *testing.T, client *kafka.Client, topic, value string) (offset int64) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		answer, err := client.Produce(ctx, &kafka.ProduceRequest{
			Topic: topic, RequiredAcks: kafka.RequireAll,
			Records: kafka.NewRecordReader(kafka.Record{Value: kafka.NewBytes([]byte(value))}),
		})
		if err != nil {
			return err
		}
		offset = answer.BaseOffset
		return answer.Error
	})
	return offset
}

func fetch(t *testing.T, client *kafka.Client, topic string, offset int64) string {
	t.Helper()
	var value string
	eventually(t, func(ctx context.Context) error {
		answer, err := client.Fetch(ctx, &kafka.FetchRequest{Topic: topic, Offset: offset, MinBytes: 1, MaxBytes: 1 << 20, MaxWait: time.Second})
		if err == nil {
			err = answer.Error
		}
		if err != nil {
			return err
		}
		record, err := answer.Records.ReadRecord()
		if err != nil {
			return err
		}
		text, err := kafka.ReadAll(record.Value)
		value = string(text)
		return err
	})
	return value
}

// eventually tries again until there is no error.
func eventually(t *testing.T, do func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := do(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%v; the last error: %v", ctx.Err(), err)
		case <-ticker.C:
		}
	}
}
