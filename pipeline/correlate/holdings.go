package correlate

import (
	"slices"
	"sort"

	"earwitness/pipeline/access"
)

// holdings are the acts that a session's windows hold and that fit it. They
// are gathered once and then only added to, as the windows grow and acts
// come, so that a session of a million requests looks at each act once.
type holdings struct {
	whole       bool // gathered; else everything is looked for anew
	own, signed window
	class       access.Class
	persons     kin // acts of persons, not failed
	// Most sessions have none of these, so they are nil until there is one.
	failed *kin // acts of persons that failed
	nobody *kin // acts of system or unknown, not failed
	system bool
	// rebuilt: what the candidates were told is void.
	rebuilt bool
}

// kin are acts in the order of time and audit id.
type kin struct {
	acts []*act
	// matching are those that share the session's address (6.2).
	matching []*act
	// several: not all are by one person; matchSeveral: of those matching.
	several, matchSeveral bool
	// fresh were added since the candidates were told.
	fresh []*act
}

func (k *kin) add(a *act, g *group) {
	k.acts, k.several = insertAct(k.acts, a, k.several)
	if a.matches(g) {
		k.matching, k.matchSeveral = insertAct(k.matching, a, k.matchSeveral)
	}
	k.fresh = append(k.fresh, a)
}

// with adds a to k, which may be nil.
func (k *kin) with(a *act, g *group) *kin {
	if k == nil {
		k = &kin{}
	}
	k.add(a, g)
	return k
}

// list gives the acts of k, which may be nil.
func (k *kin) list() []*act {
	if k == nil {
		return nil
	}
	return k.acts
}

// note says that the candidates were told of all; k may be nil.
func (k *kin) note() {
	if k != nil {
		k.fresh = nil
	}
}

func insertAct(acts []*act, a *act, several bool) ([]*act, bool) {
	several = several || len(acts) > 0 && !samePerson(acts[0], a)
	if n := len(acts); n == 0 || compareActs(acts[n-1], a) < 0 {
		return append(acts, a), several
	}
	i, _ := slices.BinarySearchFunc(acts, a, compareActs)
	return slices.Insert(acts, i, a), several
}

// candidates are the acts of persons; where there is none, the failed ones.
func (h *holdings) candidates() (candidates *kin, failedOnly bool) {
	if len(h.persons.acts) == 0 && h.failed != nil {
		return h.failed, true
	}
	return &h.persons, false
}

// add takes in an act of the windows.
func (h *holdings) add(a *act, g *group) {
	switch {
	case !fits(a.class, h.class):
	case a.isPerson() && a.failed:
		h.failed = h.failed.with(a, g)
	case a.isPerson():
		if len(h.persons.acts) == 0 && h.failed != nil {
			h.rebuilt = true // the failed ones are candidates no more
		}
		h.persons.add(a, g)
	case !a.failed:
		h.nobody = h.nobody.with(a, g)
		h.system = h.system || a.actor == access.ActorKind_ACTOR_KIND_SYSTEM
	}
}

// gather brings x's holdings up to its windows.
func (s *state) gather(x *session) {
	own, signed := s.windows(x)
	h, sub := &x.held, x.group.subject
	if !h.whole || h.class != x.class() || h.signed != signed || own.from > h.own.from || own.to < h.own.to {
		*h = holdings{whole: true, own: own, signed: signed, class: x.class(), rebuilt: true}
		sub.scan(own, func(a *act) { h.add(a, x.group) })
		sub.scan(signed, func(a *act) {
			if !own.holds(a.sec) {
				h.add(a, x.group)
			}
		})
		return
	}
	grown := func(a *act) {
		if !signed.holds(a.sec) {
			h.add(a, x.group)
		}
	}
	sub.scan(window{own.from, h.own.from - 1}, grown)
	sub.scan(window{h.own.to + 1, own.to}, grown)
	h.own = own
}

// find gives x an act that came into its windows.
func (x *session) find(a *act) {
	if x.held.whole {
		x.held.add(a, x.group)
	}
}

// scan calls fn for the acts of the subject inside w.
func (sub *subject) scan(w window, fn func(a *act)) {
	i := sort.Search(len(sub.acts), func(i int) bool { return sub.acts[i].sec >= w.from })
	for ; i < len(sub.acts) && sub.acts[i].sec <= w.to; i++ {
		fn(sub.acts[i])
	}
}
