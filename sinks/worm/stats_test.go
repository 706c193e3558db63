package worm

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What is counted is what lies in the store.
func TestStats(t *testing.T) {
	store := newTestDir(t)
	config := testConfig(t, store, newTestKey(t, "test"))
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	config.Now = func() time.Time { return at }
	archive := newTestArchive(t, config)
	if diff := cmp.Diff(Stats{Sealed: map[int]int64{}}, archive.Stats()); diff != "" {
		t.Errorf("before anything came (-want +got):\n%s", diff)
	}
	write(t, archive, 0, 10)
	if got := archive.Stats(); got.Gathered == 0 || got.Segments != 0 || got.Sealed[0] != -1 {
		t.Errorf("with something gathered: %+v", got)
	}
	flush(t, archive)
	size := uint64(0)
	for _, name := range objectNames(t, store) {
		info, err := os.Stat(filepath.Join(store.root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		size += uint64(info.Size())
	}
	if diff := cmp.Diff(Stats{Segments: 1, Bytes: size, LastSealed: at, Sealed: map[int]int64{0: 10}}, archive.Stats()); diff != "" {
		t.Errorf("with one segment (-want +got):\n%s", diff)
	}
}
