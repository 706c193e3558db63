package correlate

import (
	"encoding/hex"
	"strings"
	"time"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

// sameGroup says whether two groups are one, days included.
func (g *group) sameGroup(o *group) bool {
	return g.day == o.day && g.object == o.object && g.kind == o.kind && g.presigned == o.presigned &&
		g.addr == o.addr && g.principal.class == o.principal.class && g.principal.id == o.principal.id &&
		g.hasGrant == o.hasGrant && g.grant == o.grant && g.person == o.person
}

// identity is section 11's, for the same group on another day too.
func (g *group) identity(day int64) evidence.ID {
	presigned, grant, address := "", "", ""
	if g.presigned {
		presigned = "presigned"
	}
	if g.hasGrant {
		grant = hex.EncodeToString(g.grant[:])
	}
	if g.addr.IsValid() {
		address = g.addr.String()
	}
	return evidence.GroupID(g.object.bucket, g.object.key, g.principal.class.Name(), g.principal.id, presigned, grant,
		g.kind.Name(), address, g.person, time.Unix(day*daySeconds, 0).UTC().Format(time.DateOnly))
}

// intern gives the group that is like g, g itself where there was none.
func (s *state) intern(like *group) *group {
	sub := like.subject
	if sub.recent != nil && sub.recent.sameGroup(like) {
		return sub.recent
	}
	id, late := s.lateIdentity(like.identity(like.day))
	like.late = late
	g := s.groupsByID[id]
	if g == nil {
		g = s.addGroup(id, like)
	}
	sub.recent = g
	return g
}

func (s *state) addGroup(id evidence.ID, like *group) *group {
	g := new(group)
	*g = *like
	g.id = id
	g.object = objectName{strings.Clone(like.object.bucket), strings.Clone(like.object.key)}
	g.person = strings.Clone(like.person)
	s.groups.add(g)
	s.groupsByID[id] = g
	sub := g.subject
	sub.groups = append(sub.groups, g)
	if g.principal.class == access.PrincipalClass_PRINCIPAL_CLASS_SERVICE {
		sub.service = append(sub.service, g)
	}
	if before := s.onDay(g, g.day-1); before != nil {
		g.before, before.after = before, g
	}
	if after := s.onDay(g, g.day+1); after != nil {
		g.after, after.before = after, g
	}
	s.awaitGroup(g)
	return g
}

// onDay is the same group on another day: the one that is inside the horizon,
// whichever came first.
func (s *state) onDay(g *group, day int64) *group {
	id, _ := s.lateIdentity(g.identity(day))
	return s.groupsByID[id]
}

// subjectOf finds or makes the subject that evidence is about.
func (s *state) subjectOf(e *evidence.Evidence) *subject {
	var space [256]byte
	key := evidence.SubjectKey(space[:0], e.SubjectKind, e.SubjectId)
	sub := s.subjects[string(key)]
	if sub == nil {
		sub = &subject{kind: e.SubjectKind, id: strings.Clone(e.SubjectId), place: len(s.order)}
		s.subjects[string(key)] = sub
		s.order = append(s.order, sub)
	}
	s.sweepLate(sub)
	if s.subjects[string(key)] != sub {
		// All of it has left the horizon: it begins anew.
		return s.subjectOf(e)
	}
	return sub
}

func (sub *subject) key() string { return string(evidence.SubjectKey(nil, sub.kind, sub.id)) }

func (sub *subject) objectOf(name objectName) *object {
	if sub.objects == nil {
		sub.objects = make(map[objectName]*object)
	}
	o := sub.objects[name]
	if o == nil {
		o = &object{}
		sub.objects[name] = o
	}
	return o
}

// rememberWrite notes a completed write, and flags it, or what it was before,
// as an overwrite (section 7).
func (s *state) rememberWrite(ref uint32) {
	r := s.requests.at(ref)
	if !r.has(bitWrite) {
		return
	}
	g := s.groups.at(r.group)
	sub := g.subject
	o := sub.objectOf(g.object)
	first, had := o.writes.first()
	o.writes.insert(ref, func(m uint32) bool { return s.less(m, ref) })
	if now, _ := o.writes.first(); now != ref {
		s.setOverwrite(ref, true)
	} else if had {
		s.setOverwrite(ref, false)
		s.setOverwrite(first, true)
	}
}

// forgetWrite undoes it, while r still says what it said then.
func (s *state) forgetWrite(ref uint32) {
	r := s.requests.at(ref)
	if !r.has(bitWrite) {
		return
	}
	o := s.groups.at(r.group).subject.objects[s.groups.at(r.group).object]
	o.writes.remove(ref, func(m uint32) bool { return s.less(m, ref) })
	if first, left := o.writes.first(); left {
		s.setOverwrite(first, false)
	}
}

func (s *state) setOverwrite(ref uint32, over bool) {
	r := s.requests.at(ref)
	if r.has(bitOverwrite) == over {
		return
	}
	r.bits ^= bitOverwrite
	s.touchRequest(ref)
	s.touchAccess(s.sessionOf(ref).out.act, s.groups.at(r.group))
}
