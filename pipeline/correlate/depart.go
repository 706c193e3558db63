package correlate

import (
	"slices"

	"earwitness/pipeline/access"
)

// depart forgets parts of a subject. Their records stand as they are; those
// that still wait to be published are made now.
func (s *state) depart(sub *subject, parts []*part) {
	if len(parts) == 0 {
		return
	}
	var ids []uint64
	for _, p := range parts {
		s.publishLast(p)
		for _, a := range p.acts {
			ids = append(ids, shortOf(a.id))
			s.dropAct(a)
		}
		for _, g := range p.groups {
			ids = append(ids, shortOf(g.id))
			ids = append(ids, s.dropGroup(g)...)
		}
	}
	s.departed.add(ids)
	gone := func(g *group) bool { return g.left }
	sub.recent = nil
	sub.groups, sub.service = slices.DeleteFunc(sub.groups, gone), slices.DeleteFunc(sub.service, gone)
	sub.acts = slices.DeleteFunc(sub.acts, func(a *act) bool { return a.left })
}

// publishLast makes the records that wait, while there is what they are made
// of.
func (s *state) publishLast(p *part) {
	ready := func(rec *access.Record) { s.dirty.ready = append(s.dirty.ready, rec) }
	for _, g := range p.groups {
		for _, x := range g.sessions {
			s.each(x, func(ref uint32) bool {
				if x.dirty || s.requests.at(ref).has(bitDirty) {
					ready(s.requestRecord(x, ref))
				}
				return true
			})
			x.dirty, x.gone = false, true
		}
		if g.acc.dirty {
			ready(s.groupRecord(g))
		}
	}
	for _, a := range p.acts {
		if a.acc.dirty {
			ready(s.actRecord(a))
		}
	}
}

func (s *state) dropAct(a *act) {
	for _, piece := range a.pieces {
		s.bodies.release(piece.body)
	}
	delete(s.acts, a.audit)
	a.left, a.acc.dirty = true, false
}

func (s *state) dropGroup(g *group) (ids []uint64) {
	for _, run := range g.members.runs {
		for _, ref := range run {
			ids = append(ids, shortOf(s.requests.at(ref).id))
			ids = append(ids, s.trailsOf(ref)...)
			s.dropRequest(g, ref)
		}
	}
	if len(g.sessions) > 0 && g.sessions[0].grant != nil {
		// All sessions of a grant depart together. Others may carry the same
		// signature and not belong to it.
		delete(g.subject.grants, g.grant)
	}
	delete(s.groupsByID, g.id)
	g.left, g.acc.dirty = true, false
	s.groups.drop(g.ref)
	return ids
}

func (s *state) dropRequest(g *group, ref uint32) {
	r := s.requests.at(ref)
	if r.has(bitWrite) {
		o := g.subject.objects[g.object]
		o.writes.remove(ref, func(m uint32) bool { return s.less(m, ref) })
		if o.writes.len() == 0 {
			delete(g.subject.objects, g.object)
		}
	}
	if s.joins != nil {
		s.joins.remove(s.joinHash(ref), ref)
	}
	for _, piece := range s.piecesOf(ref) {
		s.bodies.release(piece.body)
	}
	delete(s.retold, ref)
	s.byID.remove(ref)
	s.requests.drop(ref)
}

func (s *state) dropSubject(sub *subject) {
	delete(s.subjects, sub.key())
	last := s.order[len(s.order)-1]
	s.order[sub.place], last.place = last, sub.place
	s.order[len(s.order)-1] = nil
	s.order = s.order[:len(s.order)-1]
}

// forgetNames numbers requesters and addresses anew when most of them belong
// to nothing any more.
func (s *state) forgetNames() {
	if len(s.requesters.list)+len(s.addresses.list) < 1<<16+2*s.byID.len() {
		return
	}
	requesters, addresses := words{}, newAddresses()
	s.byID.each(func(ref uint32) {
		r := s.requests.at(ref)
		r.requester = requesters.number(s.requesters.list[r.requester])
		r.address = addresses.number(s.addresses.list[r.address])
	})
	s.requesters, s.addresses = requesters, addresses
}
