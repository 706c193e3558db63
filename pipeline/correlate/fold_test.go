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
		f := openFold(t, w.Rules, p, t.TempDir())
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

// foldKilled runs w as foldAll does, but is killed now and then: state since
// the last snapshot is lost, and comes again in other batches.
func foldKilled(t *testing.T, w world, seed uint64) []*access.Record {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 43))
	laid := topicOf(w, rng)
	v := newView(t)
	for p := range laid.partitions {
		dir := t.TempDir()
		f := openFold(t, w.Rules, p, dir)
		end := int64(len(laid.partitions[p]))
		for at := f.Next(); at < end; {
			next := min(at+1+rng.Int64N(9), end)
			if err := f.Apply(laid.chunk(p, at, next)); err != nil {
				t.Fatal(err)
			}
			at = next
			switch rng.IntN(4) {
			case 0: // nothing of the batch was published
			case 1:
				if err := f.Publish(true, v.take); err != nil {
					t.Fatal(err)
				}
				if err := f.Snapshot(); err != nil {
					t.Fatal(err)
				}
			default:
				if err := f.Publish(false, v.take); err != nil {
					t.Fatal(err)
				}
			}
			if rng.IntN(4) == 0 {
				if err := f.Close(); err != nil {
					t.Fatal(err)
				}
				f = openFold(t, w.Rules, p, dir)
				at = f.Next()
			}
		}
		if err := f.Publish(true, v.take); err != nil {
			t.Fatal(err)
		}
	}
	return v.records()
}

func TestFoldKilled(t *testing.T) {
	worlds := uint64(500)
	if testing.Short() {
		worlds = 50
	}
	for seed := range worlds {
		checkWorld(t, randomWorld(seed), func(t *testing.T, w world) []*access.Record { return foldKilled(t, w, seed) })
		if t.Failed() {
			return
		}
	}
}
