package embedded

import (
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl/plain"

	"earwitness/pipeline/bus"
)

func TestNothingGoesByTimeOrSize(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir(), SegmentBytes: 4 << 10})
	s.write(t, 0, 0, 20, 10)
	s.cluster.ApplyRetention()
	s.cluster.Compact()
	if first, end := s.bounds(t, 0); first != 0 || end != 200 {
		t.Errorf("the partition has %d to %d, want 0 to 200", first, end)
	}
	transport := &kafka.Transport{SASL: plain.Mechanism{Username: user, Password: s.secrets.outer}}
	defer transport.CloseIdleConnections()
	client := kafka.Client{Addr: kafka.TCP(s.ClientConfig().Brokers...), Transport: transport}
	for _, topic := range bus.Topics() {
		answer, err := client.DescribeConfigs(deadline(t), &kafka.DescribeConfigsRequest{
			Resources: []kafka.DescribeConfigRequestResource{{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic}},
		})
		if err != nil {
			t.Fatal(err)
		}
		have := make(map[string]string)
		for _, entry := range answer.Resources[0].ConfigEntries {
			have[entry.ConfigName] = entry.ConfigValue
		}
		for name, want := range map[string]string{
			"retention.ms": "-1", "retention.bytes": "-1",
			"cleanup.policy": "delete", "message.timestamp.type": "LogAppendTime",
		} {
			if have[name] != want {
				t.Errorf("%s of topic %s is %q, want %q", name, topic, have[name], want)
			}
		}
	}
}

func TestDeletedSegmentsLeaveTheDisk(t *testing.T) {
	dir := t.TempDir()
	cfg := Config{Dir: dir, SegmentBytes: 16 << 10}
	s := open(t, cfg)
	s.write(t, 1, 0, 40, 10)
	all := len(files(t, dir, 1))
	if all < 5 {
		t.Fatalf("%d segments are too few for this test", all)
	}
	if err := s.client.DeleteRecords(deadline(t), bus.TopicEvidence, 1, 205); err != nil {
		t.Fatal(err)
	}
	if first, end := s.bounds(t, 1); first != 205 || end != 400 {
		t.Errorf("the partition has %d to %d, want 205 to 400", first, end)
	}
	half := len(files(t, dir, 1))
	if half > all/2+1 {
		t.Errorf("%d of %d segments are left after half was deleted", half, all)
	}
	s.close(t)
	s = open(t, cfg)
	if first, end := s.bounds(t, 1); first != 205 || end != 400 {
		t.Errorf("the partition has %d to %d after a restart, want 205 to 400", first, end)
	}
	s.check(t, 1, 205, 400)
}

func TestTheLastBatchStays(t *testing.T) {
	dir := t.TempDir()
	cfg := Config{Dir: dir, SegmentBytes: 4 << 10}
	s := open(t, cfg)
	s.write(t, 0, 0, 10, 10)
	for range 2 {
		if err := s.client.DeleteRecords(deadline(t), bus.TopicEvidence, 0, 100); err != nil {
			t.Fatal(err)
		}
		if first, end := s.bounds(t, 0); first != 90 || end != 100 {
			t.Errorf("the partition has %d to %d, want 90 to 100", first, end)
		}
		if n := len(files(t, dir, 0)); n != 1 {
			t.Errorf("%d segments are left, want 1", n)
		}
		s.close(t)
		s = open(t, cfg)
	}
	s.write(t, 0, 100, 1, 10)
	s.check(t, 0, 90, 110)
}

func TestDeletingBeyondTheEndIsRefused(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	s.write(t, 0, 0, 1, 10)
	if err := s.client.DeleteRecords(deadline(t), bus.TopicEvidence, 0, 11); err == nil {
		t.Error("messages that are not there yet were deleted")
	}
	if err := s.client.DeleteRecords(deadline(t), bus.TopicEvidence, 1, 0); err != nil {
		t.Errorf("delete nothing of an empty partition: %v", err)
	}
}
