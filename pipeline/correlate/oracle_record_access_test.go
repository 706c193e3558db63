package correlate_test

import (
	"cmp"
	"slices"
	"strings"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

// accessRecord is the record of a.
func (s *oSubject) accessRecord(a *oAccess) *access.Record {
	rec := &access.Record{
		Id: a.id[:], Kind: access.Kind_KIND_ACCESS, State: stateOf(a.final),
		SubjectKind: s.kind, SubjectId: s.id, Class: a.class(), Verdict: a.verdict,
		Flags: a.flags, Model: s.rules.Model, AccessId: a.id[:],
		Candidates: listCandidates(a.sessions), Requests: int64(len(a.requests)),
		Sessions: a.countSessions(), RecordingId: s.recordingID(),
	}
	rec.Taken, _ = takenOf(a.requests)
	rec.Failed = len(a.requests) > 0 && !slices.ContainsFunc(a.requests, func(r *oRequest) bool { return !r.failed() })
	for _, r := range a.requests {
		rec.Bytes += r.fact.BytesSent
	}
	a.principalOf(rec)
	a.ofRequests(rec)
	if a.act != nil {
		a.ofAct(rec)
	} else {
		a.ofGroup(rec)
	}
	a.relate(rec)
	a.prove(rec)
	if a.verdict == access.Verdict_VERDICT_ATTRIBUTED {
		rec.Confidence = access.Confidence_CONFIDENCE_EXACT
		for _, session := range a.sessions {
			rec.Confidence = min(rec.Confidence, session.confidence)
		}
	}
	return rec
}

// class: its act's; else read where any session's is, else its sessions'.
func (a *oAccess) class() access.Class {
	if a.act != nil {
		return a.act.class
	}
	for _, session := range a.sessions {
		if session.class == access.Class_CLASS_READ {
			return access.Class_CLASS_READ
		}
	}
	return a.sessions[0].class
}

// countSessions leaves out those that continue another of the same access.
func (a *oAccess) countSessions() int64 {
	count := int64(0)
	for _, session := range a.sessions {
		if session.prev == nil || !slices.Contains(a.sessions, session.prev) {
			count++
		}
	}
	return count
}

// ofRequests fills what the first request, or all of them, say.
func (a *oAccess) ofRequests(rec *access.Record) {
	if len(a.requests) == 0 {
		return
	}
	first, last := a.requests[0].fact, a.requests[len(a.requests)-1].fact
	rec.TimeMs, rec.StartMs, rec.EndMs = first.TimeMs, first.TimeMs, last.TimeMs
	rec.Bucket, rec.Key, rec.SourceRegion = first.Bucket, first.Key, first.SourceRegion
	rec.OrganizationId, rec.ConversationId = first.OrganizationId, first.ConversationId
	for _, r := range a.requests {
		rec.StartMs, rec.EndMs = min(rec.StartMs, r.fact.TimeMs), max(rec.EndMs, r.fact.TimeMs)
		if r.fact.Bucket == first.Bucket && r.fact.Key == first.Key {
			rec.ObjectSize = max(rec.ObjectSize, r.fact.ObjectSize)
		}
	}
	rec.SourceIp = agreed(a.requests, func(r *oRequest) string { return canonical(r.fact.RemoteIp) })
}

// ofAct fills what the act says, which goes before what requests say.
func (a *oAccess) ofAct(rec *access.Record) {
	act := a.act
	rec.Act = act.fact
	rec.TimeMs = act.fact.TimeMs
	rec.Action = "genesys." + strings.ToLower(act.fact.Action)
	rec.Failed = rec.Failed || act.failed
	if len(a.requests) == 0 {
		rec.StartMs, rec.EndMs = act.fact.TimeMs, act.fact.TimeMs
	}
	rec.StartMs, rec.EndMs = min(rec.StartMs, act.fact.TimeMs), max(rec.EndMs, act.fact.TimeMs)
	rec.OrganizationId = cmp.Or(act.fact.OrganizationId, rec.OrganizationId)
	rec.ConversationId = cmp.Or(act.fact.ConversationId, rec.ConversationId)
	if ips := addresses(act.fact.RemoteIps); len(ips) > 0 {
		rec.SourceIp = ips[0].String()
	}
	if a.verdict == access.Verdict_VERDICT_ATTRIBUTED || a.verdict == access.Verdict_VERDICT_AUDIT_ONLY {
		rec.Person = act.person()
	}
}

// ofGroup fills what an access without an act has instead.
func (a *oAccess) ofGroup(rec *access.Record) {
	for _, r := range a.requests {
		if r.class == rec.Class {
			rec.Action = r.fact.Operation
			break
		}
	}
	if rec.Failed {
		rec.ErrorCode = a.requests[0].fact.ErrorCode
	}
	rec.Person = a.sessions[0].personOf()
}

// relate lists all addresses and users seen.
func (a *oAccess) relate(rec *access.Record) {
	var ips, users []string
	for _, r := range a.requests {
		ips = append(ips, canonical(r.fact.RemoteIp))
		users = append(users, r.fact.Requester)
	}
	if a.act != nil {
		users = append(users, a.act.actorID)
		for _, ip := range addresses(a.act.fact.RemoteIps) {
			ips = append(ips, ip.String())
		}
	}
	if a.act == nil {
		users = append(users, a.sessions[0].group.person)
	}
	rec.RelatedIps, rec.RelatedUsers = related(ips...), related(users...)
}

// prove lists the evidence, and roots all of it.
func (a *oAccess) prove(rec *access.Record) {
	var all, listed []*evidence.Evidence
	if a.act != nil {
		all = append(all, a.act.pieces...)
		listed = append(listed, a.act.pieces...)
	}
	for i, r := range a.requests {
		all = append(all, r.pieces...)
		if i < mostRequests {
			listed = append(listed, r.pieces[0])
		}
	}
	rec.Evidence = refs(listed)
	rec.EvidenceCount = int64(len(all))
	rec.EvidenceRoot = rootOf(all)
}
