package coverage

import (
	"maps"
	"slices"
	"sort"
	"time"
)

// mostMarks is how many statements of one worker are remembered: two days of
// them, which a pass over a source takes at most.
const mostMarks = 20_000

// Table has the latest statements of all workers, as they were appended. All
// time in it is append time. It is for one goroutine.
type Table struct {
	workers map[string]*worker
	// now is when the last statement was appended, whoever's.
	now time.Time
}

// worker is one process.
type worker struct {
	seen    time.Time
	lease   time.Duration
	left    bool
	sources map[portion]*claim
	// marks are when its statements were appended, the oldest first.
	marks []mark
	// ended is the offset at which its lease was found ended; 0 while it runs.
	ended int64
}

type mark struct {
	offset int64
	at     time.Time
}

// portion of a source: all of it is 0 of 0.
type portion struct {
	source      string
	part, parts int
}

// claim is what a worker says of one portion.
type claim struct {
	// until is as far as both clocks allow; zero before the first whole pass.
	until time.Time
	after int64
}

// NewTable is empty.
func NewTable() *Table { return &Table{workers: make(map[string]*worker)} }

// Apply takes the statement at an offset, in the order of the topic.
func (t *Table) Apply(offset int64, appended time.Time, s *Statement) {
	t.now = appended
	w := t.workers[s.Worker]
	if w == nil {
		w = &worker{sources: make(map[portion]*claim)}
		t.workers[s.Worker] = w
	}
	// One that comes back after its lease has ended goes on where it was.
	w.seen, w.lease, w.left, w.ended = appended, time.Duration(s.LeaseMS)*time.Millisecond, s.Left, 0
	w.marks = append(w.marks, mark{offset, appended})
	if len(w.marks) > mostMarks {
		w.marks = slices.Clone(w.marks[len(w.marks)-mostMarks:])
	}
	w.take(s)
	t.expire(offset)
}

// take moves on what the worker states of its sources.
func (w *worker) take(s *Statement) {
	named := make(map[portion]bool, len(s.Sources))
	for i := range s.Sources {
		p := &s.Sources[i]
		of := portion{p.Source, p.Part, p.Parts}
		named[of] = true
		c := w.sources[of]
		if c == nil {
			c = &claim{after: Never}
			w.sources[of] = c
		}
		if at, known := w.at(p.After); known && p.UntilMS != 0 {
			until := moment(p.UntilMS)
			if bound := at.Add(-time.Duration(p.LatenessMS) * time.Millisecond); bound.Before(until) {
				until = bound
			}
			c.until, c.after = later(c.until, until), max(c.after, p.After)
		}
	}
	maps.DeleteFunc(w.sources, func(of portion, _ *claim) bool { return !named[of] })
}

// at is when a statement of the worker was appended.
func (w *worker) at(offset int64) (time.Time, bool) {
	i := sort.Search(len(w.marks), func(i int) bool { return w.marks[i].offset >= offset })
	if i == len(w.marks) || w.marks[i].offset != offset {
		return time.Time{}, false
	}
	return w.marks[i].at, true
}

// expire ends leases that nobody has renewed, and forgets workers that hold
// nothing back any more.
func (t *Table) expire(offset int64) {
	for _, w := range t.workers {
		if w.ended == 0 && (w.left || t.now.Sub(w.seen) > w.lease) {
			w.ended = offset
		}
	}
	for name, w := range t.workers {
		if w.ended == 0 {
			continue
		}
		maps.DeleteFunc(w.sources, func(of portion, _ *claim) bool { return t.readSince(of.source, w.ended) })
		if len(w.sources) == 0 {
			delete(t.workers, name)
		}
	}
}

// readSince says whether all that read a source have read theirs whole in a
// pass that began after an offset, and theirs together is all of it.
func (t *Table) readSince(source string, offset int64) bool {
	readers := map[portion]bool{}
	for _, w := range t.workers {
		if w.ended > 0 {
			continue
		}
		for of, c := range w.sources {
			if of.source != source {
				continue
			}
			if c.after < offset {
				return false
			}
			readers[of] = true
		}
	}
	return complete(readers)
}

// complete says whether portions of a source are together all of it.
func complete(portions map[portion]bool) bool {
	for of := range portions {
		whole := true
		for part := 1; part <= of.parts && whole; part++ {
			whole = portions[portion{of.source, part, of.parts}]
		}
		if whole {
			return true
		}
	}
	return false
}

// State is what is known of a source.
type State struct {
	Source string
	// Until is up to when it is covered; zero where it is not.
	Until time.Time
	// Readers have a lease and read it; Ended had one, and hold it back until
	// the others have read it whole.
	Readers, Ended int
	// HeldBy is the worker that holds it back furthest; empty where nobody
	// reads it.
	HeldBy string
}

// Sources gives the state of each source that anybody has named, by name.
func (t *Table) Sources() []State {
	states, read := map[string]*State{}, map[string]map[portion]bool{}
	for _, name := range slices.Sorted(maps.Keys(t.workers)) {
		w := t.workers[name]
		for of, c := range w.sources {
			s := states[of.source]
			if s == nil {
				s = &State{Source: of.source, Until: c.until, HeldBy: name}
				states[of.source], read[of.source] = s, map[portion]bool{}
			}
			if c.until.Before(s.Until) {
				s.Until, s.HeldBy = c.until, name
			}
			if w.ended > 0 {
				s.Ended++
			} else {
				s.Readers++
				read[of.source][of] = true
			}
		}
	}
	all := make([]State, 0, len(states))
	for _, name := range slices.Sorted(maps.Keys(states)) {
		s := states[name]
		if !complete(read[name]) {
			// Nobody is left to say anything of it, or of a part of it.
			s.Until = time.Time{}
		}
		all = append(all, *s)
	}
	return all
}

// Now is when the last statement was appended.
func (t *Table) Now() time.Time { return t.now }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
