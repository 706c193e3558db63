package correlate

import "sort"

// addToSession puts request ref of group g into the session that it belongs
// to, joining two where it closes the gap between them, and gives the place
// of that session.
func (s *state) addToSession(work *settling, g *group, ref uint32) int {
	r := s.requests.at(ref)
	sec := r.sec()
	// The first session that does not end before r's reach.
	i := sort.Search(len(g.sessions), func(i int) bool { return g.sessions[i].last+s.gap >= sec })
	if i == len(g.sessions) || sec+s.gap < g.sessions[i].first {
		fresh := &session{group: g, first: sec, last: sec}
		g.sessions = append(g.sessions, nil)
		copy(g.sessions[i+1:], g.sessions[i:])
		g.sessions[i] = fresh
		s.count(fresh, ref)
		s.enterGrant(fresh)
		return i
	}
	host := g.sessions[i]
	host.first, host.last = min(host.first, sec), max(host.last, sec)
	s.count(host, ref)
	if i+1 < len(g.sessions) && g.sessions[i+1].first <= host.last+s.gap {
		s.join(work, g, i)
	}
	return i
}

// join makes sessions i and i+1 of g one. Where the two said different things
// of themselves, all requests are touched.
func (s *state) join(work *settling, g *group, i int) {
	host, guest := g.sessions[i], g.sessions[i+1]
	host.last = max(host.last, guest.last)
	host.n += guest.n
	host.reads += guest.reads
	host.options += guest.options
	host.loose += guest.loose
	if guest.signer != 0 {
		s.takeSigner(host, guest.signer-1)
	}
	if host.out != guest.out || host.touched.revision != guest.touched.revision {
		s.touchSession(host)
	}
	if guest.dirty {
		s.awaitPublish(host)
	}
	s.dropSession(work, guest)
	g.sessions = append(g.sessions[:i+1], g.sessions[i+2:]...)
}

// dropSession takes x out of everything that knows it.
func (s *state) dropSession(work *settling, x *session) {
	s.leaveGrant(work, x)
	s.leaveAct(x)
	s.touchAccess(x.out.act, x.group)
	x.gone = true
	s.tell(x)
}

// count adds the request to what is known of x.
func (s *state) count(x *session, ref uint32) {
	r := s.requests.at(ref)
	s.takeSigner(x, ref)
	x.n++
	if isRead(r) {
		x.reads++
	}
	if r.has(bitPreflight) {
		x.options++
	}
	if r.has(bitLoose) {
		x.loose++
	}
}

// removeFromSession takes a request at second sec, which is no longer a
// member of g, out of its session, and cuts that in pieces where the request
// held it together.
func (s *state) removeFromSession(work *settling, g *group, sec int64) {
	i := sort.Search(len(g.sessions), func(i int) bool { return g.sessions[i].last >= sec })
	x := g.sessions[i]
	parts := s.partition(g, x)
	rest := append(parts[:len(parts):len(parts)], g.sessions[i+1:]...)
	g.sessions = append(g.sessions[:i:i], rest...)
	s.dropSession(work, x)
	for j, part := range parts {
		part.touched = x.touched
		s.enterGrant(part)
		s.touchSession(part)
		s.around(work, g, i+j)
	}
	if len(parts) == 0 && len(g.sessions) > 0 {
		s.around(work, g, min(i, len(g.sessions)-1))
	}
	s.aroundDays(work, g)
}

// partition reads the members that x held and forms sessions of them anew.
func (s *state) partition(g *group, x *session) []*session {
	var parts []*session
	s.eachMember(g, x.first, x.last, func(ref uint32) bool {
		sec := s.requests.at(ref).sec()
		if n := len(parts); n > 0 && sec <= parts[n-1].last+s.gap {
			parts[n-1].last = sec
		} else {
			parts = append(parts, &session{group: g, first: sec, last: sec})
		}
		s.count(parts[len(parts)-1], ref)
		return true
	})
	return parts
}

// takeSigner makes r the one whose signing time the session has, where it is
// the first that has one.
func (s *state) takeSigner(x *session, ref uint32) {
	r := s.requests.at(ref)
	if !x.group.presigned || r.signed == 0 {
		return
	}
	if x.signer == 0 || s.less(ref, x.signer-1) {
		x.signer, x.signing = ref+1, r.signed
	}
}

// eachMember calls fn for the members of g from second first to last, in
// order, until it says no.
func (s *state) eachMember(g *group, first, last int64, fn func(ref uint32) bool) {
	g.members.from(
		func(m uint32) bool { return s.requests.at(m).sec() < first },
		func(m uint32) bool { return s.requests.at(m).sec() <= last && fn(m) })
}

// each calls fn for the requests of x in order.
func (s *state) each(x *session, fn func(ref uint32) bool) {
	s.eachMember(x.group, x.first, x.last, fn)
}

// sessionOf gives the session of request ref.
func (s *state) sessionOf(ref uint32) *session {
	r := s.requests.at(ref)
	g, sec := s.groups.at(r.group), r.sec()
	return g.sessions[sort.Search(len(g.sessions), func(i int) bool { return g.sessions[i].last >= sec })]
}

// predecessor gives the session of the day before that x continues.
func (s *state) predecessor(x *session) *session {
	g := x.group
	if g.before == nil || len(g.before.sessions) == 0 || g.sessions[0] != x {
		return nil
	}
	last := g.before.sessions[len(g.before.sessions)-1]
	if last.last+s.gap < x.first {
		return nil
	}
	return last
}

// successor gives the session that continues x.
func (s *state) successor(x *session) *session {
	g := x.group
	if g.after == nil || len(g.after.sessions) == 0 || g.sessions[len(g.sessions)-1] != x {
		return nil
	}
	next := g.after.sessions[0]
	if x.last+s.gap < next.first {
		return nil
	}
	return next
}

// chainEnd is the last second of the sessions that x continues or is
// continued by.
func (s *state) chainEnd(x *session) int64 {
	for next := s.successor(x); next != nil; next = s.successor(x) {
		x = next
	}
	return x.last
}
