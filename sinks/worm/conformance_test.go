package worm

import (
	"fmt"
	"log/slog"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/sinks/sinktest"
)

// conforming makes the archive of one topic a subject of the suite.
func conforming[T any](t *testing.T, topic string, keep func(int, *bus.Chunk[T]) bool,
	message func(partition int, offset int64) (bus.Message, T, bool),
) *sinktest.Subject[T] {
	key := newTestKey(t, "test")
	known, err := key.Verifiers()
	if err != nil {
		t.Fatal(err)
	}
	s := &sinktest.Subject[T]{Partitions: 3, Messages: 120}
	s.Message = func(partition int, offset int64) (bus.Message, T) {
		m, value, _ := message(partition, offset)
		return m, value
	}
	s.Open = func(tb testing.TB, dir string) bus.Sink[T] {
		store, err := OpenDir(dir, slog.New(slog.DiscardHandler))
		if err != nil {
			tb.Fatal(err)
		}
		archive, err := New(Config[T]{
			Store: store, Signer: key, Known: known, Lineage: testLineage(), Topic: topic, Keep: keep,
			Logger: slog.New(slog.DiscardHandler), SegmentBytes: 4000, HintDir: dir + "-hints",
		})
		if err != nil {
			tb.Fatal(err)
		}
		return archive
	}
	// There is nothing to stop: what is not sealed is lost either way.
	s.Stop = func(testing.TB, bus.Sink[T], bool) {}
	s.Holds = func(tb testing.TB, sink bus.Sink[T]) []string {
		store := sink.(*Archive[T]).config.Store
		verifyHolds(tb, store, key)
		return held(tb, store, known)
	}
	s.Want = func(_ testing.TB, counts []int64) []string {
		var want []string
		for p, count := range counts {
			for offset := range count {
				if m, _, kept := message(p, offset); kept {
					want = append(want, fmt.Sprintf("%d %d %s %s", p, offset, m.Key, m.Value))
				}
			}
		}
		return want
	}
	return s
}

func held(tb testing.TB, store Store, known note.Verifiers) []string {
	tb.Helper()
	reader, err := NewReader(store, known)
	if err != nil {
		tb.Fatal(err)
	}
	logs, err := reader.Logs(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	var list []string
	for _, log := range logs {
		err := reader.Read(tb.Context(), log, 0, func(r Record) error {
			m := r.Message
			list = append(list, fmt.Sprintf("%d %d %s %s", log.Partition, m.Offset, m.Key, m.Value))
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return list
}

func TestConformance(t *testing.T) {
	t.Run("complete", func(t *testing.T) {
		sinktest.Run(t, conforming(t, "earwitness.evidence", nil,
			func(partition int, offset int64) (bus.Message, string, bool) {
				m := testMessage(offset)
				m.Key = fmt.Appendf(nil, "p%d", partition)
				return m, "", true
			}))
	})
	t.Run("filtered", func(t *testing.T) {
		sinktest.Run(t, conforming(t, "earwitness.access", KeepSettled,
			func(partition int, offset int64) (bus.Message, *access.Record, bool) {
				state := access.State(1 + (offset*7+int64(partition))%3)
				return testMessage(offset), &access.Record{State: state}, state != access.State_STATE_PENDING
			}))
	})
}
