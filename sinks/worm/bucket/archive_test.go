package bucket

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"earwitness/pipeline/bus"
	"earwitness/sinks/sinktest"
	"earwitness/sinks/worm"
)

const testTopic = "earwitness.evidence"

// trail archives one topic in a bucket.
type trail struct {
	key   *worm.Key
	known note.Verifiers
}

func newTrail(t testing.TB) trail {
	t.Helper()
	key, err := worm.GenerateKey("test")
	if err != nil {
		t.Fatal(err)
	}
	known, err := key.Verifiers()
	if err != nil {
		t.Fatal(err)
	}
	return trail{key: key, known: known}
}

func (a trail) archive(t testing.TB, store worm.Store) *worm.Archive[string] {
	t.Helper()
	archive, err := worm.New(worm.Config[string]{
		Store: store, Signer: a.key, Known: a.known, Lineage: testLog(0).Lineage, Topic: testTopic,
		Logger: slog.New(slog.DiscardHandler), SegmentBytes: 16000, Backoff: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	return archive
}

func (a trail) verify(t testing.TB, store worm.Store, kept ...[]byte) worm.Report {
	t.Helper()
	report, err := worm.Verify(t.Context(), store, a.known, worm.VerifyOptions{Checkpoints: kept})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// held gives every record of a store.
func (a trail) held(t testing.TB, store worm.Store) []string {
	t.Helper()
	reader, err := worm.NewReader(store, a.known)
	if err != nil {
		t.Fatal(err)
	}
	logs, err := reader.Logs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, log := range logs {
		err := reader.Read(t.Context(), log, 0, func(r worm.Record) error {
			list = append(list, line(log.Partition, &r.Message))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return list
}

func line(partition int, m *bus.Message) string {
	return fmt.Sprintf("%d %d %s %s", partition, m.Offset, m.Key, m.Value)
}

func testLog(partition int) worm.Log {
	return worm.Log{Lineage: [16]byte{0: 0xea, 1: 0x12, 15: 1}, Topic: testTopic, Partition: partition}
}

func testMessage(offset int64) bus.Message {
	return bus.Message{
		Offset: offset, Time: time.UnixMilli(1_600_000_000_000 + offset*7).UTC(),
		Key: fmt.Appendf(nil, "subject-%d", offset%5), Value: fmt.Appendf(nil, "evidence number %d", offset),
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

// conforming makes the archive in a bucket a subject of the suite; config is
// that of the bucket's root.
func conforming(t *testing.T, config Config) *sinktest.Subject[string] {
	a := newTrail(t)
	s := &sinktest.Subject[string]{Partitions: 3, Messages: 120}
	stores := map[bus.Sink[string]]*Store{}
	s.Message = func(_ int, offset int64) (bus.Message, string) { return testMessage(offset), "" }
	s.Open = func(tb testing.TB, dir string) bus.Sink[string] {
		config := config
		config.Prefix = strings.Trim(dir, "/")
		store, err := Open(tb.Context(), config)
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(store.Close)
		archive := a.archive(tb, store)
		stores[archive] = store
		return archive
	}
	// There is nothing to stop: what is not sealed is lost either way.
	s.Stop = func(testing.TB, bus.Sink[string], bool) {}
	s.Holds = func(tb testing.TB, sink bus.Sink[string]) []string {
		store := stores[sink]
		if report := a.verify(tb, store); !report.Holds() {
			tb.Errorf("found %v, not read %v", report.Findings, report.Unread)
		}
		return a.held(tb, store)
	}
	s.Want = func(_ testing.TB, counts []int64) []string {
		var want []string
		for p, count := range counts {
			for offset := range count {
				m := testMessage(offset)
				want = append(want, line(p, &m))
			}
		}
		return want
	}
	return s
}

func TestConformance(t *testing.T) {
	_, server := newFake(t)
	sinktest.Run(t, conforming(t, fakeConfig(server.URL)))
}
