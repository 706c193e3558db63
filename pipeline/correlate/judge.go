package correlate

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"sort"

	"earwitness/pipeline/access"
)

// class is the session's: read where it holds a read.
func (x *session) class() access.Class {
	if x.group.kind == access.Class_CLASS_READ && x.reads == 0 {
		return access.Class_CLASS_PROBE
	}
	return x.group.kind
}

func (x *session) service() bool {
	return x.group.principal.class == access.PrincipalClass_PRINCIPAL_CLASS_SERVICE
}

// anchor is what distances are reckoned from (6.2).
func (x *session) anchor() int64 {
	if x.signing != 0 {
		return x.signing
	}
	return x.first
}

// window is a stretch of seconds, both ends included.
type window struct{ from, to int64 }

func (w window) holds(sec int64) bool { return w.from <= sec && sec <= w.to }

// windows of 6.1: that of the requests, and that of the signing time.
func (s *state) windows(x *session) (own, signed window) {
	own = window{x.first - s.before, x.last + s.after}
	signed = window{1, 0}
	if x.signing != 0 {
		signed = window{x.signing - s.before, x.signing + s.after}
	}
	return own, signed
}

// eachAct calls fn for the acts of the subject inside the windows, each once.
func (sub *subject) eachAct(own, signed window, fn func(a *act)) {
	sub.scan(own, fn)
	sub.scan(signed, func(a *act) {
		if !own.holds(a.sec) {
			fn(a)
		}
	})
}

func (sub *subject) scan(w window, fn func(a *act)) {
	i := sort.Search(len(sub.acts), func(i int) bool { return sub.acts[i].sec >= w.from })
	for ; i < len(sub.acts) && sub.acts[i].sec <= w.to; i++ {
		fn(sub.acts[i])
	}
}

// prefers says whether a comes before b in the order of 6.2.
func (s *state) prefers(a, b *act, anchor int64) bool {
	lateA, lateB := a.sec > anchor+s.skew, b.sec > anchor+s.skew
	if lateA != lateB {
		return lateB
	}
	if da, db := distance(a.sec, anchor), distance(b.sec, anchor); da != db {
		return da < db
	}
	if a.ms != b.ms {
		return a.ms < b.ms
	}
	return a.audit < b.audit
}

func distance(a, b int64) int64 {
	if a < b {
		return b - a
	}
	return a - b
}

// matches says whether one of the act's addresses is the session's.
func (a *act) matches(g *group) bool {
	if !g.presigned || !g.address.IsValid() {
		return false
	}
	for _, addr := range a.addrs {
		if addr == g.address {
			return true
		}
	}
	return false
}

// survey is what the windows of one session hold.
type survey struct {
	candidates  []*act
	failedOnly  bool
	best        *act // of all candidates
	bestMatch   *act // of those that match
	system      *act // preferred fitting act of system or unknown
	systemFit   bool
	persons     bool // several persons
	matchPerson bool // several persons among the matching
}

// survey looks through the windows. Only service sessions are surveyed.
func (s *state) survey(x *session) survey {
	own, signed := s.windows(x)
	var found survey
	var failed []*act
	class, anchor := x.class(), x.anchor()
	x.group.subject.eachAct(own, signed, func(a *act) {
		switch {
		case !fits(a.class, class):
		case a.isPerson() && a.failed:
			failed = append(failed, a)
		case a.isPerson():
			found.candidates = append(found.candidates, a)
		case !a.failed:
			if found.system == nil || s.prefers(a, found.system, anchor) {
				found.system = a
			}
			if a.actor == access.ActorKind_ACTOR_KIND_SYSTEM {
				found.systemFit = true
			}
		}
	})
	if len(found.candidates) == 0 && len(failed) > 0 {
		found.candidates, found.failedOnly = failed, true
	}
	s.rank(x, &found)
	return found
}

func (s *state) rank(x *session, found *survey) {
	anchor := x.anchor()
	var person, matchPerson *act
	for _, a := range found.candidates {
		if found.best == nil || s.prefers(a, found.best, anchor) {
			found.best = a
		}
		if person == nil {
			person = a
		} else if !samePerson(person, a) {
			found.persons = true
		}
		if !a.matches(x.group) {
			continue
		}
		if found.bestMatch == nil || s.prefers(a, found.bestMatch, anchor) {
			found.bestMatch = a
		}
		if matchPerson == nil {
			matchPerson = a
		} else if !samePerson(matchPerson, a) {
			found.matchPerson = true
		}
	}
}

// judge applies the table of 6.2, row 1 left out: that needs the others of
// the grant.
func (s *state) judge(x *session) judgement {
	if !x.service() {
		return judgement{}
	}
	found := s.survey(x)
	j := judgement{candidates: found.candidates, failedOnly: found.failedOnly, systemFit: found.systemFit}
	if found.best == nil {
		return j
	}
	j.matching = found.bestMatch != nil
	j.chosen = found.best
	if j.matching {
		j.chosen = found.bestMatch
	}
	j.confidence, j.flags = s.rows(x, &found, j.chosen)
	return j
}

