package index

import (
	"context"
	"testing"

	"earwitness/pipeline/access"
)

// TestMoved is a request that a line of the log puts on the day before the
// one that CloudTrail put it on: it stands on one day alone, whatever the
// transactions and after a compaction.
func TestMoved(t *testing.T) {
	for name, together := range map[string]bool{"in one transaction": true, "one after the other": false} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			x := openIndex(t, dir)
			first, second := makeRequest(1, 1), makeRequest(1, 2)
			first.TimeMs, second.TimeMs = firstDay+dayMillis+1000, firstDay+dayMillis-1000
			second.MovedFromMs = []int64{first.TimeMs}
			if together {
				writeAll(t, x, 0, makeChunk(t, 0, first, second))
			} else {
				writeAll(t, x, 0, makeChunk(t, 0, first))
				writeAll(t, x, 0, makeChunk(t, 1, second))
			}
			// What comes again, late, is older than the tombstone.
			writeAll(t, x, 1, makeChunk(t, 0, first))
			check := func(when string) {
				reader, err := OpenReader(context.Background(), testConfig(dir).Path)
				if err != nil {
					t.Fatal(err)
				}
				defer reader.Close() //nolint:errcheck // a reader
				var found []*access.Record
				err = reader.All(context.Background(), func(r *access.Record) error {
					found = append(found, r)
					return nil
				})
				if err != nil || len(found) != 1 || found[0].TimeMs != second.TimeMs {
					t.Errorf("%s: %d records, %v: %v", when, len(found), err, found)
				}
			}
			check("written")
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
			check("closed")
		})
	}
}
