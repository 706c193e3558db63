package correlate_test

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"earwitness/pipeline/access"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// joinTrails gives each CloudTrail event to the requests of the access log
// that have its request id, host id and key (section 1), and takes it from
// where it stood by its own identity.
func joinTrails(identities map[string][]*evidence.Evidence) {
	isLogged := func(pieces []*evidence.Evidence) bool { return pieces[0].Kind == evidence.Kind_KIND_ACCESS_LOG }
	given := make(map[string][]*evidence.Evidence)
	for name, pieces := range identities {
		left := slices.DeleteFunc(slices.Clone(pieces), func(p *evidence.Evidence) bool {
			if p.Kind != evidence.Kind_KIND_CLOUDTRAIL || p.GetRequest() == nil {
				return false
			}
			taken, stays := false, false
			for other, lines := range identities {
				if isLogged(lines) && sameCall(lines[0], p) {
					taken = true
					if stays = stays || other == name; other != name {
						given[other] = append(given[other], p)
					}
				}
			}
			return taken && !stays
		})
		if len(left) > 0 {
			given[name] = append(given[name], left...)
		}
	}
	clear(identities)
	for name, pieces := range given {
		sortPieces(pieces)
		identities[name] = slices.CompactFunc(pieces, func(a, b *evidence.Evidence) bool { return bytes.Equal(a.Id, b.Id) })
	}
}

// sameCall says whether a line tells of the call that an event is about.
func sameCall(line, event *evidence.Evidence) bool {
	l, e := line.GetRequest(), event.GetRequest()
	return line.SubjectKind == event.SubjectKind && line.SubjectId == event.SubjectId && l.GetBucket() == e.Bucket &&
		e.RequestId != "" && e.HostId != "" && l.GetRequestId() == e.RequestId && l.GetHostId() == e.HostId && l.GetKey() == e.Key
}

// namePerson is 6.3: who CloudTrail says it was, and whether that is sure.
func namePerson(rules correlate.Rules, r *oRequest) (person string, sure bool) {
	if r.principal != access.PrincipalClass_PRINCIPAL_CLASS_SERVICE || r.fact.Trail == nil {
		return "", false
	}
	for _, rule := range rules.People {
		name := r.fact.Trail.GetCaller().GetSourceIdentity()
		if !rule.SourceIdentity {
			_, name = evidence.SplitRoleSession(r.fact.Trail.GetCaller().GetArn())
		}
		if len(name) <= len(rule.Prefix)+len(rule.Suffix) || !strings.HasPrefix(name, rule.Prefix) || !strings.HasSuffix(name, rule.Suffix) {
			continue
		}
		name = name[len(rule.Prefix) : len(name)-len(rule.Suffix)]
		if len(rule.Users) > 0 {
			name = rule.Users[name]
		}
		if name != "" {
			return evidence.LowerUUID(name), rule.Enforced
		}
	}
	return "", false
}

// judgeNamed is what a session ends up with whose person is named.
func (s *oSubject) judgeNamed(session *oSession) {
	session.confidence = access.Confidence_CONFIDENCE_EXACT
	for _, r := range session.requests {
		if !r.sure {
			session.confidence = access.Confidence_CONFIDENCE_STRONG
		}
	}
	for _, act := range session.preference() {
		theirs := act.actor == access.ActorKind_ACTOR_KIND_USER && act.actorID == session.group.person
		if act.failed {
			session.flags |= access.FlagActFailed
		}
		if !theirs {
			session.flags |= access.FlagContested
		} else if session.chosen == nil {
			session.chosen = act
		}
	}
}

// personOf is the person of a session: its act's, or whom CloudTrail names.
func (s *oSession) personOf() *access.Person {
	switch {
	case s.chosen != nil:
		return s.chosen.person()
	case s.group.person != "":
		return &access.Person{Id: s.group.person, Kind: access.ActorKind_ACTOR_KIND_USER}
	}
	return nil
}

// movedFrom are the times of the pieces on other days than the request's.
func (r *oRequest) movedFrom() []int64 {
	ofDay := make(map[string]int64)
	for _, p := range r.pieces {
		ms := p.GetRequest().TimeMs
		if day := dayOf(seconds(ms)); ms != 0 && day != dayOf(r.sec) {
			if at, known := ofDay[day]; !known || ms < at {
				ofDay[day] = ms
			}
		}
	}
	var times []int64
	for _, ms := range ofDay {
		times = append(times, ms)
	}
	slices.Sort(times)
	return times
}

// usesFor are the calls of KMS for the object of a read or write by its caller,
// at most the skew away, by second and event.
func (s *oSubject) usesFor(r *oRequest) []*evidence.KeyUse {
	if r.class != access.Class_CLASS_READ && r.class != access.Class_CLASS_WRITE {
		return nil
	}
	var uses []*evidence.KeyUse
	for _, u := range s.uses {
		if u.Bucket == r.fact.Bucket && u.Key == r.fact.Key && u.Requester == r.fact.Requester &&
			distance(seconds(u.TimeMs), r.sec) <= wholeSeconds(s.rules.Skew) {
			uses = append(uses, u)
		}
	}
	slices.SortFunc(uses, func(a, b *evidence.KeyUse) int {
		return cmp.Or(cmp.Compare(seconds(a.TimeMs), seconds(b.TimeMs)), cmp.Compare(a.EventId, b.EventId))
	})
	return uses[:min(len(uses), 20)]
}