// rows 2 to 8.
func (s *state) rows(x *session, found *survey, chosen *act) (access.Confidence, uint32) {
	anchor := x.anchor()
	weak := func(c access.Confidence) access.Confidence {
		if c == access.Confidence_CONFIDENCE_NONE {
			return access.Confidence_CONFIDENCE_WEAK
		}
		return c
	}
	var confidence access.Confidence
	var flags uint32
	if (x.group.presigned && found.bestMatch == nil) || x.group.foreign {
		confidence, flags = weak(confidence), flags|access.FlagAddressMismatch
	}
	outshone := found.system != nil && s.prefers(found.system, chosen, anchor)
	distant := chosen.sec < anchor-s.before || chosen.sec > anchor+s.skew
	if found.persons {
		flags |= access.FlagContested
		switch {
		case confidence != access.Confidence_CONFIDENCE_NONE:
		case found.bestMatch != nil && !found.matchPerson && samePerson(found.best, found.bestMatch) &&
			!outshone && !distant && !found.failedOnly:
			confidence = access.Confidence_CONFIDENCE_STRONG
		default:
			confidence = access.Confidence_CONFIDENCE_WEAK
		}
	}
	if outshone {
		confidence, flags = weak(confidence), flags|access.FlagContested
	}
	if distant {
		confidence, flags = weak(confidence), flags|access.FlagDistant
	}
	if found.failedOnly {
		confidence, flags = weak(confidence), flags|access.FlagActFailed
	}
	switch {
	case confidence != access.Confidence_CONFIDENCE_NONE:
	case x.group.presigned:
		confidence = access.Confidence_CONFIDENCE_EXACT
	default:
		confidence = access.Confidence_CONFIDENCE_STRONG
	}
	return confidence, flags
}

// conclude says what x ends up with: what it continues, what its grant says,
// and its own judgement, in this order.
func (s *state) conclude(x *session) outcome {
	out := outcome{final: s.covered(s.chainEnd(x))}
	if before := s.predecessor(x); before != nil {
		out.continues = true
		if x.service() {
			out.act, out.told = before.out.act, before.out.told
			out.confidence, out.flags = before.out.confidence, before.out.flags
			if out.act != nil && s.rivalled(x, out.act) {
				out.confidence, out.flags = access.Confidence_CONFIDENCE_WEAK, out.flags|access.FlagContested
			}
		}
	} else if x.service() {
		s.concludeOwn(x, &out)
	}
	out.verdict = s.sessionVerdict(x, &out)
	out.candidates = s.candidatesHash(x, &out)
	return out
}

func (s *state) concludeOwn(x *session, out *outcome) {
	if x.grant != nil && !x.own.matching && x.grant.matching > 0 {
		out.flags = access.FlagLinkShared
		return
	}
	out.act, out.confidence, out.flags = x.own.chosen, x.own.confidence, x.own.flags
	if out.act != nil {
		out.told = out.act.told
	}
	if out.act != nil && x.grant != nil && x.grant.shared() {
		out.flags |= access.FlagLinkShared
	}
}

// rivalled is the exception of section 6: the windows of a session that
// continues hold a fitting act, not failed, of another person.
func (s *state) rivalled(x *session, taken *act) bool {
	own, signed := s.windows(x)
	rival := false
	x.group.subject.eachAct(own, signed, func(a *act) {
		rival = rival || (a.isPerson() && !a.failed && fits(a.class, x.class()) && !samePerson(a, taken))
	})
	return rival
}

// sessionVerdict is the table of section 7 for a session.
func (s *state) sessionVerdict(x *session, out *outcome) access.Verdict {
	class := x.class()
	switch x.group.principal.class {
	case access.PrincipalClass_PRINCIPAL_CLASS_AWS, access.PrincipalClass_PRINCIPAL_CLASS_SELF:
		return access.Verdict_VERDICT_SYSTEM
	case access.PrincipalClass_PRINCIPAL_CLASS_ANONYMOUS:
		if x.options == x.n {
			return access.Verdict_VERDICT_SYSTEM
		}
		return access.Verdict_VERDICT_ANONYMOUS
	case access.PrincipalClass_PRINCIPAL_CLASS_DIRECT:
		return access.Verdict_VERDICT_DIRECT
	}
	switch {
	case out.act != nil:
		return access.Verdict_VERDICT_ATTRIBUTED
	case !x.group.presigned && (class == access.Class_CLASS_WRITE || class == access.Class_CLASS_PROBE || class == access.Class_CLASS_OTHER):
		return access.Verdict_VERDICT_SERVICE
	case !out.final:
		return access.Verdict_VERDICT_OPEN
	case (class == access.Class_CLASS_DELETE || class == access.Class_CLASS_CHANGE) && x.own.systemFit:
		return access.Verdict_VERDICT_SERVICE
	}
	return access.Verdict_VERDICT_UNATTRIBUTED
}

// showsCandidates says whether records of the session list its candidates.
func (x *session) showsCandidates() bool {
	return x.service() && !x.out.continues && (x.out.confidence == access.Confidence_CONFIDENCE_WEAK ||
		x.out.flags&(access.FlagContested|access.FlagLinkShared) != 0)
}

// mostCandidates are published.
const mostCandidates = 20

// ranked gives the candidates of x in the order of preference.
func (s *state) ranked(x *session) []*act {
	candidates, anchor := slices.Clone(x.own.candidates), x.anchor()
	sort.Slice(candidates, func(i, j int) bool {
		a, b := candidates[i], candidates[j]
		if ma, mb := a.matches(x.group), b.matches(x.group); ma != mb {
			return ma
		}
		return s.prefers(a, b, anchor)
	})
	return candidates
}

// candidatesHash changes when the published list of candidates does.
func (s *state) candidatesHash(x *session, out *outcome) uint64 {
	shown := *x
	shown.out = *out
	if !shown.showsCandidates() {
		return 0
	}
	h := fnv.New64a()
	var word [32]byte
	for i, a := range s.ranked(&shown) {
		if i == mostCandidates {
			break
		}
		copy(word[:16], a.id[:])
		binary.LittleEndian.PutUint64(word[16:], uint64(a.sec-x.anchor()))
		binary.LittleEndian.PutUint64(word[24:], a.told)
		_, _ = h.Write(word[:])
	}
	return h.Sum64()
}
