package correlate

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"slices"
	"strings"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

// actRecord is the access of an act.
func (s *state) actRecord(a *act) *access.Record {
	pieces := s.load(a.pieces)
	fact := mergeActs(pieces)
	sessions := s.inOrder(a.sessions)
	sum := s.sum(sessions)
	rec := s.accessRecord(a.id, a.subject, a.subject.id, sessions, sum)
	rec.Class, rec.Verdict = a.class, verdictOfAct(a)
	rec.State = stateOf(s.covered(a.sec) && a.unsettled == 0)
	rec.Act, rec.TimeMs, rec.Action = fact, a.ms, "genesys."+strings.ToLower(fact.Action)
	rec.Failed = rec.Failed || a.failed
	if sum.n == 0 {
		rec.StartMs, rec.EndMs = a.ms, a.ms
	}
	rec.StartMs, rec.EndMs = min(rec.StartMs, a.ms), max(rec.EndMs, a.ms)
	rec.OrganizationId = cmp.Or(fact.OrganizationId, rec.OrganizationId)
	rec.ConversationId = cmp.Or(fact.ConversationId, rec.ConversationId)
	s.decorateRecord(rec, a.subject)
	ips, users := sum.ips(s), sum.users(s)
	if len(a.addrs) > 0 {
		rec.SourceIp = a.addrs[0].String()
	}
	for _, addr := range a.addrs {
		ips = append(ips, addr.String())
	}
	rec.RelatedIps, rec.RelatedUsers = related(ips...), related(append(users, a.person)...)
	if rec.Verdict == access.Verdict_VERDICT_ATTRIBUTED || rec.Verdict == access.Verdict_VERDICT_AUDIT_ONLY {
		rec.Person = s.personOf(a)
	}
	if rec.Verdict == access.Verdict_VERDICT_ATTRIBUTED {
		rec.Confidence = access.Confidence_CONFIDENCE_EXACT
		for _, x := range sessions {
			rec.Confidence = min(rec.Confidence, x.out.confidence)
		}
	}
	rec.Flags |= s.flagsOfAct(a, rec)
	for _, x := range sessions {
		if !x.out.continues {
			rec.Sessions++
		}
	}
	for _, p := range a.pieces {
		sum.ids = append(sum.ids, p.id)
	}
	s.prove(rec, references(pieces), sum)
	rec.Arrival = arrival(a.acc.touched, min(a.arrived, sum.arrivedOr(a.arrived)), a.ms, a.acc.late || sum.late)
	return rec
}

func verdictOfAct(a *act) access.Verdict {
	switch {
	case a.isPerson() && len(a.sessions) > 0:
		return access.Verdict_VERDICT_ATTRIBUTED
	case a.actor == access.ActorKind_ACTOR_KIND_SYSTEM:
		return access.Verdict_VERDICT_SERVICE
	}
	return access.Verdict_VERDICT_AUDIT_ONLY
}

func (s *state) flagsOfAct(a *act, rec *access.Record) (flags uint32) {
	if a.slighted > 0 {
		flags |= access.FlagContested
	}
	if rec.State == access.State_STATE_FINAL && s.rules.Model == access.Model_MODEL_DIRECT && a.held == 0 &&
		rec.Verdict == access.Verdict_VERDICT_AUDIT_ONLY && !a.failed && a.missing {
		flags |= access.FlagStorageMissing
	}
	return flags
}

// groupRecord is the access of the sessions of g that chose no act, or its
// retraction when there is none.
func (s *state) groupRecord(g *group) *access.Record {
	if !g.acc.exists {
		return s.retracted(g)
	}
	var sessions []*session
	for _, x := range g.sessions {
		if x.out.act == nil {
			sessions = append(sessions, x)
		}
	}
	sum := s.sum(sessions)
	rec := s.accessRecord(g.id, g.subject, g.subject.published(g), sessions, sum)
	rec.Class, rec.Verdict = sessions[0].class(), verdictOfGroup(sessions)
	final := s.covered(g.dayEnd())
	for _, x := range sessions {
		if x.class() == access.Class_CLASS_READ {
			rec.Class = access.Class_CLASS_READ
		}
		final = final && x.out.final
	}
	s.decorateRecord(rec, g.subject)
	rec.State = stateOf(final)
	rec.Sessions = int64(len(sessions))
	for _, ref := range sum.refs {
		if s.requests.at(ref).class == rec.Class {
			rec.Action = s.fact(s.requests.at(ref).body).Operation
			break
		}
	}
	if rec.Failed {
		rec.ErrorCode = sum.first.ErrorCode
	}
	rec.RelatedIps, rec.RelatedUsers = related(sum.ips(s)...), related(append(sum.users(s), g.person)...)
	if rec.Person = s.nameUser(g.namedPerson(), g.subject); rec.Person != nil {
		rec.Confidence = access.Confidence_CONFIDENCE_EXACT
		for _, x := range sessions {
			rec.Confidence = min(rec.Confidence, x.out.confidence)
		}
	}
	s.prove(rec, nil, sum)
	rec.Arrival = arrival(g.acc.touched, sum.arrived, rec.TimeMs, sum.late)
	return rec
}

