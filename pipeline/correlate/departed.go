package correlate

import (
	"encoding/binary"
	"slices"

	"earwitness/pipeline/evidence"
)

// departed remembers what left the horizon, 8 bytes for each request, act and
// group, so that a late line is told from a new one: it must neither shrink
// nor contradict the record that stands. Sorted runs, each at least twice as
// long as the next; two identities share 8 bytes once in 10^11 lookups among
// a hundred million.
type departed struct{ runs [][]uint64 }

func shortOf(id evidence.ID) uint64 { return binary.LittleEndian.Uint64(id[:]) }

func (d *departed) has(id evidence.ID) bool {
	for _, run := range d.runs {
		if _, found := slices.BinarySearch(run, shortOf(id)); found {
			return true
		}
	}
	return false
}

// add takes a batch, which it keeps.
func (d *departed) add(batch []uint64) {
	if len(batch) == 0 {
		return
	}
	slices.Sort(batch)
	d.runs = append(d.runs, batch)
	for n := len(d.runs); n > 1 && len(d.runs[n-2]) < 2*len(d.runs[n-1]); n = len(d.runs) {
		d.runs = append(d.runs[:n-2], mergeRuns(d.runs[n-2], d.runs[n-1]))
	}
}

func mergeRuns(a, b []uint64) []uint64 {
	merged := make([]uint64, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0] <= b[0] {
			merged, a = append(merged, a[0]), a[1:]
		} else {
			merged, b = append(merged, b[0]), b[1:]
		}
	}
	return append(append(merged, a...), b...)
}
