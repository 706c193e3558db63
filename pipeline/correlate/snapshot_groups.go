package correlate

// codeGroups codes the groups by place, with their members in order and what
// their sessions can't be computed to say: when they were touched.
func (s *state) codeGroups(c *coder) {
	n := c.count(int(s.groups.size))
	for place := range n {
		if c.reading() {
			s.groups.take()
		}
		at := s.groups.table.at(uint32(place))
		there := *at != nil
		c.bool(&there)
		if c.err != nil {
			return
		}
		if !there {
			continue
		}
		if c.reading() {
			*at = &group{ref: uint32(place)}
		}
		s.codeGroup(c, *at)
	}
	list(c, &s.groups.free, func(place *uint32) { whole(c, place) })
}

func (s *state) codeGroup(c *coder, g *group) {
	c.id(&g.id)
	s.codeSubject(c, &g.subject)
	c.text(&g.object.bucket)
	c.text(&g.object.key)
	whole(c, &g.principal.class)
	c.text(&g.principal.id)
	c.bool(&g.presigned)
	c.bool(&g.hasGrant)
	c.fixed(g.grant[:])
	whole(c, &g.kind)
	c.addr(&g.addr)
	c.addr(&g.address)
	c.bool(&g.foreign)
	c.text(&g.person)
	c.bool(&g.late)
	c.int64(&g.day)
	c.int64(&g.arrived)
	g.acc.code(c)
	c.id(&g.origin)
	c.int64(&g.originTime)
	c.id(&g.successor)
	s.codeMembers(c, g)
	touched := make([]touch, 0, len(g.sessions))
	for _, x := range g.sessions {
		touched = append(touched, x.touched)
	}
	list(c, &touched, c.touch)
	if c.reading() && c.err == nil {
		s.restoreSessions(c, g, touched)
	}
}

func (s *state) codeMembers(c *coder, g *group) {
	n := c.count(g.members.len())
	if !c.reading() {
		for _, run := range g.members.runs {
			for i := range run {
				whole(c, &run[i])
			}
		}
		return
	}
	for range n {
		var ref uint32
		if whole(c, &ref); c.err != nil {
			return
		}
		if ref >= s.requests.size {
			c.fail("a member is out of bounds")
			return
		}
		g.members.push(ref)
	}
}

// restoreSessions cuts the members into sessions, and gives each the touch
// that it had.
func (s *state) restoreSessions(c *coder, g *group, touched []touch) {
	for _, run := range g.members.runs {
		for _, ref := range run {
			sec := s.requests.at(ref).sec()
			if n := len(g.sessions); n > 0 && sec <= g.sessions[n-1].last+s.gap {
				g.sessions[n-1].last = sec
			} else {
				g.sessions = append(g.sessions, &session{group: g, first: sec, last: sec})
			}
			s.count(g.sessions[len(g.sessions)-1], ref)
		}
	}
	if len(touched) != len(g.sessions) {
		c.fail("a group has other sessions than when it was written")
		return
	}
	for i, x := range g.sessions {
		x.touched = touched[i]
	}
}
