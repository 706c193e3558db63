package correlate_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// tellings are the records that each offset of a partition touches, by id,
// as they are then.
func tellings(t *testing.T, rules correlate.Rules, laid *topic, partition int, restarts bool) []map[string]*access.Record {
	t.Helper()
	dir := t.TempDir()
	f := openFold(t, rules, partition, dir)
	var all []map[string]*access.Record
	for at := range int64(len(laid.partitions[partition])) {
		told := newView(t)
		if err := f.Apply(laid.chunk(partition, at, at+1)); err != nil {
			t.Fatal(err)
		}
		if err := f.Publish(true, told.take); err != nil {
			t.Fatal(err)
		}
		all = append(all, told.current)
		if !restarts {
			continue
		}
		if err := f.Snapshot(); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		f = openFold(t, rules, partition, dir)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return all
}

// checkRestarts: a fold that is opened anew behind each offset tells of the
// same records at each, with the same words, as one that never was.
func checkRestarts(t *testing.T, name string, rules correlate.Rules, laid *topic) {
	t.Helper()
	for p := range laid.partitions {
		calm, restarted := tellings(t, rules, laid, p, false), tellings(t, rules, laid, p, true)
		for at := range calm {
			for id, want := range calm[at] {
				if got := restarted[at][id]; !proto.Equal(got, want) {
					t.Fatalf("%s, partition %d: after restarts offset %d tells\n%v\nwant\n%v", name, p, at, got, want)
				}
			}
			for id, got := range restarted[at] {
				if calm[at][id] == nil {
					t.Fatalf("%s, partition %d: after restarts alone offset %d tells\n%v", name, p, at, got)
				}
			}
		}
	}
}

// withEpochs adds epochs in which other sources count: coverage goes back,
// and on again.
func withEpochs(t *topic, rng *rand.Rand, sources []string) *topic {
	number := make(map[int]uint64)
	return t.with(rng, 2, func(t *topic, p, n int) {
		number[p]++
		now := sources
		if n%2 == 0 {
			now = append([]string{"another"}, sources...)
		}
		t.add(p, nil, &bus.Control{Body: &bus.Control_Epoch{Epoch: &bus.Epoch{
			Number: 1 + number[p], Lineage: t.controls[p][0].GetEpoch().Lineage, Sources: now, Reason: correlate.ReasonSources,
		}}})
	})
}

// TestFoldRestartsTouchTheSame: which records an offset touches follows from
// the log alone, in each random world; some lose what their horizon has
// passed, and some change their sources.
func TestFoldRestartsTouchTheSame(t *testing.T) {
	t.Parallel()
	for seed := range countWorlds(15, 5) {
		w, rng := randomWorld(seed), rand.New(rand.NewPCG(seed, 80))
		laid := withBarriers(topicOf(w, rng), rng)
		if seed%3 == 1 {
			w.Rules.Horizon = 20 * time.Second // a message is appended each second
		}
		if seed%3 == 2 {
			laid = withEpochs(laid, rng, w.Sources)
		}
		checkRestarts(t, w.Name, w.Rules, laid)
	}
}

// TestFoldActMoved: an act whose time a better piece moves waits for
// its new time alone. What it waited for before is gone behind a restart, so
// it must touch nothing.
func TestFoldActMoved(t *testing.T) {
	t.Parallel()
	rules := smallRules()
	settled := max(rules.SessionGap, rules.Before, rules.After)
	first, moved := act("a", "10:00:00").GetAct(), act("a", "10:05:00").GetAct()
	laid := newTopic()
	laid.epoch(1, []string{"all"})
	laid.add(0, actPiece(first, evidence.Kind_KIND_FILE, "a"), nil)
	laid.add(0, actPiece(moved, evidence.Kind_KIND_PLATFORM_QUERY, "a"), nil)
	laid.coverage("all", time.UnixMilli(first.TimeMs).Add(settled+time.Second))
	laid.coverage("all", time.UnixMilli(moved.TimeMs).Add(settled+time.Second))
	told := tellings(t, rules, laid, 0, false)
	if len(told[3]) != 0 || len(told[4]) != 1 {
		t.Errorf("%d records came again when the first time was covered, %d at the new one, want 0 and 1", len(told[3]), len(told[4]))
	}
	checkRestarts(t, "an act that moved", rules, laid)
}
