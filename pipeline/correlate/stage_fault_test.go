package correlate_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"google.golang.org/protobuf/proto"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// with lays a topic down again with more messages at random places.
func (t *topic) with(rng *rand.Rand, count int, add func(t *topic, partition, n int)) *topic {
	mixed := newTopic()
	for p := range t.partitions {
		places := make(map[int]int)
		for range count {
			// The epoch stays first.
			places[1+rng.IntN(len(t.partitions[p]))]++
		}
		n := 0
		for i := 0; i <= len(t.partitions[p]); i++ {
			for range places[i] {
				add(mixed, p, n)
				n++
			}
			if i < len(t.partitions[p]) {
				mixed.add(p, t.values[p][i], t.controls[p][i])
			}
		}
	}
	return mixed
}

func withBarriers(t *topic, rng *rand.Rand) *topic {
	return t.with(rng, 3, func(t *topic, p, n int) {
		barrier := &bus.Control{Body: &bus.Control_Barrier{Barrier: &bus.Barrier{Id: fmt.Appendf(nil, "barrier-%d-%d", p, n)}}}
		t.add(p, nil, barrier)
		t.partitions[p][len(t.partitions[p])-1].Value, _ = barrier.MarshalVT()
	})
}

// TestStageDisturbed: whatever step fails, whether the records that could not
// be acknowledged were written or not, wherever the process dies and its
// state is lost, and whatever was deleted from the topic meanwhile: readers
// end up with what the rules demand.
func TestStageDisturbed(t *testing.T) {
	t.Parallel()
	failed := make(map[string]int)
	for seed := range countWorlds(50, 10) {
		checkWorld(t, randomWorld(seed), func(t *testing.T, w world) []*access.Record {
			t.Helper()
			rng := rand.New(rand.NewPCG(seed, 77))
			r := newStageRun(t, w.Rules, withBarriers(topicOf(w, rng), rng), rng)
			r.faults = 12
			if seed%4 != 0 {
				r.keepPositions()
			}
			for p := range testPartitions {
				r.drive(p, r.disturb)
			}
			for step, n := range r.failed {
				failed[step] += n
			}
			return r.view().records()
		})
		if t.Failed() {
			return
		}
	}
	least := 10
	if countWorlds(50, 10) < 50 {
		least = 1 // a few worlds are there to be quick
	}
	for _, step := range []string{correlate.StepApply, correlate.StepProduce, correlate.StepBarrier, correlate.StepSnapshot, correlate.StepPosition, "produce sync"} {
		if failed[step] < least {
			t.Errorf("step %q failed %d times only, want %d", step, failed[step], least)
		}
	}
}

// TestStageUndisturbedIsTheSame: faults change no revision: record by record
// the last one is that of a run without any, arrival included.
func TestStageUndisturbedIsTheSame(t *testing.T) {
	t.Parallel()
	for seed := range countWorlds(25, 5) {
		w, rng := randomWorld(seed), rand.New(rand.NewPCG(seed, 78))
		laid := withBarriers(topicOf(w, rng), rng)
		calm, mad := newStageRun(t, w.Rules, laid, rng), newStageRun(t, w.Rules, laid, rng)
		mad.faults = 10
		if seed%2 == 1 {
			mad.keepPositions()
		}
		for p := range testPartitions {
			calm.drive(p, func(int) {})
			mad.drive(p, mad.disturb)
		}
		want, got := calm.view().current, mad.view().current
		for id, rec := range want {
			if now := got[id]; now == nil || !proto.Equal(now, rec) {
				t.Fatalf("seed %d: record %x is\n%v\nwant\n%v", seed, id, now, rec)
			}
		}
		for id, rec := range got {
			// What arose and vanished between two publications may have been
			// seen in one run alone, and is void in both.
			if want[id] == nil && rec.State != access.State_STATE_RETRACTED {
				t.Fatalf("seed %d: record %x is not expected: %v", seed, id, rec)
			}
		}
	}
}

// TestStagePoison: evidence that makes the fold panic and messages that are no
// evidence go to the dead letters; the rest goes on as if they had not been.
func TestStagePoison(t *testing.T) {
	t.Parallel()
	for seed := range countWorlds(20, 5) {
		checkWorld(t, randomWorld(seed), func(t *testing.T, w world) []*access.Record {
			t.Helper()
			rng := rand.New(rand.NewPCG(seed, 79))
			want := make(map[evidence.ID]string)
			letter := func(cause string, raw []byte) {
				want[evidence.DeadLetterID(correlate.StageName, cause, sha(raw))] = string(raw)
			}
			laid := topicOf(w, rng).with(rng, 2, func(laid *topic, p, n int) {
				poison := request(fmt.Sprintf("poison-%d-%d", p, n), "10:00:01")
				poison.GetRequest().Identity = []byte{1, 2, 3} // no decoder makes this
				poison.Raw = fmt.Appendf(nil, "poison %d %d", p, n)
				letter("panic", poison.Raw)
				laid.add(p, poison, nil)
			})
			var garbage [testPartitions]map[int64]bool
			laid = laid.with(rng, 2, func(laid *topic, p, n int) {
				// The control stands in for what can't be decoded.
				laid.add(p, nil, &bus.Control{})
				m := &laid.partitions[p][len(laid.partitions[p])-1]
				m.Key, m.Value = []byte("key"), fmt.Appendf(nil, "garbage %d %d", p, n)
				letter("undecodable", m.Value)
				if garbage[p] == nil {
					garbage[p] = make(map[int64]bool)
				}
				garbage[p][m.Offset] = true
			})
			r := newStageRun(t, w.Rules, laid, rng)
			r.undecodable = garbage
			r.faults = 25
			if seed%2 == 1 {
				r.keepPositions()
			}
			for p := range testPartitions {
				r.drive(p, r.disturb)
			}
			r.wantLetters(want)
			return r.view().records()
		})
		if t.Failed() {
			return
		}
	}
}

// wantLetters compares dead letters by identity: one may come again.
func (r *stageRun) wantLetters(want map[evidence.ID]string) {
	r.t.Helper()
	got := make(map[evidence.ID]string)
	for p := range testPartitions {
		for _, record := range r.dead.take(p) {
			letter, err := bus.DecodeDeadLetter(&bus.Message{Key: record.Key, Value: record.Value})
			if err != nil {
				r.t.Fatal(err)
			}
			got[evidence.ID(letter.Id)] = string(letter.Raw)
			if letter.Stage != correlate.StageName || letter.Detail == "" || letter.Origin.GetUri() == "" {
				r.t.Errorf("the dead letter is %v", letter)
			}
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		r.t.Errorf("dead letters are %q, want %q", got, want)
	}
}
