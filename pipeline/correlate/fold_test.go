package correlate_test

import (
	"flag"
	"math/rand/v2"
	"testing"

	"earwitness/pipeline/access"
	"earwitness/pipeline/correlate"
)

// worlds, when set, is how many random worlds each test looks at.
var worlds = flag.Uint64("worlds", 0, "how many random worlds to hold the fold against the oracle in")

func countWorlds(usual, short uint64) uint64 {
	switch {
	case *worlds > 0:
		return *worlds
	case testing.Short():
		return short
	}
	return usual
}

// foldTopic runs a topic through folds in batches of random size, and gives
// what a reader ends up with. With kills the folds lose now and then what
// they have done since their last snapshot, which then comes again in other
// batches.
func foldTopic(t *testing.T, w world, laid *topic, rng *rand.Rand, kills bool) []*access.Record {
	t.Helper()
	v := newView(t)
	for p := range laid.partitions {
		r := &foldRun{t: t, w: w, laid: laid, partition: p, rng: rng, view: v, dir: t.TempDir()}
		r.fold = openFold(t, w.Rules, p, r.dir)
		for r.fold.Next() < int64(len(laid.partitions[p])) {
			r.step()
			if kills {
				r.disturb()
			}
		}
		r.publish(true)
	}
	return v.records()
}

type foldRun struct {
	t         *testing.T
	w         world
	laid      *topic
	partition int
	rng       *rand.Rand
	view      *view
	dir       string
	fold      *correlate.Fold
}

func (r *foldRun) step() {
	r.t.Helper()
	at := r.fold.Next()
	next := min(at+1+r.rng.Int64N(9), int64(len(r.laid.partitions[r.partition])))
	if err := r.fold.Apply(r.laid.chunk(r.partition, at, next)); err != nil {
		r.t.Fatal(err)
	}
	if r.rng.IntN(4) > 0 {
		r.publish(false)
	}
}

func (r *foldRun) publish(all bool) {
	r.t.Helper()
	if err := r.fold.Publish(all, r.view.take); err != nil {
		r.t.Fatal(err)
	}
}

// disturb writes a snapshot, is killed, or both.
func (r *foldRun) disturb() {
	r.t.Helper()
	if r.rng.IntN(4) == 0 {
		r.publish(true)
		if err := r.fold.Snapshot(); err != nil {
			r.t.Fatal(err)
		}
	}
	if r.rng.IntN(4) == 0 {
		if err := r.fold.Close(); err != nil {
			r.t.Fatal(err)
		}
		r.fold = openFold(r.t, r.w.Rules, r.partition, r.dir)
	}
}

// foldAll judges w by a fold, with or without kills, in an order of its own.
func foldAll(seed uint64, kills bool) func(*testing.T, world) []*access.Record {
	return func(t *testing.T, w world) []*access.Record {
		t.Helper()
		rng := rand.New(rand.NewPCG(seed, 42))
		return foldTopic(t, w, topicOf(w, rng), rng, kills)
	}
}

// TestRulesFold checks each row of the rules against the fold.
func TestRulesFold(t *testing.T) { runRules(t, foldAll(1, false)) }

// TestFoldRandomWorlds holds the fold against the oracle, in any order and
// any cut.
func TestFoldRandomWorlds(t *testing.T) {
	for seed := range countWorlds(400, 100) {
		checkWorld(t, randomWorld(seed), foldAll(seed, false))
		if t.Failed() {
			return
		}
	}
}

// TestFoldKilled does so with restarts at any moment.
func TestFoldKilled(t *testing.T) {
	for seed := range countWorlds(150, 30) {
		checkWorld(t, randomWorld(seed), foldAll(seed, true))
		if t.Failed() {
			return
		}
	}
}
