package correlate_test

import (
	"math/rand/v2"
	"testing"

	"earwitness/pipeline/access"
)

// foldAll runs w through folds in batches of random size, and gives what a
// reader ends up with.
func foldAll(t *testing.T, w world, seed uint64) []*access.Record {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 42))
	laid := topicOf(w, rng)
	v := newView(t)
	for p := range laid.partitions {
		f := openFold(t, w.Rules, p, "")
		end := int64(len(laid.partitions[p]))
		for at := int64(0); at < end; {
			next := min(at+1+rng.Int64N(9), end)
			if err := f.Apply(laid.chunk(p, at, next)); err != nil {
				t.Fatal(err)
			}
			if err := f.Publish(next == end, v.take); err != nil {
				t.Fatal(err)
			}
			at = next
		}
	}
	return v.records()
}

func TestRulesFold(t *testing.T) {
	runRules(t, func(t *testing.T, w world) []*access.Record { return foldAll(t, w, 1) })
}

func TestFoldRandomWorlds(t *testing.T) {
	worlds := uint64(1000)
	if testing.Short() {
		worlds = 200
	}
	for seed := range worlds {
		checkWorld(t, randomWorld(seed), func(t *testing.T, w world) []*access.Record { return foldAll(t, w, seed) })
		if t.Failed() {
			return
		}
	}
}
