package worm

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/bus"
)

var _ bus.Sink[string] = (*Archive[string])(nil)

func testLineage() [16]byte { return [16]byte{0: 0xea, 1: 0x12, 15: 0x01} }

func newTestKey(t testing.TB, name string) *Key {
	t.Helper()
	key, err := GenerateKey(name)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newTestDir(t testing.TB) *Directory {
	t.Helper()
	dir, err := OpenDir(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func testConfig(t testing.TB, store Store, key *Key) Config[string] {
	t.Helper()
	known, err := key.Verifiers()
	if err != nil {
		t.Fatal(err)
	}
	return Config[string]{
		Store: store, Signer: key, Known: known, Lineage: testLineage(), Topic: "earwitness.evidence",
		Logger: slog.New(slog.DiscardHandler), Backoff: time.Microsecond,
		Now: func() time.Time { return time.UnixMilli(1_700_000_000_000) },
	}
}

func newTestArchive(t testing.TB, config Config[string]) *Archive[string] {
	t.Helper()
	archive, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return archive
}

func testLog() Log { return Log{Lineage: testLineage(), Topic: "earwitness.evidence"} }

// testMessage depends on its offset alone.
func testMessage(offset int64) bus.Message {
	return bus.Message{
		Offset: offset,
		Time:   time.UnixMilli(1_600_000_000_000 + offset*7).UTC(),
		Key:    fmt.Appendf(nil, "subject-%d", offset%5),
		Value:  fmt.Appendf(nil, "evidence number %d: %s", offset, strings.Repeat("bytes ", int(offset%9))),
	}
}

func testChunk(first, next int64) *bus.Chunk[string] {
	chunk := &bus.Chunk[string]{Next: next, End: next}
	for offset := first; offset < next; offset++ {
		chunk.Messages = append(chunk.Messages, testMessage(offset))
	}
	n := len(chunk.Messages)
	chunk.Values, chunk.Controls, chunk.Errs = make([]string, n), make([]*bus.Control, n), make([]error, n)
	return chunk
}

func write(t testing.TB, archive *Archive[string], first, next int64) {
	t.Helper()
	if err := archive.Write(t.Context(), 0, testChunk(first, next)); err != nil {
		t.Fatal(err)
	}
}

func flush(t testing.TB, archive *Archive[string]) {
	t.Helper()
	if err := archive.Flush(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
}

func wantPosition(t testing.TB, archive *Archive[string], want int64) {
	t.Helper()
	got, err := archive.Position(t.Context(), 0)
	if err != nil || got != want {
		t.Fatalf("position is %d, %v; want %d", got, err, want)
	}
}

func TestPositionSaysWhatIsSealed(t *testing.T) {
	store, key := newTestDir(t), newTestKey(t, "test")
	archive := newTestArchive(t, testConfig(t, store, key))
	wantPosition(t, archive, -1)
	write(t, archive, 0, 10)
	wantPosition(t, archive, -1)
	flush(t, archive)
	wantPosition(t, archive, 10)
	write(t, archive, 5, 15)
	flush(t, archive)
	wantPosition(t, archive, 15)
	wantPosition(t, newTestArchive(t, testConfig(t, store, key)), 15)
	if diff := cmp.Diff([]string{testLog().Object(0), testLog().Object(10)}, objectNames(t, store)); diff != "" {
		t.Fatal(diff)
	}
}

func objectNames(t testing.TB, store Store) []string {
	t.Helper()
	var names []string
	err := store.List(context.Background(), "", "", func(o Object) error {
		names = append(names, o.Name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
