package correlate_test

import (
	"slices"

	"earwitness/pipeline/access"
)

// judgeSessions is section 6: who was it.
func (s *oSubject) judgeSessions() {
	for _, session := range s.sessions {
		if session.isService() && session.prev == nil {
			session.candidates = s.candidatesOf(session)
		}
	}
	for _, session := range s.sessions {
		if session.isService() && session.prev == nil {
			s.choose(session)
		}
	}
	for _, session := range s.sessions {
		if session.chosen != nil && s.grantIsShared(session) {
			session.flags |= access.FlagLinkShared
		}
	}
	// In order of time, so that a predecessor has ended up with its own.
	for _, session := range s.sessions {
		if session.isService() && session.prev != nil {
			s.takeOver(session)
		}
	}
}

// inWindows says whether act lies in one of the session's windows, both ends
// included.
func (s *oSubject) inWindows(session *oSession, act *oAct) bool {
	before, after := wholeSeconds(s.rules.Before), wholeSeconds(s.rules.After)
	if act.sec >= session.first().sec-before && act.sec <= session.last().sec+after {
		return true
	}
	signing, signed := session.signing()
	return signed && act.sec >= signing-before && act.sec <= signing+after
}

// inReach are the fitting acts inside the session's windows.
func (s *oSubject) inReach(session *oSession, wanted func(*oAct) bool) []*oAct {
	var acts []*oAct
	for _, act := range s.acts {
		if act.fits(session.class) && s.inWindows(session, act) && wanted(act) {
			acts = append(acts, act)
		}
	}
	return acts
}

// candidatesOf is 6.1, in the order of 6.2.
func (s *oSubject) candidatesOf(session *oSession) []*oAct {
	acts := s.inReach(session, func(a *oAct) bool { return a.isPerson() && !a.failed })
	if len(acts) == 0 {
		acts = s.inReach(session, func(a *oAct) bool { return a.isPerson() && a.failed })
	}
	slices.SortFunc(acts, func(a, b *oAct) int { return s.compareActs(session, a, b) })
	return acts
}

// compareActs is the order of preference of 6.2, addresses aside.
func (s *oSubject) compareActs(session *oSession, a, b *oAct) int {
	anchor := session.anchor()
	late := func(act *oAct) bool { return act.sec > anchor+wholeSeconds(s.rules.Skew) }
	switch {
	case a == b:
		return 0
	case late(a) != late(b):
		if late(b) {
			return -1
		}
		return 1
	case distance(a.sec, anchor) != distance(b.sec, anchor):
		if distance(a.sec, anchor) < distance(b.sec, anchor) {
			return -1
		}
		return 1
	case a.fact.TimeMs != b.fact.TimeMs:
		if a.fact.TimeMs < b.fact.TimeMs {
			return -1
		}
		return 1
	case a.fact.AuditId < b.fact.AuditId:
		return -1
	}
	return 1
}

func distance(a, b int64) int64 { return max(a-b, b-a) }

// matching are the candidates of a presigned session that share its address.
func (s *oSession) matching() []*oAct {
	if !s.group.presigned || s.group.address == "" {
		return nil
	}
	var acts []*oAct
	for _, act := range s.candidates {
		if slices.Contains(addresses(act.fact.RemoteIps), address(s.group.address)) {
			acts = append(acts, act)
		}
	}
	return acts
}

// rowOne says whether row 1 of 6.2 applies.
func (s *oSubject) rowOne(session *oSession) bool {
	if !session.isService() || session.prev != nil || !session.group.presigned || session.group.person != "" ||
		session.group.grant == "" || len(session.matching()) > 0 {
		return false
	}
	for _, other := range s.sessions {
		if other != session && other.group.grant == session.group.grant && len(other.matching()) > 0 {
			return true
		}
	}
	return false
}

// grantIsShared says whether row 1 applies to a session of session's grant.
func (s *oSubject) grantIsShared(session *oSession) bool {
	return slices.ContainsFunc(s.sessions, func(other *oSession) bool {
		return other.group.grant == session.group.grant && s.rowOne(other)
	})
}

// choose is the table of 6.2.
func (s *oSubject) choose(session *oSession) {
	if session.group.person != "" {
		s.judgeNamed(session)
		return
	}
	if s.rowOne(session) { // row 1
		session.flags = access.FlagLinkShared
		return
	}
	if len(session.candidates) == 0 {
		return
	}
	matching := session.matching()
	session.chosen = session.candidates[0]
	if len(matching) > 0 {
		session.chosen = matching[0]
	}
	session.confidence = access.Confidence_CONFIDENCE_STRONG // row 8
	if session.group.presigned {
		session.confidence = access.Confidence_CONFIDENCE_EXACT // row 7
	}
	if session.candidates[0].failed { // row 6
		session.flags |= access.FlagActFailed
		session.confidence = access.Confidence_CONFIDENCE_WEAK
	}
	if s.isDistant(session) { // row 5
		session.flags |= access.FlagDistant
		session.confidence = access.Confidence_CONFIDENCE_WEAK
	}
	nobodys := s.inReach(session, func(a *oAct) bool { return !a.isPerson() && !a.failed })
	if slices.ContainsFunc(nobodys, func(a *oAct) bool { return s.compareActs(session, a, session.chosen) < 0 }) { // row 4
		session.flags |= access.FlagContested
		session.confidence = access.Confidence_CONFIDENCE_WEAK
	}
	if severalPersons(session.candidates) { // row 3
		session.flags |= access.FlagContested
		agreed := len(matching) > 0 && !severalPersons(matching) && samePerson(session.candidates[0], matching[0])
		switch {
		case !agreed:
			session.confidence = access.Confidence_CONFIDENCE_WEAK
		case session.confidence == access.Confidence_CONFIDENCE_EXACT:
			session.confidence = access.Confidence_CONFIDENCE_STRONG
		}
	}
	if (session.group.presigned && len(matching) == 0) || s.foreign(session.first()) { // row 2
		session.flags |= access.FlagAddressMismatch
		session.confidence = access.Confidence_CONFIDENCE_WEAK
	}
}

func (s *oSubject) isDistant(session *oSession) bool {
	anchor := session.anchor()
	return session.chosen.sec < anchor-wholeSeconds(s.rules.Before) ||
		session.chosen.sec > anchor+wholeSeconds(s.rules.Skew)
}

func severalPersons(acts []*oAct) bool {
	return slices.ContainsFunc(acts, func(a *oAct) bool { return !samePerson(a, acts[0]) })
}

// takeOver is what a session that continues another ends up with.
func (s *oSubject) takeOver(session *oSession) {
	session.chosen = session.prev.chosen
	session.confidence = session.prev.confidence
	session.flags = session.prev.flags
	if session.chosen == nil {
		return
	}
	others := s.inReach(session, func(a *oAct) bool {
		return a.isPerson() && !a.failed && !samePerson(a, session.chosen)
	})
	if len(others) > 0 {
		session.confidence = access.Confidence_CONFIDENCE_WEAK
		session.flags |= access.FlagContested
	}
}