// retracted says that what stood is void, and where its first request went.
func (s *state) retracted(g *group) *access.Record {
	successor := g.successor
	return &access.Record{
		Id: g.id[:], AccessId: g.id[:], Kind: access.Kind_KIND_ACCESS, State: access.State_STATE_RETRACTED,
		SubjectKind: g.subject.kind, SubjectId: g.subject.published(g), TimeMs: g.originTime, Model: s.rules.Model,
		Successor: successor[:], RecordingId: g.subject.recording(), Bucket: g.object.bucket, Key: g.object.key,
		Arrival: arrival(g.acc.touched, g.acc.touched.ms, g.originTime, false),
	}
}

// verdictOfGroup: where sessions differ the first of the row.
func verdictOfGroup(sessions []*session) access.Verdict {
	for _, verdict := range [...]access.Verdict{
		access.Verdict_VERDICT_UNATTRIBUTED, access.Verdict_VERDICT_OPEN, access.Verdict_VERDICT_ANONYMOUS,
		access.Verdict_VERDICT_SERVICE, access.Verdict_VERDICT_SYSTEM,
	} {
		if slices.ContainsFunc(sessions, func(x *session) bool { return x.out.verdict == verdict }) {
			return verdict
		}
	}
	return sessions[0].out.verdict
}

// accessRecord is what accesses of both sorts have in common.
func (s *state) accessRecord(id evidence.ID, sub *subject, subjectID string, sessions []*session, sum *sum) *access.Record {
	rec := &access.Record{
		Id: id[:], AccessId: id[:], Kind: access.Kind_KIND_ACCESS, SubjectKind: sub.kind, SubjectId: subjectID,
		Model: s.rules.Model, RecordingId: sub.recording(), Candidates: s.listCandidates(sessions),
		Requests: int64(sum.n), Bytes: sum.bytes, Failed: sum.n > 0 && sum.failed == sum.n, Flags: sum.flags,
		Taken: sum.taken.answer(), PrincipalClass: sum.principal.class, PrincipalId: sum.principal.id,
		PrincipalSession: sum.principal.session, Presigned: sum.presigned, Grant: sum.grant,
		StartMs: sum.start, EndMs: sum.end, ObjectSize: sum.size, SourceIp: s.addressText(sum.address),
	}
	if sum.taken.copied() {
		rec.Flags |= access.FlagCopied
	}
	for _, x := range sessions {
		rec.Flags |= x.out.flags
	}
	if first := sum.first; first != nil {
		rec.TimeMs = first.TimeMs
		rec.Bucket, rec.Key, rec.SourceRegion = first.Bucket, first.Key, first.SourceRegion
		rec.OrganizationId, rec.ConversationId = first.OrganizationId, first.ConversationId
	}
	return rec
}

// prove lists the evidence, and roots all of it: SHA-256 over the sorted ids.
func (s *state) prove(rec *access.Record, listed []*access.EvidenceRef, sum *sum) {
	for i, ref := range sum.refs {
		if i == mostRequests {
			break
		}
		p := s.bodies.reference(s.requests.at(ref).body)
		listed = append(listed, &access.EvidenceRef{Id: p.ID, Kind: p.Kind, Origin: p.Origin})
	}
	rec.Evidence, rec.EvidenceCount = listed, int64(len(sum.ids))
	slices.SortFunc(sum.ids, func(a, b evidence.ID) int { return bytes.Compare(a[:], b[:]) })
	hash := sha256.New()
	for i := range sum.ids {
		_, _ = hash.Write(sum.ids[i][:])
	}
	rec.EvidenceRoot = hash.Sum(nil)
}
