package correlate

import "slices"

// settling is the work that one piece of evidence causes: the sessions whose
// windows or contents changed, those that must conclude anew, and what those
// that came to another end had concluded before.
type settling struct {
	judge    []*session
	conclude []*session
	moved    []moved
}

type moved struct {
	x   *session
	was outcome
}

// around queues what a change of session i's extent may reach: its neighbours
// in the group, and the sessions that it continues or that continue it.
func (s *state) around(work *settling, g *group, i int) {
	for j := max(i-1, 0); j <= i+1 && j < len(g.sessions); j++ {
		work.judge = append(work.judge, g.sessions[j])
	}
	if i <= 1 || i >= len(g.sessions)-2 {
		s.aroundDays(work, g)
	}
}

// aroundDays queues the neighbouring days that may continue g's.
func (s *state) aroundDays(work *settling, g *group) {
	if g.before != nil && len(g.before.sessions) > 0 {
		work.conclude = append(work.conclude, g.before.sessions[len(g.before.sessions)-1])
	}
	if g.after != nil && len(g.after.sessions) > 0 {
		work.judge = append(work.judge, g.after.sessions[0])
	}
}

// holding calls fn for the sessions that hold second sec in a window.
func (s *state) holding(sub *subject, sec int64, fn func(x *session)) {
	for _, g := range sub.service {
		for _, x := range g.sessions {
			own, signed := s.windows(x)
			if own.holds(sec) || signed.holds(sec) {
				fn(x)
			}
		}
	}
}

// settle judges and concludes until nothing changes any more. The order does
// not matter: each conclusion is a function of the state alone, and a session
// is concluded again whenever something that it depends on has changed. What
// it concludes on the way, before what it depends on has settled, touches
// nothing: it may be another after a restart.
func (s *state) settle(work *settling) {
	for i, x := range work.judge {
		if x.gone || slices.Contains(work.judge[:min(i, 8)], x) {
			continue
		}
		x.own = s.judge(x)
		s.shareOut(work, x)
		work.conclude = append(work.conclude, x)
	}
	for i := 0; i < len(work.conclude); i++ {
		if x := work.conclude[i]; !x.gone {
			s.concludeAnew(work, x)
		}
	}
	for i := range work.moved {
		s.touchMoved(&work.moved[i])
	}
}

func (s *state) concludeAnew(work *settling, x *session) {
	now := s.conclude(x)
	if now != x.out {
		if !x.moved {
			x.moved = true
			work.moved = append(work.moved, moved{x, x.out})
		}
		s.leaveAct(x)
		x.out = now
		s.joinAct(x)
		if next := s.successor(x); next != nil {
			work.conclude = append(work.conclude, next)
		}
		if before := s.predecessor(x); before != nil {
			work.conclude = append(work.conclude, before)
		}
	}
	s.tell(x)
	s.awaitSession(x)
}

// touchMoved touches what says of a session that it concluded otherwise.
func (s *state) touchMoved(m *moved) {
	x := m.x
	x.moved = false
	if x.out == m.was {
		return
	}
	s.touchSession(x)
	s.touchAccess(m.was.act, x.group)
	s.touchAccess(x.out.act, x.group)
	if x.group.acc.existed {
		// The successor that a void access names may be another.
		s.touchGroup(x.group)
	}
}

// joinAct and leaveAct keep the list of the sessions that chose an act.
func (s *state) joinAct(x *session) {
	if a := x.out.act; a != nil {
		x.place = len(a.sessions)
		a.sessions = append(a.sessions, x)
	}
}

func (s *state) leaveAct(x *session) {
	a := x.out.act
	if a == nil {
		return
	}
	last := a.sessions[len(a.sessions)-1]
	a.sessions[x.place], last.place = last, x.place
	a.sessions[len(a.sessions)-1] = nil
	a.sessions = a.sessions[:len(a.sessions)-1]
}

// shareOut counts x in its grant, and queues the grant's sessions where that
// changes what row 1 says.
func (s *state) shareOut(work *settling, x *session) {
	if x.grant == nil {
		return
	}
	share := sharePlain
	switch {
	case s.predecessor(x) != nil:
		share = shareNone
	case x.own.matching:
		share = shareMatching
	case x.group.person != "":
		share = shareNone // row 1 is not for it (6.3)
	}
	if share == x.share {
		return
	}
	g := x.grant
	matching, plain := g.matching > 0, g.plain > 0
	g.take(x.share, -1)
	g.take(share, 1)
	x.share = share
	if matching != (g.matching > 0) || plain != (g.plain > 0) {
		work.conclude = append(work.conclude, g.sessions...)
	}
}

func (g *grant) take(as share, n int) {
	switch as {
	case shareMatching:
		g.matching += n
	case sharePlain:
		g.plain += n
	}
}

// enterGrant makes x one of the sessions of its grant, where it has one.
func (s *state) enterGrant(x *session) {
	g := x.group
	if !g.hasGrant || !g.presigned || !x.service() {
		return
	}
	sub := g.subject
	if sub.grants == nil {
		sub.grants = make(map[[32]byte]*grant)
	}
	if sub.grants[g.grant] == nil {
		sub.grants[g.grant] = &grant{}
	}
	x.grant = sub.grants[g.grant]
	x.grantPlace = len(x.grant.sessions)
	x.grant.sessions = append(x.grant.sessions, x)
}

// leaveGrant takes x out of its grant. What row 1 says may change by it, so
// then the grant's sessions are queued.
func (s *state) leaveGrant(work *settling, x *session) {
	g := x.grant
	if g == nil {
		return
	}
	matching, plain := g.matching > 0, g.plain > 0
	g.take(x.share, -1)
	last := g.sessions[len(g.sessions)-1]
	g.sessions[x.grantPlace], last.grantPlace = last, x.grantPlace
	g.sessions = g.sessions[:len(g.sessions)-1]
	x.grant, x.share = nil, shareNone
	if matching != (g.matching > 0) || plain != (g.plain > 0) {
		work.conclude = append(work.conclude, g.sessions...)
	}
}
