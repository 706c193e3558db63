package index

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/sinks/sinktest"
)

// conformanceRecord gives offset's record: 30 records a partition, of both
// kinds, their revisions out of order, some retracted.
func conformanceRecord(partition int, offset int64) *access.Record {
	n := partition*100 + int(offset*11%30)
	revision := uint64(1 + offset*37%200)
	var r *access.Record
	if n%3 == 0 {
		r = makeAccess(n, revision)
	} else {
		r = makeRequest(n, revision)
		r.AccessId = makeID("access", int(offset)%4)
	}
	if revision%5 == 0 {
		r.State = access.State_STATE_RETRACTED
	}
	return r
}

func TestConformance(t *testing.T) {
	sinktest.Run(t, &sinktest.Subject[*access.Record]{
		Partitions: 3,
		Messages:   150,
		Message: func(partition int, offset int64) (bus.Message, *access.Record) {
			r := conformanceRecord(partition, offset)
			data, err := r.MarshalVT()
			if err != nil {
				t.Fatal(err)
			}
			return bus.Message{Offset: offset, Key: []byte(r.SubjectId), Value: data}, r
		},
		Open: func(tb testing.TB, dir string) bus.Sink[*access.Record] {
			cfg := testConfig(dir)
			cfg.Partitions = 3
			x, err := Open(context.Background(), cfg)
			if err != nil {
				tb.Fatal(err)
			}
			return x
		},
		// Close waits for nothing that is queued, so it is a crash.
		Stop: func(tb testing.TB, sink bus.Sink[*access.Record], _ bool) {
			if err := sink.(*Index).Close(); err != nil {
				tb.Fatal(err)
			}
		},
		Holds: func(tb testing.TB, sink bus.Sink[*access.Record]) []string {
			lines := holdings(tb, sink.(*Index).Reader)
			slices.Sort(lines)
			return lines
		},
		Want: wantConformance,
	})
}

func wantConformance(_ testing.TB, counts []int64) []string {
	newest := map[string]*access.Record{}
	for p, n := range counts {
		for offset := range n {
			r := conformanceRecord(p, offset)
			key := hex.EncodeToString(r.Id)
			if old := newest[key]; old == nil || r.Arrival.Revision > old.Arrival.Revision {
				newest[key] = r
			}
		}
	}
	var lines []string
	for key, r := range newest {
		if r.State != access.State_STATE_RETRACTED {
			lines = append(lines, fmt.Sprintf("%s %d", key, r.Arrival.Revision))
		}
	}
	slices.Sort(lines)
	return lines
}
