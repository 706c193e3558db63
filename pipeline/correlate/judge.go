package correlate

import (
	"encoding/binary"
	"hash/fnv"

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

// judge applies the table of 6.2, row 1 left out: that needs the others of
// the grant.
func (s *state) judge(x *session) judgement {
	if !x.service() {
		return judgement{}
	}
	s.gather(x)
	anchor := x.anchor()
	candidates, failedOnly := x.held.candidates()
	j := judgement{failedOnly: failedOnly, systemFit: x.held.system, matching: len(candidates.matching) > 0}
	if x.group.person != "" {
		return s.judgeNamed(x, j)
	}
	best := s.preferred(candidates.acts, anchor)
	if best == nil {
		return j
	}
	j.chosen = best
	match := s.preferred(candidates.matching, anchor)
	if match != nil {
		j.chosen = match
	}
	j.confidence, j.flags = s.rows(x, candidates, best, match, failedOnly)
	return j
}

// rows 2 to 8, of the preferred of all candidates and of those that match.
func (s *state) rows(x *session, c *kin, best, match *act, failedOnly bool) (access.Confidence, uint32) {
	anchor, chosen := x.anchor(), best
	if match != nil {
		chosen = match
	}
	weak := func(c access.Confidence) access.Confidence {
		if c == access.Confidence_CONFIDENCE_NONE {
			return access.Confidence_CONFIDENCE_WEAK
		}
		return c
	}
	var confidence access.Confidence
	var flags uint32
	if (x.group.presigned && match == nil) || x.group.foreign {
		confidence, flags = weak(confidence), flags|access.FlagAddressMismatch
	}
	nobody := s.preferred(x.held.nobody.list(), anchor)
	outshone := nobody != nil && s.prefers(nobody, chosen, anchor)
	distant := chosen.sec < anchor-s.before || chosen.sec > anchor+s.skew
	if c.several {
		flags |= access.FlagContested
		switch {
		case confidence != access.Confidence_CONFIDENCE_NONE:
		case match != nil && !c.matchSeveral && samePerson(best, match) &&
			!outshone && !distant && !failedOnly:
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
	if failedOnly {
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
	if x.grant != nil && x.group.person == "" && !x.own.matching && x.grant.matching > 0 {
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
	p := &x.held.persons
	return p.several || len(p.acts) > 0 && !samePerson(p.acts[0], taken)
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
	case out.act != nil, x.group.person != "":
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

// shows says whether records of the session list its candidates.
func (x *session) shows(out *outcome) bool {
	return x.service() && !out.continues && (out.confidence == access.Confidence_CONFIDENCE_WEAK ||
		out.flags&(access.FlagContested|access.FlagLinkShared) != 0)
}

// mostCandidates are published.
const mostCandidates = 20

// eachRanked calls fn for the candidates of x in the order of preference,
// matching ones first, until it says no.
func (s *state) eachRanked(x *session, fn func(*act) bool) {
	candidates, _ := x.held.candidates()
	more := true
	s.eachPreferred(candidates.matching, x.anchor(), func(a *act) bool {
		more = fn(a)
		return more
	})
	if !more {
		return
	}
	s.eachPreferred(candidates.acts, x.anchor(), func(a *act) bool { return a.matches(x.group) || fn(a) })
}

// candidatesHash changes when the published list of candidates does.
func (s *state) candidatesHash(x *session, out *outcome) uint64 {
	if !x.shows(out) {
		return 0
	}
	h := fnv.New64a()
	var word [32]byte
	n := 0
	s.eachRanked(x, func(a *act) bool {
		copy(word[:16], a.id[:])
		binary.LittleEndian.PutUint64(word[16:], uint64(a.sec-x.anchor()))
		binary.LittleEndian.PutUint64(word[24:], a.told)
		_, _ = h.Write(word[:])
		n++
		return n < mostCandidates
	})
	return h.Sum64()
}
