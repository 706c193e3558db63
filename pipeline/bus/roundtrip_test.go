package bus_test

import (
	"testing"
	"time"

	"earwitness/pipeline/bus"
)

func TestProducedRecordsComeBackInOrder(t *testing.T) {
	client := open(t)
	p := producer(t, client, bus.ProducerConfig{})
	ctx := deadline(t)
	before := time.Now().Truncate(time.Millisecond)
	for partition := range partitions {
		for from := 0; from < 300; from += 100 {
			first, err := p.ProduceSync(ctx, partition, records(partition, from, 100))
			if err != nil {
				t.Fatal(err)
			}
			if first != int64(from) {
				t.Errorf("records %d of partition %d lie at %d", from, partition, first)
			}
		}
	}
	after := time.Now()
	for partition := range partitions {
		reader := bus.NewPartition(client, bus.TopicEvidence, partition, text, bus.PartitionConfig{})
		for _, m := range read(t, reader, partition, 0, 300) {
			if m.Time.Before(before) || m.Time.After(after) {
				t.Errorf("message %d was appended at %v, not between %v and %v", m.Offset, m.Time, before, after)
			}
			if string(m.Key) != "key" {
				t.Errorf("message %d has key %q", m.Offset, m.Key)
			}
		}
	}
}
