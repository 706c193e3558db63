package correlate

import (
	"container/heap"
	"math"

	"earwitness/pipeline/bus"
)

// deadline is when something may become final: when the coverage is later.
// One of session, act and group is set.
type deadline struct {
	at      int64 // seconds
	session *session
	act     *act
	group   *group
}

// deadlines is a heap, the earliest first. An entry may be out of date; who
// pops it looks again.
type deadlines []deadline

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].at < d[j].at }
func (d deadlines) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *deadlines) Push(x any)        { *d = append(*d, x.(deadline)) }
func (d *deadlines) Pop() any {
	old := *d
	last := old[len(old)-1]
	old[len(old)-1] = deadline{}
	*d = old[:len(old)-1]
	return last
}

// notCovered is the coverage while a source has stated nothing.
const notCovered = math.MinInt64

// covered says whether sec + L lies before the coverage (section 9).
func (s *state) covered(sec int64) bool { return s.coverage > sec+s.longest }

// awaitSession makes x conclude again when it may be final. An entry that is
// too early is pushed on when it comes up; one that is too late does not do.
func (s *state) awaitSession(x *session) {
	at := s.chainEnd(x) + s.longest
	if x.out.final || x.awaited && x.awaits <= at {
		return
	}
	x.awaited, x.awaits = true, at
	heap.Push(&s.deadlines, deadline{at: at, session: x})
}

func (s *state) awaitAct(a *act) {
	if !s.covered(a.sec) {
		heap.Push(&s.deadlines, deadline{at: a.sec + s.longest, act: a})
	}
}

func (s *state) awaitGroup(g *group) {
	if !s.covered(g.dayEnd()) {
		heap.Push(&s.deadlines, deadline{at: g.dayEnd() + s.longest, group: g})
	}
}

const daySeconds = 24 * 60 * 60

// dayEnd is the first second of the day after.
func (g *group) dayEnd() int64 { return (g.day + 1) * daySeconds }

func dayOf(sec int64) int64 {
	day := sec / daySeconds
	if sec%daySeconds < 0 {
		day--
	}
	return day
}

// cover applies a source's statement.
func (s *state) cover(c *bus.Coverage) {
	if until, stated := s.statements[c.Source]; stated && until >= c.UntilMs {
		return
	}
	s.statements[c.Source] = c.UntilMs
	s.advance()
}

// coveredUntil is the earliest statement of all sources, in seconds.
func (s *state) coveredUntil() int64 {
	if len(s.sources) == 0 {
		return notCovered
	}
	earliest := int64(math.MaxInt64)
	for _, source := range s.sources {
		until, stated := s.statements[source]
		if !stated {
			return notCovered
		}
		earliest = min(earliest, floorSecond(until))
	}
	return earliest
}

// advance moves the coverage on, and makes final what has waited for it.
func (s *state) advance() {
	until := s.coveredUntil()
	if until < s.coverage {
		s.uncover(until)
		return
	}
	s.coverage = until
	var work settling
	for len(s.deadlines) > 0 && s.deadlines[0].at < until {
		d := heap.Pop(&s.deadlines).(deadline)
		switch {
		case d.session != nil:
			d.session.awaited = d.session.awaited && d.session.awaits != d.at
			if !d.session.gone {
				work.conclude = append(work.conclude, d.session)
			}
		case d.act != nil && !d.act.left && d.at == d.act.sec+s.longest:
			s.touchAct(d.act)
		case d.group != nil && !d.group.left:
			s.touchGroup(d.group)
		}
	}
	s.settle(&work)
}

// uncover judges everything anew: a source was added that has stated less.
func (s *state) uncover(until int64) {
	s.coverage = until
	s.deadlines = nil
	var work settling
	s.eachGroup(func(g *group) {
		for _, x := range g.sessions {
			x.awaited = false
		}
		work.conclude = append(work.conclude, g.sessions...)
		s.awaitGroup(g)
	})
	for _, a := range s.acts {
		s.awaitAct(a)
	}
	s.settle(&work)
}
