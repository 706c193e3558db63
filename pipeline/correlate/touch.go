package correlate

import "earwitness/pipeline/access"

// What changed at the offset that is being applied is touched: its record
// comes again with this offset as revision. To touch too much costs a record;
// to touch too little would give two contents one revision.

func (s *state) touchRequest(ref uint32) {
	r := s.requests.at(ref)
	r.touched = s.now
	if !r.has(bitDirty) {
		r.set(bitDirty)
		s.dirty.requests = append(s.dirty.requests, ref)
	}
}

// touchSession touches all requests of x.
func (s *state) touchSession(x *session) {
	x.touched = s.now
	s.awaitPublish(x)
}

func (s *state) awaitPublish(x *session) {
	if !x.dirty {
		x.dirty = true
		s.dirty.sessions = append(s.dirty.sessions, x)
	}
}

// touchAccess touches the access of an act, or where there is none that of
// the group.
func (s *state) touchAccess(a *act, g *group) {
	if a != nil {
		s.touchAct(a)
		return
	}
	s.touchGroup(g)
}

func (s *state) touchAct(a *act) {
	if !a.acc.queued {
		a.acc.queued = true
		s.queue.acts = append(s.queue.acts, a)
	}
}

func (s *state) touchGroup(g *group) {
	if !g.acc.queued {
		g.acc.queued = true
		s.queue.groups = append(s.queue.groups, g)
	}
}

// dirt is what waits to be published.
type dirt struct {
	// ready are records of what has left the horizon.
	ready    []*access.Record
	requests []uint32
	sessions []*session
	acts     []*act
	groups   []*group
}

// accesses are those that the offset in work has touched; reckon empties it.
type accesses struct {
	acts   []*act
	groups []*group
}

// reckon ends an offset: the accesses that it touched are given its revision,
// and those of groups are found to be, or to be void.
func (s *state) reckon() {
	for _, a := range s.queue.acts {
		a.acc.queued = false
		s.stain(&a.acc, func() { s.dirty.acts = append(s.dirty.acts, a) })
	}
	for _, g := range s.queue.groups {
		g.acc.queued = false
		s.reckonGroup(g)
		if g.acc.exists || g.acc.existed {
			s.stain(&g.acc, func() { s.dirty.groups = append(s.dirty.groups, g) })
		}
	}
	s.queue.acts, s.queue.groups = s.queue.acts[:0], s.queue.groups[:0]
}

func (s *state) stain(acc *standing, wait func()) {
	acc.touched = s.now
	if !acc.dirty {
		acc.dirty = true
		wait()
	}
}

func (s *state) reckonGroup(g *group) {
	for _, x := range g.sessions {
		if x.out.act != nil {
			continue
		}
		s.each(x, func(ref uint32) bool {
			g.origin, g.originTime = s.requests.at(ref).id, s.requests.at(ref).time
			return false
		})
		g.acc.exists, g.acc.existed = true, true
		return
	}
	g.acc.exists = false
	if ref, known := s.byID.find(g.origin); known && g.acc.existed {
		g.successor = s.accessOf(s.sessionOf(ref))
	}
}
