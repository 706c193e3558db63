package bus_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"earwitness/pipeline/bus"
)

func TestOffsetsAreKept(t *testing.T) {
	_, client := withTopics(t)
	ctx := deadline(t)
	for _, step := range []struct {
		partition int
		offset    int64
		metadata  string
	}{{0, 7, "first"}, {1, 100, ""}, {0, 8, "second"}, {0, 3, "back"}} {
		if err := client.CommitOffset(ctx, "sink", bus.TopicEvidence, step.partition, step.offset, step.metadata); err != nil {
			t.Fatal(err)
		}
		offset, metadata, err := client.CommittedOffset(ctx, "sink", bus.TopicEvidence, step.partition)
		if err != nil || offset != step.offset || metadata != step.metadata {
			t.Errorf("committed %+v, read %d, %q, %v", step, offset, metadata, err)
		}
	}
	for group, partition := range map[string]int{"sink": 2, "another": 0} {
		offset, metadata, err := client.CommittedOffset(ctx, group, bus.TopicEvidence, partition)
		if err != nil || offset != -1 || metadata != "" {
			t.Errorf("group %s, partition %d: %d, %q, %v, want nothing", group, partition, offset, metadata, err)
		}
	}
}

func TestCoordinatorsThatAreNotReady(t *testing.T) {
	for name, code := range map[string]int16{"loading": 14, "not available": 15, "moved": 16} {
		t.Run(name, func(t *testing.T) {
			cluster, client := withTopics(t)
			ctx := deadline(t)
			var refused atomic.Int32
			cluster.ControlKey(int16(kmsg.OffsetCommit), func(r kmsg.Request) (kmsg.Response, error, bool) {
				cluster.KeepControl()
				if refused.Add(1) > 3 {
					return nil, nil, false
				}
				request := r.(*kmsg.OffsetCommitRequest)
				if request.Generation != -1 || request.MemberID != "" {
					t.Errorf("generation %d, member %q were sent", request.Generation, request.MemberID)
				}
				answer := request.ResponseKind().(*kmsg.OffsetCommitResponse)
				answer.Topics = []kmsg.OffsetCommitResponseTopic{{
					Topic:      request.Topics[0].Topic,
					Partitions: []kmsg.OffsetCommitResponseTopicPartition{{ErrorCode: code}},
				}}
				return answer, nil, true
			})
			if err := client.CommitOffset(ctx, "g", bus.TopicEvidence, 0, 5, ""); err != nil {
				t.Fatal(err)
			}
			short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
			defer cancel()
			refused.Store(-1000)
			err := client.CommitOffset(short, "g", bus.TopicEvidence, 0, 6, "")
			if err == nil || short.Err() == nil || !strings.Contains(err.Error(), "commit offset 6 of earwitness.evidence/0 for group g: attempt ") {
				t.Errorf("without an end: %v", err)
			}
		})
	}
}

// TestOffsetsThatAreNotSettledAreAwaited: a coordinator that has not heard yet
// that its replicas have the last commits is to say so, and is asked again.
func TestOffsetsThatAreNotSettledAreAwaited(t *testing.T) {
	cluster, client := withTopics(t)
	ctx := deadline(t)
	if err := client.CommitOffset(ctx, "g", bus.TopicEvidence, 0, 5, "five"); err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	cluster.ControlKey(int16(kmsg.OffsetFetch), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		request := r.(*kmsg.OffsetFetchRequest)
		if !request.RequireStable {
			t.Error("it takes what is not settled")
		}
		if asked.Add(1) > 3 {
			return nil, nil, false
		}
		answer := request.ResponseKind().(*kmsg.OffsetFetchResponse)
		answer.Topics = []kmsg.OffsetFetchResponseTopic{{
			Topic:      request.Topics[0].Topic,
			Partitions: []kmsg.OffsetFetchResponseTopicPartition{{Offset: -1, ErrorCode: 88}},
		}}
		return answer, nil, true
	})
	offset, metadata, err := client.CommittedOffset(ctx, "g", bus.TopicEvidence, 0)
	if err != nil || offset != 5 || metadata != "five" || asked.Load() != 4 {
		t.Errorf("%d, %q, %v after %d questions", offset, metadata, err, asked.Load())
	}
}
