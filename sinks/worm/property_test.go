package worm

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Any sequence of writes, seals, restarts, faults and gaps, by two archivers
// at once, gives a store that holds and reads back what came in.
func TestAnySequenceHolds(t *testing.T) {
	worlds := 80
	if testing.Short() {
		worlds = 15
	}
	for seed := range worlds {
		w := newWorld(t, seed)
		for range 30 {
			w.step()
		}
		w.finish()
	}
}

type world struct {
	t        *testing.T
	seed     int
	random   *rand.Rand
	store    *memory
	key      *Key
	archives [2]*Archive[string]
	// topic holds these offsets; the others before its end are lost.
	topic []int64
	end   int64
	kept  [][]byte
}

func newWorld(t *testing.T, seed int) *world {
	w := &world{t: t, seed: seed, random: rand.New(rand.NewPCG(uint64(seed), 3)), store: newMemory(), key: newTestKey(t, "test")}
	for i := range w.archives {
		w.archives[i] = w.newArchive()
	}
	w.store.fault = func(string, string) (bool, error) {
		if w.random.IntN(12) == 0 {
			return w.random.IntN(2) == 0, errDisk
		}
		return true, nil
	}
	return w
}

func (w *world) newArchive() *Archive[string] {
	config := testConfig(w.t, w.store, w.key)
	config.SegmentBytes = int64(200 + w.random.IntN(4000))
	config.BufferBytes = int64(200 + w.random.IntN(4000))
	config.Compression = Compression(w.random.IntN(2))
	config.Attempts = 1 + w.random.IntN(3)
	return newTestArchive(w.t, config)
}

func (w *world) step() {
	i := w.random.IntN(len(w.archives))
	archive := w.archives[i]
	switch w.random.IntN(10) {
	case 0:
		w.archives[i] = w.newArchive()
	case 1:
		known, err := w.key.Verifiers()
		if err != nil {
			w.t.Fatal(err)
		}
		if heads, err := Heads(w.t.Context(), w.store, known); err == nil && len(heads) > 0 {
			w.kept = append(w.kept, heads[0].Note)
		}
	case 2:
		_ = archive.Flush(w.t.Context(), 0) // an error means: read again
	case 3:
		if w.random.IntN(4) == 0 && w.end > 0 {
			w.end += int64(1 + w.random.IntN(30)) // the topic loses offsets
		}
	default:
		for range w.random.IntN(40) {
			w.topic = append(w.topic, w.end)
			w.end++
		}
		w.follow(archive)
	}
}

// follow brings an archive a piece further, from its Position on.
func (w *world) follow(archive *Archive[string]) {
	from, err := archive.Position(w.t.Context(), 0)
	if err != nil {
		return
	}
	from = max(from, 0)
	at, found := slices.BinarySearch(w.topic, from)
	if at == len(w.topic) {
		return
	}
	if !found {
		_ = archive.AcceptGap(w.t.Context(), 0, from, w.topic[at], "the topic lost them")
		return
	}
	end := at
	for end < len(w.topic) && end-at < 60 && w.topic[end] == w.topic[at]+int64(end-at) {
		end++
	}
	_ = archive.Write(w.t.Context(), 0, testChunk(w.topic[at], w.topic[end-1]+1))
}

// finish lets an archive reach the end of the topic without faults, and
// judges what is stored.
func (w *world) finish() {
	w.t.Helper()
	w.store.fault = func(string, string) (bool, error) { return true, nil }
	defer func() {
		if w.t.Failed() {
			w.t.Logf("seed %d", w.seed)
			w.t.FailNow()
		}
	}()
	archive := w.archives[0]
	for next := int64(-1); len(w.topic) > 0 && next <= w.topic[len(w.topic)-1]; {
		w.follow(archive)
		flush(w.t, archive)
		var err error
		if next, err = archive.Position(w.t.Context(), 0); err != nil {
			w.t.Fatal(err)
		}
	}
	if len(w.topic) == 0 {
		return
	}
	var got []int64
	for _, offset := range readBack(w.t, w.store, w.key, testLog()) {
		if _, there := slices.BinarySearch(w.topic, offset); there {
			got = append(got, offset)
		}
	}
	if diff := cmp.Diff(w.topic, got); diff != "" {
		w.t.Error(diff)
	}
	verifyHolds(w.t, w.store, w.key, w.kept...)
}
