package correlate_test

import (
	"cmp"
	"encoding/hex"
	"slices"
	"time"

	"earwitness/pipeline/access"
)

// compareRequests orders by second, then by identity field by field.
func compareRequests(a, b *oRequest) int {
	return cmp.Or(
		cmp.Compare(a.sec, b.sec),
		cmp.Compare(a.fact.Bucket, b.fact.Bucket),
		cmp.Compare(a.fact.RequestId, b.fact.RequestId),
		cmp.Compare(a.fact.HostId, b.fact.HostId),
		cmp.Compare(a.fact.Operation, b.fact.Operation),
		cmp.Compare(a.fact.Key, b.fact.Key),
		cmp.Compare(a.fact.VersionId, b.fact.VersionId),
	)
}

// compareSessions orders by first requests.
func compareSessions(a, b *oSession) int { return compareRequests(a.first(), b.first()) }

// foreign says whether r's address is outside of the contact centre's
// networks: only asked of its own requests that are not presigned, for a
// presigned link is meant to be used from elsewhere.
func (s *oSubject) foreign(r *oRequest) bool {
	ip := address(r.fact.RemoteIp)
	if len(s.rules.ServiceNetworks) == 0 || !ip.IsValid() || r.presigned ||
		r.principal != access.PrincipalClass_PRINCIPAL_CLASS_SERVICE {
		return false
	}
	for _, network := range s.rules.ServiceNetworks {
		if network.Contains(ip) {
			return false
		}
	}
	return true
}

// groupOf is section 5's group of a request.
func (s *oSubject) groupOf(r *oRequest) oGroup {
	g := oGroup{
		bucket: r.fact.Bucket, key: r.fact.Key,
		principal: r.principal, principalID: r.principalID,
		presigned: r.presigned,
		kind:      kindOfClass(r.class),
		person:    r.person,
		day:       dayOf(r.sec),
	}
	if r.presigned {
		g.grant = hex.EncodeToString(r.fact.Grant)
	}
	switch {
	case r.principal == access.PrincipalClass_PRINCIPAL_CLASS_AWS:
	case r.principal == access.PrincipalClass_PRINCIPAL_CLASS_SERVICE && !r.presigned && !s.foreign(r):
	default:
		g.address = canonical(r.fact.RemoteIp)
	}
	return g
}

func dayOf(sec int64) string { return time.Unix(sec, 0).UTC().Format(time.DateOnly) }

// dayStart gives the first second of day.
func dayStart(day string) time.Time {
	start, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return time.Time{}
	}
	return start
}

// cutSessions sorts the requests into groups, cuts the groups at their gaps
// and joins what runs over midnight.
func (s *oSubject) cutSessions() {
	gap := wholeSeconds(s.rules.SessionGap)
	slices.SortFunc(s.requests, compareRequests)
	groups := make(map[oGroup][]*oSession)
	for _, r := range s.requests {
		g := s.groupOf(r)
		sessions := groups[g]
		if n := len(sessions); n == 0 || r.sec-sessions[n-1].last().sec > gap {
			sessions = append(sessions, &oSession{group: g})
		}
		r.session = sessions[len(sessions)-1]
		r.session.requests = append(r.session.requests, r)
		groups[g] = sessions
	}
	for g, sessions := range groups {
		s.sessions = append(s.sessions, sessions...)
		yesterday := g
		yesterday.day = dayStart(g.day).AddDate(0, 0, -1).Format(time.DateOnly)
		if before := groups[yesterday]; len(before) > 0 {
			last := before[len(before)-1]
			if sessions[0].first().sec-last.last().sec <= gap {
				sessions[0].prev, last.next = last, sessions[0]
			}
		}
	}
	slices.SortFunc(s.sessions, compareSessions)
	for _, session := range s.sessions {
		session.class = session.group.kind
		if session.class == access.Class_CLASS_READ && !session.holds(access.Class_CLASS_READ) {
			session.class = access.Class_CLASS_PROBE
		}
	}
}

func (s *oSession) holds(class access.Class) bool {
	return slices.ContainsFunc(s.requests, func(r *oRequest) bool { return r.class == class })
}

// signing is the session's signing time in seconds: that of its first request
// that has one.
func (s *oSession) signing() (sec int64, signed bool) {
	for _, r := range s.requests {
		if r.presigned && r.fact.SigningTimeMs != 0 {
			return seconds(r.fact.SigningTimeMs), true
		}
	}
	return 0, false
}

// anchor is the signing time, else the first request.
func (s *oSession) anchor() int64 {
	if sec, signed := s.signing(); signed {
		return sec
	}
	return s.first().sec
}

func (s *oSession) isService() bool {
	return s.group.principal == access.PrincipalClass_PRINCIPAL_CLASS_SERVICE
}
