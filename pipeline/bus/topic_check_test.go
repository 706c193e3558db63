package bus_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kmsg"

	"earwitness/pipeline/bus"
)

func TestTopicsAreCreatedAsTheyHaveToBe(t *testing.T) {
	cluster := fake(t)
	client := clientOf(t, bus.ClientConfig{Brokers: cluster.ListenAddrs()})
	ctx := deadline(t)
	findings, err := client.CheckTopics(ctx, settings())
	if err != nil || len(findings) != 5 || findings[0].String() != "topic earwitness.evidence is missing; create it: earwitness topics create" {
		t.Errorf("before: %v, %v", findings, err)
	}
	created, err := client.CreateTopics(ctx, settings())
	if diff := cmp.Diff(append(bus.Topics(), bus.TopicControl, bus.TopicMetadata), created); err != nil || diff != "" {
		t.Errorf("%v, created (-want +got):\n%s", err, diff)
	}
	if findings, err := client.CheckTopics(ctx, settings()); err != nil || len(findings) > 0 {
		t.Errorf("after: %v, %v", findings, err)
	}
	if created, err := client.CreateTopics(ctx, settings()); err != nil || len(created) > 0 {
		t.Errorf("again: %v, %v", created, err)
	}
	for topic, want := range map[string]string{bus.TopicEvidence: "delete", bus.TopicControl: "compact", bus.TopicMetadata: "compact,delete"} {
		if got := cluster.TopicInfo(topic).Configs["cleanup.policy"]; got == nil || *got != want {
			t.Errorf("%s: cleanup.policy is not %s", topic, want)
		}
	}
}

// TestTopicsAreKnownEverywhereOnceCreated: a broker that hears of new topics
// later than the others may be the one that is asked next.
func TestTopicsAreKnownEverywhereOnceCreated(t *testing.T) {
	cluster := fake(t)
	ctx := deadline(t)
	var created atomic.Bool
	var unknown atomic.Int32
	cluster.ControlKey(int16(kmsg.CreateTopics), func(kmsg.Request) (kmsg.Response, error, bool) {
		created.Store(true)
		return nil, nil, false
	})
	cluster.ControlKey(int16(kmsg.Metadata), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		request := r.(*kmsg.MetadataRequest)
		// kafka-go's questions are of another version.
		if cluster.CurrentNode() != 2 || request.GetVersion() != 7 || !created.Load() || unknown.Add(1) > 5 {
			return nil, nil, false
		}
		answer := request.ResponseKind().(*kmsg.MetadataResponse)
		for _, topic := range request.Topics {
			answer.Topics = append(answer.Topics, kmsg.MetadataResponseTopic{Topic: topic.Topic, ErrorCode: 3})
		}
		return answer, nil, true
	})
	if _, err := clientOf(t, bus.ClientConfig{Brokers: cluster.ListenAddrs()}).CreateTopics(ctx, settings()); err != nil {
		t.Fatal(err)
	}
	late := clientOf(t, bus.ClientConfig{Brokers: cluster.ListenAddrs()[2:]})
	if findings, err := late.CheckTopics(ctx, settings()); err != nil || len(findings) > 0 || unknown.Load() <= 5 {
		t.Errorf("the broker that hears last says after %d questions: %v, %v", unknown.Load(), findings, err)
	}
}

func TestTopicSettingsThatMakeNoSense(t *testing.T) {
	client := clientOf(t, bus.ClientConfig{Brokers: []string{"127.0.0.1:1"}})
	for name, s := range map[string]bus.TopicSettings{
		"no partitions":    {Replication: 1, MinInsync: 1},
		"no replication":   {Partitions: 1, MinInsync: 1},
		"none in sync":     {Partitions: 1, Replication: 1},
		"too many in sync": {Partitions: 1, Replication: 2, MinInsync: 3},
		"in the past":      {Partitions: 1, Replication: 1, MinInsync: 1, Retention: -time.Hour},
	} {
		if _, err := client.CreateTopics(deadline(t), s); err == nil || strings.Contains(err.Error(), "connect") {
			t.Errorf("create, %s: %v", name, err)
		}
		if _, err := client.CheckTopics(deadline(t), s); err == nil || strings.Contains(err.Error(), "connect") {
			t.Errorf("check, %s: %v", name, err)
		}
	}
}

func TestFindings(t *testing.T) {
	_, client := withTopics(t)
	wanted := settings()
	wanted.Partitions, wanted.Replication, wanted.MinInsync, wanted.Retention = 4, 4, 3, 72*time.Hour
	findings, err := client.CheckTopics(deadline(t), wanted)
	if err != nil {
		t.Fatal(err)
	}
	want := []bus.TopicFinding{
		{Topic: bus.TopicEvidence, Setting: "partitions", Have: "3", Want: "4", Fatal: true},
		{Topic: bus.TopicEvidence, Setting: "replication", Have: "3", Want: "4 or more", Fatal: true},
		{Topic: bus.TopicEvidence, Setting: "retention.ms", Have: "172800000", Want: "259200000 or more", Fatal: true},
		{Topic: bus.TopicEvidence, Setting: "min.insync.replicas", Have: "2", Want: "3 or more", Fatal: true},
	}
	if diff := cmp.Diff(want, findings[:4]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	text := (&bus.TopicsError{Findings: findings}).Error()
	for _, part := range []string{
		"configure 3, or start with new topics",
		"kafka-configs.sh --bootstrap-server BROKER --alter --entity-type topics --entity-name earwitness.evidence --add-config retention.ms=259200000\n",
		"topic earwitness.control: min.insync.replicas is 2",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in:\n%s", part, text)
		}
	}
	if strings.Contains(text, "control has 1 partitions") || strings.Contains(text, "metadata has 1 partitions") || strings.Contains(text, "control: retention.ms") {
		t.Errorf("the control topic is judged as the others:\n%s", text)
	}
}
