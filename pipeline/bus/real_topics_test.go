//go:build servers

package bus_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"

	"earwitness/deployments/testbed"
	"earwitness/pipeline/bus"
)

// set changes settings of a topic; an empty value takes one away.
func set(t *testing.T, cluster *testbed.KafkaCluster, topic string, settings map[string]string) {
	t.Helper()
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	admin := kafka.Client{Addr: kafka.TCP(cluster.Plaintext...), Transport: transport}
	resource := kafka.IncrementalAlterConfigsRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic}
	for name, value := range settings {
		change := kafka.IncrementalAlterConfigsRequestConfig{Name: name, Value: value, ConfigOperation: kafka.ConfigOperationSet}
		if value == "" {
			change.ConfigOperation = kafka.ConfigOperationDelete
		}
		resource.Configs = append(resource.Configs, change)
	}
	answer, err := admin.IncrementalAlterConfigs(within(t, time.Minute), &kafka.IncrementalAlterConfigsRequest{Resources: []kafka.IncrementalAlterConfigsRequestResource{resource}})
	if err == nil {
		err = answer.Resources[0].Error
	}
	if err != nil {
		t.Fatal(err)
	}
}

func realFindings(t *testing.T, cluster *testbed.KafkaCluster) {
	client := plainly(t, cluster)
	ctx := within(t, time.Minute)
	findings := func(s bus.TopicSettings) []bus.TopicFinding {
		t.Helper()
		list, err := client.CheckTopics(ctx, s)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if list := findings(realSettings(1)); len(list) > 0 {
		t.Errorf("as created: %v", list)
	}
	for _, c := range []struct {
		topic, setting, value string
		want                  bus.TopicFinding
	}{
		{bus.TopicEvidence, "retention.ms", "3600000", bus.TopicFinding{Want: "172800000 or more", Fatal: true}},
		{bus.TopicEvidence, "retention.bytes", "1000000000", bus.TopicFinding{Want: "-1", Fatal: true}},
		{bus.TopicEvidence, "cleanup.policy", "compact,delete", bus.TopicFinding{Want: "delete", Fatal: true}},
		{bus.TopicEvidence, "message.timestamp.type", "CreateTime", bus.TopicFinding{Want: "LogAppendTime", Fatal: true}},
		{bus.TopicEvidence, "max.message.bytes", "1048588", bus.TopicFinding{Want: "8388608 or more", Fatal: true}},
		{bus.TopicEvidence, "min.insync.replicas", "2", bus.TopicFinding{Want: "1", Fatal: true}},
		{bus.TopicEvidence, "unclean.leader.election.enable", "true", bus.TopicFinding{Want: "false"}},
		{bus.TopicControl, "cleanup.policy", "delete", bus.TopicFinding{Want: "compact", Fatal: true}},
		{bus.TopicMetadata, "cleanup.policy", "delete", bus.TopicFinding{Want: "compact,delete", Fatal: true}},
		{bus.TopicControl, "message.timestamp.type", "CreateTime", bus.TopicFinding{Want: "LogAppendTime", Fatal: true}},
		{bus.TopicControl, "segment.ms", "604800000", bus.TopicFinding{Want: "3600000"}},
	} {
		t.Run(c.topic+" "+c.setting, func(t *testing.T) {
			before := map[string]string{
				"retention.ms": "172800000", "retention.bytes": "-1", "cleanup.policy": "delete", "message.timestamp.type": "LogAppendTime",
				"max.message.bytes": "8388608", "min.insync.replicas": "1", "unclean.leader.election.enable": "false",
				"segment.ms": "3600000",
			}[c.setting]
			if c.topic == bus.TopicControl && c.setting == "cleanup.policy" {
				before = "compact"
			}
			if c.topic == bus.TopicMetadata {
				before = "compact,delete"
			}
			c.want.Topic, c.want.Setting, c.want.Have = c.topic, c.setting, c.value
			set(t, cluster, c.topic, map[string]string{c.setting: c.value})
			defer set(t, cluster, c.topic, map[string]string{c.setting: before})
			awaitFindings(t, client, []bus.TopicFinding{c.want})
		})
	}
	// What a topic does not set itself is the brokers' default.
	set(t, cluster, bus.TopicAccess, map[string]string{"retention.ms": "", "max.message.bytes": ""})
	awaitFindings(t, client, []bus.TopicFinding{
		{Topic: bus.TopicAccess, Setting: "max.message.bytes", Have: "1048588", Want: "8388608 or more", Fatal: true},
	})
	set(t, cluster, bus.TopicAccess, map[string]string{"retention.ms": "-1", "max.message.bytes": "9000000"})
	awaitFindings(t, client, nil)
	wanted := realSettings(3)
	wanted.Partitions = 12
	var counts []string
	for _, f := range findings(wanted) {
		counts = append(counts, fmt.Sprintf("%s %s %s %s %t", f.Topic, f.Setting, f.Have, f.Want, f.Fatal))
	}
	for _, want := range []string{
		"earwitness.evidence partitions 3 12 true",
		"earwitness.evidence replication 1 3 or more true",
		"earwitness.evidence min.insync.replicas 1 2 or more true",
		"earwitness.control replication 1 3 or more true",
	} {
		if !slices.Contains(counts, want) {
			t.Errorf("%q is not among %q", want, counts)
		}
	}
}

// awaitFindings asks until the brokers know what was set.
func awaitFindings(t *testing.T, client *bus.Client, want []bus.TopicFinding) {
	t.Helper()
	ctx := within(t, 10*time.Second)
	for {
		list, err := client.CheckTopics(ctx, realSettings(1))
		if err == nil && cmp.Equal(want, list) {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("findings: %v, %v, want %v", list, err, want)
		}
	}
}

// realAppendTime: the broker's clock, and not the producer's.
func realAppendTime(t *testing.T, cluster *testbed.KafkaCluster) {
	client := plainly(t, cluster)
	ctx := within(t, time.Minute)
	set(t, cluster, bus.TopicDeadLetter, map[string]string{"message.timestamp.type": "LogAppendTime"})
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	other := kafka.Client{Addr: kafka.TCP(cluster.Plaintext...), Transport: transport}
	began := time.Now().Truncate(time.Millisecond)
	// Somebody whose clock is wrong, and differs within a batch.
	answer, err := other.Produce(ctx, &kafka.ProduceRequest{
		Topic: bus.TopicDeadLetter, Partition: 0, RequiredAcks: kafka.RequireAll,
		Records: kafka.NewRecordReader(
			kafka.Record{Time: time.Unix(1, 0), Key: kafka.NewBytes([]byte("k")), Value: kafka.NewBytes([]byte("a"))},
			kafka.Record{Time: time.Unix(9, 0), Key: kafka.NewBytes([]byte("k")), Value: kafka.NewBytes([]byte("b"))},
		),
	})
	if err == nil {
		err = answer.Error
	}
	if err != nil {
		t.Fatal(err)
	}
	chunk, err := bus.NewPartition(client, bus.TopicDeadLetter, 0, text, bus.PartitionConfig{}).Next(ctx, answer.BaseOffset)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range chunk.Messages {
		if m.Time.Before(began) || m.Time.After(time.Now()) {
			t.Errorf("message %d: %s, want after %s", m.Offset, m.Time, began)
		}
	}
}

// realHoles reads a topic that was compacted.
func realHoles(t *testing.T, cluster *testbed.KafkaCluster) {
	client := plainly(t, cluster)
	ctx := within(t, 2*time.Minute)
	// Segments end soon, and the cleaner comes to them soon.
	set(t, cluster, bus.TopicControl, map[string]string{
		"segment.ms": "100", "min.cleanable.dirty.ratio": "0.01", "max.compaction.lag.ms": "100", "delete.retention.ms": "0",
	})
	p := bus.NewProducer(client, bus.TopicControl, 1, bus.ProducerConfig{})
	defer p.Close(ctx) //nolint:errcheck // nothing is under way
	for round := 0; ; round++ {
		batch := make([]bus.Record, 10)
		for i := range batch {
			batch[i] = bus.Record{Key: fmt.Append(nil, "key ", i%7), Value: fmt.Append(nil, round)}
		}
		if _, err := p.ProduceSync(ctx, 0, batch); err != nil {
			t.Fatal(err)
		}
		all, err := client.ReadAll(ctx, bus.TopicControl, 0)
		if err != nil {
			t.Fatal(err)
		}
		latest := map[string]string{}
		holes := 0
		for i := range all {
			latest[string(all[i].Key)] = string(all[i].Value)
			if i > 0 && all[i].Offset <= all[i-1].Offset {
				t.Fatalf("offset %d comes after %d", all[i].Offset, all[i-1].Offset)
			}
			if i > 0 && all[i].Offset > all[i-1].Offset+1 {
				holes++
			}
		}
		for key, value := range latest {
			if value != fmt.Sprint(round) {
				t.Fatalf("%s is %s in round %d", key, value, round)
			}
		}
		if holes > 0 || all[0].Offset > 0 && len(all) < (round+1)*10 {
			t.Logf("after %d rounds: %d messages, the first at %d, %d holes", round+1, len(all), all[0].Offset, holes)
			if holes > 0 {
				return
			}
		}
	}
}
