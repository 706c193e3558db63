package index

import (
	"fmt"

	"earwitness/pipeline/access"
)

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
	requestAt  map[id]int
	accesses   []accessRow
	accessAt   map[id]int
	terms      []term
	termBuffer []uint64
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
	return &rows{requestAt: map[id]int{}, accessAt: map[id]int{}}
}

func (r *rows) reset(floor int64) {
	clear(r.requests)
	clear(r.accesses)
	clear(r.requestAt)
	clear(r.accessAt)
	r.requests, r.accesses, r.terms = r.requests[:0], r.accesses[:0], r.terms[:0]
	r.floor = floor
}

// add keeps a record unless a higher revision of it is there, or its day was
// purged.
func (r *rows) add(rec *access.Record, data []byte) error {
	key := id(rec.Id)
	switch rec.Kind {
	case access.Kind_KIND_REQUEST:
		r.addRequest(key, rec, data)
	case access.Kind_KIND_ACCESS:
		r.addAccess(key, rec, data)
	default:
		return fmt.Errorf("keep record: unknown kind %d", rec.Kind)
	}
	return nil
}

func (r *rows) addRequest(key id, rec *access.Record, data []byte) {
	row := request{
		day: dayOf(rec.TimeMs), id: key, revision: rec.Arrival.Revision,
		state: rec.State, time: rec.TimeMs, data: data,
	}
	if row.day < r.floor {
		return
	}
	copy(row.access[:], rec.AccessId)
	at, ok := r.requestAt[key]
	if !ok {
		r.requestAt[key] = len(r.requests)
		r.requests = append(r.requests, row)
		return
	}
	if row.revision > r.requests[at].revision {
		r.requests[at] = row
	}
}

func (r *rows) addAccess(key id, rec *access.Record, data []byte) {
	row := accessRow{record: rec, day: accessDay(rec), id: key, data: data}
	if row.day < r.floor {
		return
	}
	at, ok := r.accessAt[key]
	if !ok {
		r.accessAt[key] = len(r.accesses)
		r.accesses = append(r.accesses, row)
		return
	}
	if rec.Arrival.Revision > r.accesses[at].record.Arrival.Revision {
		r.accesses[at] = row
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
