package bus_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"earwitness/pipeline/bus"
)

// answerFetch has the next n fetches answered by answer.
func answerFetch(cluster *kfake.Cluster, n int, answer func(*kmsg.FetchResponseTopicPartition)) *atomic.Int32 {
	asked := &atomic.Int32{}
	refuse(cluster, kmsg.Fetch, n, func(r kmsg.Request) kmsg.Response {
		asked.Add(1)
		request := r.(*kmsg.FetchRequest)
		p := kmsg.NewFetchResponseTopicPartition()
		p.Partition = request.Topics[0].Partitions[0].Partition
		answer(&p)
		t := kmsg.NewFetchResponseTopic()
		t.Topic = request.Topics[0].Topic
		t.Partitions = append(t.Partitions, p)
		response := r.ResponseKind().(*kmsg.FetchResponse)
		response.Topics = append(response.Topics, t)
		return response
	})
	return asked
}

// A new leader tells an end below what was read from the one before, until the
// other replicas have asked it.
func TestANewLeaderIsBehindForAMoment(t *testing.T) {
	cluster, client := withTopics(t)
	ctx := deadline(t)
	p := producer(t, client, bus.ProducerConfig{})
	if _, err := p.ProduceSync(ctx, 1, records(1, 0, 20)); err != nil {
		t.Fatal(err)
	}
	asked := answerFetch(cluster, 2, func(p *kmsg.FetchResponseTopicPartition) { p.HighWatermark = 5 })
	reader := bus.NewPartition(client, bus.TopicEvidence, 1, text, bus.PartitionConfig{})
	read(t, reader, 1, 10, 10)
	if asked.Load() != 2 {
		t.Errorf("the leader was asked %d times while it was behind", asked.Load())
	}
}

// A broker that was cut off takes itself for the leader, and does not have
// what was read from the next one.
func TestAnOldLeaderIsNotBelieved(t *testing.T) {
	cluster, client := withTopics(t)
	ctx := deadline(t)
	p := producer(t, client, bus.ProducerConfig{})
	if _, err := p.ProduceSync(ctx, 1, records(1, 0, 20)); err != nil {
		t.Fatal(err)
	}
	answerFetch(cluster, 1, func(p *kmsg.FetchResponseTopicPartition) { p.ErrorCode = 1 })
	// It is asked for each bound by itself.
	refuse(cluster, kmsg.ListOffsets, 2, func(r kmsg.Request) kmsg.Response {
		request := r.(*kmsg.ListOffsetsRequest)
		response := r.ResponseKind().(*kmsg.ListOffsetsResponse)
		t := kmsg.NewListOffsetsResponseTopic()
		t.Topic = request.Topics[0].Topic
		for _, asked := range request.Topics[0].Partitions {
			p := kmsg.NewListOffsetsResponseTopicPartition()
			p.Partition = asked.Partition
			if p.Offset = 5; asked.Timestamp == -2 {
				p.Offset = 0
			}
			t.Partitions = append(t.Partitions, p)
		}
		response.Topics = append(response.Topics, t)
		return response
	})
	reader := bus.NewPartition(client, bus.TopicEvidence, 1, text, bus.PartitionConfig{})
	_, err := reader.Next(ctx, 10)
	if err == nil || !strings.Contains(err.Error(), "bounds are moving") {
		t.Errorf("from the old leader: %v", err)
	}
	read(t, reader, 1, 10, 10)
}
