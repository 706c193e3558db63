package correlate_test

import (
	"slices"
	"strings"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

// formAccesses is section 7: every act is one access with the sessions that
// chose it; the sessions of a group that chose none are together another.
func (s *oSubject) formAccesses() {
	for _, act := range s.acts {
		a := &oAccess{id: evidence.ActID(act.fact.AuditId), act: act}
		for _, session := range s.sessions {
			if session.chosen == act {
				a.sessions = append(a.sessions, session)
			}
		}
		s.accesses = append(s.accesses, a)
	}
	ofGroup := make(map[oGroup]*oAccess)
	for _, session := range s.sessions {
		if session.chosen != nil {
			continue
		}
		a := ofGroup[session.group]
		if a == nil {
			a = &oAccess{id: session.group.id()}
			ofGroup[session.group] = a
			s.accesses = append(s.accesses, a)
		}
		a.sessions = append(a.sessions, session)
	}
	for _, a := range s.accesses {
		for _, session := range a.sessions {
			a.requests = append(a.requests, session.requests...)
		}
		slices.SortFunc(a.requests, compareRequests)
		a.verdict = s.verdictOfAccess(a)
		a.final = s.accessIsFinal(a)
		a.flags = s.flagsOfAccess(a)
	}
}

// id is the identity of the access of a group (section 11).
func (g oGroup) id() evidence.ID {
	presigned := ""
	if g.presigned {
		presigned = "presigned"
	}
	return evidence.GroupID(g.bucket, g.key, g.principal.Name(), g.principalID, presigned, g.grant,
		g.kind.Name(), g.address, g.person, g.day)
}

// verdictOfSession is the table of verdicts for a session and its requests.
func (s *oSubject) verdictOfSession(session *oSession) access.Verdict {
	if session.chosen != nil || session.group.person != "" {
		return access.Verdict_VERDICT_ATTRIBUTED
	}
	class := session.class
	easy := class == access.Class_CLASS_WRITE || class == access.Class_CLASS_PROBE || class == access.Class_CLASS_OTHER
	preflights := !slices.ContainsFunc(session.requests, func(r *oRequest) bool { return !r.isPreflight() })
	principal := session.group.principal
	switch {
	case session.isService() && !session.group.presigned && easy:
		return access.Verdict_VERDICT_SERVICE
	case principal == access.PrincipalClass_PRINCIPAL_CLASS_AWS,
		principal == access.PrincipalClass_PRINCIPAL_CLASS_SELF,
		principal == access.PrincipalClass_PRINCIPAL_CLASS_ANONYMOUS && preflights:
		return access.Verdict_VERDICT_SYSTEM
	case principal == access.PrincipalClass_PRINCIPAL_CLASS_DIRECT:
		return access.Verdict_VERDICT_DIRECT
	case principal == access.PrincipalClass_PRINCIPAL_CLASS_ANONYMOUS:
		return access.Verdict_VERDICT_ANONYMOUS
	case !s.sessionIsFinal(session):
		return access.Verdict_VERDICT_OPEN
	}
	bySystem := s.inReach(session, func(a *oAct) bool {
		return a.actor == access.ActorKind_ACTOR_KIND_SYSTEM && !a.failed
	})
	if (class == access.Class_CLASS_DELETE || class == access.Class_CLASS_CHANGE) && len(bySystem) > 0 {
		return access.Verdict_VERDICT_SERVICE
	}
	return access.Verdict_VERDICT_UNATTRIBUTED
}

func (s *oSubject) verdictOfAccess(a *oAccess) access.Verdict {
	if a.act != nil {
		switch {
		case a.act.isPerson() && len(a.sessions) > 0:
			return access.Verdict_VERDICT_ATTRIBUTED
		case a.act.isPerson(), a.act.actor == access.ActorKind_ACTOR_KIND_UNKNOWN:
			return access.Verdict_VERDICT_AUDIT_ONLY
		}
		return access.Verdict_VERDICT_SERVICE
	}
	verdicts := make(map[access.Verdict]bool)
	for _, session := range a.sessions {
		verdicts[s.verdictOfSession(session)] = true
	}
	for _, verdict := range []access.Verdict{
		access.Verdict_VERDICT_UNATTRIBUTED, access.Verdict_VERDICT_OPEN, access.Verdict_VERDICT_ANONYMOUS,
		access.Verdict_VERDICT_SERVICE, access.Verdict_VERDICT_SYSTEM,
	} {
		if verdicts[verdict] {
			return verdict
		}
	}
	return s.verdictOfSession(a.sessions[0])
}

// settled is L of section 9 in seconds.
func (s *oSubject) settled() int64 {
	return max(wholeSeconds(s.rules.SessionGap), wholeSeconds(s.rules.Before), wholeSeconds(s.rules.After))
}

func (s *oSubject) sessionIsFinal(session *oSession) bool {
	for session.next != nil {
		session = session.next
	}
	return s.covered > session.last().sec+s.settled()
}

func (s *oSubject) accessIsFinal(a *oAccess) bool {
	waitsFor := a.sessions
	until := int64(0)
	if a.act != nil {
		until = a.act.sec
		waitsFor = nil
		for _, session := range s.sessions {
			if slices.Contains(session.candidates, a.act) {
				waitsFor = append(waitsFor, session)
			}
		}
	} else {
		until = dayStart(a.sessions[0].group.day).AddDate(0, 0, 1).Unix()
	}
	pending := func(session *oSession) bool { return !s.sessionIsFinal(session) }
	return s.covered > until+s.settled() && !slices.ContainsFunc(waitsFor, pending)
}

func (r *oRequest) isPreflight() bool { return strings.HasPrefix(r.fact.Operation, "REST.OPTIONS.") }

func (r *oRequest) isMedia() bool { return r.fact.ObjectKind == evidence.ObjectKind_OBJECT_KIND_MEDIA }

func (r *oRequest) failed() bool { return r.fact.Status >= 400 || r.fact.ErrorCode != "" }

// isCompletedWrite: of the row overwrite.
func (r *oRequest) isCompletedWrite() bool {
	switch r.fact.Operation {
	case "REST.PUT.OBJECT", "REST.POST.OBJECT", "REST.POST.UPLOAD", "REST.COPY.OBJECT":
		return r.fact.Status == 200 && r.fact.Key != ""
	}
	return false
}

// flagsOfRequest are its own further flags.
func (s *oSubject) flagsOfRequest(r *oRequest) uint32 {
	flags := uint32(0)
	class := r.class
	switch r.principal {
	case access.PrincipalClass_PRINCIPAL_CLASS_SERVICE:
		if s.rules.Model == access.Model_MODEL_EXPORT &&
			(class == access.Class_CLASS_READ || class == access.Class_CLASS_DELETE) {
			flags |= access.FlagUnexpected
		}
	case access.PrincipalClass_PRINCIPAL_CLASS_SELF:
		if (class == access.Class_CLASS_READ && r.isMedia()) || class == access.Class_CLASS_WRITE ||
			class == access.Class_CLASS_DELETE || class == access.Class_CLASS_CHANGE {
			flags |= access.FlagUnexpected
		}
	}
	if r.isPreflight() {
		flags |= access.FlagPreflight
	}
	if r.isCompletedWrite() && slices.ContainsFunc(s.requests, func(earlier *oRequest) bool {
		return earlier.isCompletedWrite() && earlier.fact.Bucket == r.fact.Bucket &&
			earlier.fact.Key == r.fact.Key && compareRequests(earlier, r) < 0
	}) {
		flags |= access.FlagOverwrite
	}
	return flags
}

func (s *oSubject) flagsOfAccess(a *oAccess) uint32 {
	flags := uint32(0)
	for _, session := range a.sessions {
		flags |= session.flags
	}
	for _, r := range a.requests {
		flags |= s.flagsOfRequest(r)
	}
	if _, copied := takenOf(a.requests); copied {
		flags |= access.FlagCopied
	}
	if a.act == nil {
		return flags
	}
	wanted := false
	for _, session := range s.sessions {
		if !slices.Contains(session.candidates, a.act) {
			continue
		}
		wanted = true
		if session.flags&access.FlagContested != 0 && session.chosen != a.act {
			flags |= access.FlagContested
		}
	}
	action := strings.ToLower(a.act.fact.Action)
	if a.final && s.rules.Model == access.Model_MODEL_DIRECT && a.verdict == access.Verdict_VERDICT_AUDIT_ONLY &&
		!a.act.failed && !wanted &&
		(a.act.class == access.Class_CLASS_READ || a.act.class == access.Class_CLASS_DELETE ||
			action == "create" || action == "export") {
		flags |= access.FlagStorageMissing
	}
	return flags
}
