package elastic

import (
	"testing"

	"go.uber.org/goleak"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/sinks/sinktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// conformanceRecord gives offset's record: 30 records a partition, their
// revisions out of order, some retracted.
func conformanceRecord(partition int, offset int64) *access.Record {
	revision := uint64(1 + offset*37%200)
	r := makeRecord(partition*300+int(offset*11%30), revision)
	if revision%5 == 0 {
		r.State = access.State_STATE_RETRACTED
	}
	return r
}

func conformanceRecords(counts []int64) []*access.Record {
	var records []*access.Record
	for p, n := range counts {
		for offset := range n {
			records = append(records, conformanceRecord(p, offset))
		}
	}
	return records
}

// TestConformance runs the suite of all sinks: what outlives a sink is the
// fake and what the bus keeps.
func TestConformance(t *testing.T) {
	type world struct {
		fake   *fake
		memory *memory
	}
	worlds, of := map[string]world{}, map[bus.Sink[*access.Record]]world{}
	sinktest.Run(t, &sinktest.Subject[*access.Record]{
		Partitions: 3,
		Messages:   150,
		Message: func(partition int, offset int64) (bus.Message, *access.Record) {
			r := conformanceRecord(partition, offset)
			c := makeChunk(t, offset, r)
			return c.Messages[0], r
		},
		Open: func(_ testing.TB, dir string) bus.Sink[*access.Record] {
			w, ok := worlds[dir]
			if !ok {
				w = world{newFake(t), newMemory()}
				worlds[dir] = w
			}
			s, err := Open(t.Context(), testConfig(w.fake.URL, w.memory))
			if err != nil {
				t.Fatal(err)
			}
			of[s] = w
			return s
		},
		// Close waits for nothing that is under way, so it is a crash.
		Stop: func(tb testing.TB, s bus.Sink[*access.Record], _ bool) {
			if err := s.(*Sink).Close(); err != nil {
				tb.Fatal(err)
			}
		},
		Holds: func(_ testing.TB, s bus.Sink[*access.Record]) []string { return of[s].fake.held() },
		Want: func(_ testing.TB, counts []int64) []string {
			return wantHeld(conformanceRecords(counts)...)
		},
	})
}
