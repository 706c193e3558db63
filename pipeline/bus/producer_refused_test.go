package bus_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"earwitness/pipeline/bus"
)

// TestRefusalsThatPass has the leader refuse two of three batches for reasons
// that pass: they are sent again, before what is behind them.
func TestRefusalsThatPass(t *testing.T) {
	for name, code := range map[string]int16{
		"unknown topic":                   3,
		"leader not available":            5,
		"not leader":                      6,
		"timed out":                       7,
		"not enough replicas":             19,
		"not enough replicas, after that": 20,
		"storage error":                   56,
	} {
		t.Run(name, func(t *testing.T) {
			cluster, client := withTopics(t)
			var mu sync.Mutex
			requests := 0
			cluster.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
				cluster.KeepControl()
				mu.Lock()
				defer mu.Unlock()
				request := r.(*kmsg.ProduceRequest)
				if request.Acks != -1 || request.TimeoutMillis < 10000 {
					t.Errorf("acks %d within %d ms were asked for, not -1 within half a minute", request.Acks, request.TimeoutMillis)
				}
				if requests++; requests%3 == 0 {
					return nil, nil, false
				}
				p := kmsg.NewProduceResponseTopicPartition()
				p.Partition, p.ErrorCode = request.Topics[0].Partitions[0].Partition, code
				topic := kmsg.NewProduceResponseTopic()
				topic.Topic = request.Topics[0].Topic
				topic.Partitions = append(topic.Partitions, p)
				answer := request.ResponseKind().(*kmsg.ProduceResponse)
				answer.Topics = append(answer.Topics, topic)
				return answer, nil, true
			})
			p := producer(t, client, bus.ProducerConfig{BatchBytes: 200})
			ctx := deadline(t)
			var acks sync.WaitGroup
			for from := 0; from < 50; from += 5 {
				acks.Add(1)
				if err := p.Produce(ctx, records(1, from, 5), func(err error) {
					if err != nil {
						t.Errorf("records from %d on: %v", from, err)
					}
					acks.Done()
				}); err != nil {
					t.Fatal(err)
				}
			}
			acks.Wait()
			all, err := client.ReadAll(ctx, bus.TopicEvidence, 1)
			if err != nil {
				t.Fatal(err)
			}
			for i, m := range all {
				if want := fmt.Sprintf("1/%d", i); string(m.Value) != want {
					t.Fatalf("message %d is %q, want %q", i, m.Value, want)
				}
			}
			if len(all) != 50 {
				t.Errorf("%d messages are there", len(all))
			}
		})
	}
}
