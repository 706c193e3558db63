package correlate

import (
	"slices"

	"earwitness/pipeline/evidence"
)

// sweepsPerHorizon is how often all subjects are looked through in the time
// of one horizon.
const sweepsPerHorizon = 9

// passTime sweeps when enough of the log's own time has passed.
func (s *state) passTime() {
	if s.now.ms <= s.clock {
		return
	}
	s.clock = s.now.ms
	if s.swept == 0 {
		s.swept = s.clock
	}
	if s.clock-s.swept < s.horizon/sweepsPerHorizon {
		return
	}
	s.swept = s.clock
	for _, sub := range slices.Clone(s.order) {
		s.sweep(sub)
	}
	s.forgetNames()
}

// sweepLate sweeps sub before it takes in evidence, so that what is beyond
// the horizon of the rest does not meet it.
func (s *state) sweepLate(sub *subject) {
	if sub.oldest != 0 && sub.oldest < s.clock-s.horizon {
		s.sweep(sub)
	}
	if sub.oldest == 0 {
		sub.oldest = s.now.ms
	}
}

// sweep lets those parts of a subject depart to which no evidence came within
// the horizon. What is linked departs together, and only when it is final.
func (s *state) sweep(sub *subject) {
	limit := s.clock - s.horizon
	if sub.oldest == 0 || sub.oldest >= limit {
		return
	}
	sub.oldest = 0
	var leaving []*part
	for _, p := range s.partsOf(sub) {
		next := p.arrived
		if p.arrived < limit {
			if s.isFinal(p) {
				leaving = append(leaving, p)
				continue
			}
			// It waits for its sources: look again some time later.
			next = limit + s.horizon/sweepsPerHorizon
		}
		if sub.oldest == 0 || next < sub.oldest {
			sub.oldest = next
		}
	}
	s.depart(sub, leaving)
	s.sweepUses(sub, limit)
	s.sweepMetadata(sub, limit)
	if len(sub.groups)+len(sub.acts)+len(sub.uses)+len(sub.metadata) == 0 {
		s.dropSubject(sub)
	}
}

// part is what is linked inside a subject: groups that continue each other or
// share a link, and the acts that their sessions hold or chose.
type part struct {
	groups  []*group
	acts    []*act
	arrived int64
}

// partsOf finds the parts of sub by following the links.
func (s *state) partsOf(sub *subject) []*part {
	seenGroups, seenActs := make(map[*group]bool), make(map[*act]bool)
	holders := make(map[*act][]*group)
	for _, g := range sub.groups {
		eachLinkedAct(g, func(a *act) { holders[a] = append(holders[a], g) })
	}
	var parts []*part
	start := func(groups []*group, acts []*act) {
		p := &part{}
		for len(groups)+len(acts) > 0 {
			if n := len(groups); n > 0 {
				g := groups[n-1]
				groups = groups[:n-1]
				if g == nil || seenGroups[g] {
					continue
				}
				seenGroups[g] = true
				p.groups, p.arrived = append(p.groups, g), max(p.arrived, g.arrived)
				groups = append(groups, g.before, g.after)
				for _, x := range g.sessions {
					if x.grant == nil {
						continue
					}
					for _, other := range x.grant.sessions {
						groups = append(groups, other.group)
					}
				}
				eachLinkedAct(g, func(a *act) { acts = append(acts, a) })
				continue
			}
			a := acts[len(acts)-1]
			acts = acts[:len(acts)-1]
			if !seenActs[a] {
				seenActs[a] = true
				p.acts, p.arrived = append(p.acts, a), max(p.arrived, a.last)
				groups = append(groups, holders[a]...)
			}
		}
		parts = append(parts, p)
	}
	for _, g := range sub.groups {
		if !seenGroups[g] {
			start([]*group{g}, nil)
		}
	}
	for _, a := range sub.acts {
		if !seenActs[a] {
			start(nil, []*act{a})
		}
	}
	return parts
}

func eachLinkedAct(g *group, fn func(a *act)) {
	for _, x := range g.sessions {
		for _, held := range [][]*act{x.held.persons.acts, x.held.failed.list(), x.held.nobody.list()} {
			for _, a := range held {
				fn(a)
			}
		}
		if x.out.act != nil {
			fn(x.out.act)
		}
	}
}

func (s *state) isFinal(p *part) bool {
	for _, g := range p.groups {
		if !s.covered(g.dayEnd()) || slices.ContainsFunc(g.sessions, func(x *session) bool { return !x.out.final }) {
			return false
		}
	}
	return !slices.ContainsFunc(p.acts, func(a *act) bool { return !s.covered(a.sec) })
}

// lateIdentity is a group's that came after the one of its identity had left
// the horizon: it makes an access of its own.
func (s *state) lateIdentity(id evidence.ID) (evidence.ID, bool) {
	late := false
	for s.departed.has(id) {
		late = true
		id = evidence.Identity("earwitness/beyond-horizon/1", string(id[:]))
	}
	return id, late
}
