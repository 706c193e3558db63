package correlate

import "earwitness/pipeline/access"

// Acts know of the sessions that hold them as candidates by counts: whether
// their accesses are final, contested or without storage follows from these.

// countOf is what x has to tell its candidates. One that continues another
// has none.
func (x *session) countOf() count {
	candidates, _ := x.held.candidates()
	if x.gone || x.out.continues || len(candidates.acts) == 0 {
		return count{}
	}
	return count{
		holds: true, chosen: x.out.act, final: x.out.final, contested: x.out.flags&access.FlagContested != 0,
	}
}

// tell counts x anew in its candidates, and touches those for which it makes
// a difference.
func (s *state) tell(x *session) {
	now, was := x.countOf(), x.counted
	candidates, _ := x.held.candidates()
	switch {
	case now.holds && was.holds && !x.held.rebuilt:
		s.retell(x, was, now)
		for _, a := range candidates.fresh {
			s.recount(a, now, 1)
		}
		x.told = append(x.told, candidates.fresh...)
	case now.holds || was.holds:
		for _, a := range x.told {
			s.recount(a, was, -1)
		}
		x.told = nil
		if now.holds {
			x.told = append(x.told, candidates.acts...)
		}
		for _, a := range x.told {
			s.recount(a, now, 1)
		}
	}
	x.held.persons.note()
	x.held.failed.note()
	x.held.nobody.note()
	x.held.rebuilt = false
	x.counted = now
}

// retell corrects what the acts that were told already count.
func (s *state) retell(x *session, was, now count) {
	if was == now {
		return
	}
	if was.final == now.final && was.contested == now.contested && !now.contested {
		return // which of them was chosen makes no difference
	}
	if was.final == now.final && was.contested == now.contested {
		for _, a := range []*act{was.chosen, now.chosen} {
			if a != nil && x.tells(a) {
				s.recount(a, was, -1)
				s.recount(a, now, 1)
			}
		}
		return
	}
	for _, a := range x.told {
		s.recount(a, was, -1)
		s.recount(a, now, 1)
	}
}

// tells says whether a was told already: else it is fresh.
func (x *session) tells(a *act) bool {
	candidates, _ := x.held.candidates()
	for _, fresh := range candidates.fresh {
		if fresh == a {
			return false
		}
	}
	return true
}

func (s *state) recount(a *act, c count, by int) {
	a.held += by
	if !c.final {
		a.unsettled += by
	}
	if c.contested && c.chosen != a {
		a.slighted += by
	}
	s.touchAct(a)
}
