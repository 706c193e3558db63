package index

import "earwitness/pipeline/access"

const dayMillis = 24 * 60 * 60 * 1000

// dayBits shift a day above the sequence in a rowid.
const dayBits = 40

// dayOf is the number of the UTC day, from 1970 on, that ms lies in. Times
// before are held to be of the first day: they come from broken clocks.
func dayOf(ms int64) int64 {
	return min(max(ms/dayMillis, 0), 1<<22)
}

// rows are the records of one transaction, the highest revision of each.
type rows struct {
	floor      int64
	requests   []request
	requestAt  map[place]int
	accesses   []accessRow
	accessAt   map[id]int
	terms      []term
	termBuffer []uint64
}

// place of a request: one that has moved stands on several days, as a
// tombstone on all but one.
type place struct {
	day int64
	id  id
}

// accessRow is an access on its way into its tables.
type accessRow struct {
	record *access.Record
	day    int64
	id     id
	data   []byte
}

// term is one thing that an access can be found by.
type term struct {
	day  int64
	hash uint64
	id   id
}

func newRows() *rows {
	return &rows{requestAt: map[place]int{}, accessAt: map[id]int{}}
}

func (r *rows) reset(floor int64) {
	clear(r.requests)
	clear(r.accesses)
	clear(r.requestAt)
	clear(r.accessAt)
	r.requests, r.accesses, r.terms = r.requests[:0], r.accesses[:0], r.terms[:0]
	r.floor = floor
}

// addChunk keeps what has no higher revision here, and is not of a purged
// day.
func (r *rows) addChunk(chunk chunkRows) {
	for i := range chunk.requests {
		row := &chunk.requests[i]
		if row.day < r.floor {
			continue
		}
		at, ok := r.requestAt[place{row.day, row.id}]
		switch {
		case !ok:
			r.requestAt[place{row.day, row.id}] = len(r.requests)
			r.requests = append(r.requests, *row)
		case row.revision > r.requests[at].revision:
			r.requests[at] = *row
		}
	}
	for i := range chunk.accesses {
		row := &chunk.accesses[i]
		if row.day < r.floor {
			continue
		}
		at, ok := r.accessAt[row.id]
		switch {
		case !ok:
			r.accessAt[row.id] = len(r.accesses)
			r.accesses = append(r.accesses, *row)
		case row.record.Arrival.Revision > r.accesses[at].record.Arrival.Revision:
			r.accesses[at] = *row
		}
	}
}

// accessDay is fixed by the identity: of an act by its time, of a group by
// its UTC day.
func accessDay(rec *access.Record) int64 {
	if rec.Act != nil && rec.Act.TimeMs != 0 {
		return dayOf(rec.Act.TimeMs)
	}
	return dayOf(rec.TimeMs)
}
