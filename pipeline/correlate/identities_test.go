package correlate

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"earwitness/pipeline/evidence"
)

// TestIdentities holds it against a map, over random additions and removals.
func TestIdentities(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test repeats
	requests := &table[request]{}
	x := newIdentities(requests)
	want := make(map[evidence.ID]uint32)
	idOf := func(n int) (id evidence.ID) {
		binary.BigEndian.PutUint64(id[8:], uint64(n)+1)
		return id
	}
	for step := range 200_000 {
		// First it mostly grows, then it mostly shrinks.
		id := idOf(r.IntN(5000))
		ref, known := want[id]
		if got, found := x.find(id); found != known || known && got != ref {
			t.Fatalf("step %d: %d %t is found, want %d %t", step, got, found, ref, known)
		}
		switch grows := r.IntN(100) < 80-step/3000; {
		case known && !grows:
			x.remove(ref)
			requests.drop(ref)
			delete(want, id)
		case !known && grows:
			ref = requests.take()
			requests.at(ref).id = id
			x.add(ref)
			want[id] = ref
		}
		if x.len() != len(want) {
			t.Fatalf("step %d: it has %d, want %d", step, x.len(), len(want))
		}
	}
	seen := 0
	x.each(func(ref uint32) {
		if seen++; want[requests.at(ref).id] != ref {
			t.Errorf("it has %d for %v", ref, requests.at(ref).id)
		}
	})
	if seen != len(want) || seen == 0 {
		t.Errorf("each gives %d of %d", seen, len(want))
	}
	for id, ref := range want {
		if got, found := x.find(id); !found || got != ref {
			t.Errorf("%v is not found", id)
		}
	}
}

func BenchmarkIdentities(b *testing.B) {
	const n = 1 << 20
	requests := &table[request]{}
	ids := make([]evidence.ID, n)
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a benchmark repeats
	for i := range ids {
		binary.BigEndian.PutUint64(ids[i][:], r.Uint64())
		ref := requests.take()
		requests.at(ref).id = ids[i]
	}
	b.Run("ours", func(b *testing.B) {
		for b.Loop() {
			x := newIdentities(requests)
			for ref := range uint32(n) {
				x.add(ref)
			}
			for i := range ids {
				x.find(ids[i])
			}
		}
	})
	b.Run("map", func(b *testing.B) {
		for b.Loop() {
			x := make(map[evidence.ID]uint32)
			for ref := range uint32(n) {
				x[requests.at(ref).id] = ref
			}
			for i := range ids {
				_ = x[ids[i]]
			}
		}
	})
}
