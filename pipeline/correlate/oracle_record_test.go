package correlate_test

import (
	"encoding/hex"
	"slices"

	"google.golang.org/protobuf/proto"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

// The bounds of what a record lists.
const (
	mostCandidates = 20
	mostRequests   = 20
	mostRelated    = 100
)

func stateOf(final bool) access.State {
	if final {
		return access.State_STATE_FINAL
	}
	return access.State_STATE_PENDING
}

// requestRecord is the record of r, which belongs to a.
func (s *oSubject) requestRecord(a *oAccess, r *oRequest) *access.Record {
	session := r.session
	id := evidence.RequestID(r.fact.Bucket, r.fact.RequestId, r.fact.HostId, r.fact.Operation, r.fact.Key, r.fact.VersionId)
	fact := proto.CloneOf(r.fact)
	fact.Identity = nil
	rec := &access.Record{
		Id: id[:], Kind: access.Kind_KIND_REQUEST, State: stateOf(s.sessionIsFinal(session)),
		SubjectKind: s.kind, SubjectId: s.id,
		TimeMs: r.fact.TimeMs, Action: r.fact.Operation, Class: r.class,
		Verdict: s.verdictOfSession(session), Confidence: session.confidence,
		Flags: session.flags | s.flagsOfRequest(r), Model: s.rules.Model,
		Failed: r.failed(), ErrorCode: r.fact.ErrorCode, AccessId: a.id[:],
		PrincipalClass: r.principal, PrincipalId: r.principalID, PrincipalSession: r.sessionName,
		Presigned: r.presigned, Grant: r.grant(),
		Request: fact, Grade: r.pieces[0].Grade,
		Bucket: r.fact.Bucket, Key: r.fact.Key, ObjectSize: r.fact.ObjectSize,
		OrganizationId: r.fact.OrganizationId, ConversationId: r.fact.ConversationId,
		RecordingId: s.recordingID(), SourceIp: canonical(r.fact.RemoteIp), SourceRegion: r.fact.SourceRegion,
		RelatedIps:   related(canonical(r.fact.RemoteIp)),
		RelatedUsers: related(r.fact.Requester),
		Candidates:   listCandidates([]*oSession{session}),
		Evidence:     refs(r.pieces),
		MovedFromMs:  r.movedFrom(),
		KeyUses:      s.usesFor(r),
	}
	if rec.Person = session.personOf(); rec.Person != nil {
		rec.RelatedUsers = related(r.fact.Requester, rec.Person.Id)
	}
	return rec
}

// grant is a presigned request's; of any other there is none.
func (r *oRequest) grant() []byte {
	if !r.presigned {
		return nil
	}
	return r.fact.Grant
}

func (s *oSubject) recordingID() string {
	if s.kind == evidence.SubjectKind_SUBJECT_KIND_RECORDING {
		return s.id
	}
	return ""
}

func (a *oAct) person() *access.Person {
	switch a.actor {
	case access.ActorKind_ACTOR_KIND_USER:
		return &access.Person{Id: a.actorID, Kind: a.actor, Name: a.fact.UserName, Email: a.fact.UserEmail}
	case access.ActorKind_ACTOR_KIND_CLIENT:
		return &access.Person{Id: a.actorID, Kind: a.actor, Name: a.fact.ClientName}
	}
	return nil
}

// preference gives a session's candidates, matching ones first.
func (s *oSession) preference() []*oAct {
	order := s.matching()
	for _, act := range s.candidates {
		if !slices.Contains(order, act) {
			order = append(order, act)
		}
	}
	return order
}

// listCandidates is the union over the sessions that are weak, contested or
// link-shared.
func listCandidates(sessions []*oSession) []*access.Candidate {
	var list []*access.Candidate
	for _, session := range slices.SortedFunc(slices.Values(sessions), compareSessions) {
		if session.confidence != access.Confidence_CONFIDENCE_WEAK &&
			session.flags&(access.FlagContested|access.FlagLinkShared) == 0 {
			continue
		}
		for _, act := range session.preference() {
			listed := func(c *access.Candidate) bool { return c.Audit == act.fact.AuditId }
			if len(list) == mostCandidates || slices.ContainsFunc(list, listed) {
				continue
			}
			person := act.person()
			list = append(list, &access.Candidate{
				Id: person.Id, Kind: person.Kind, Name: person.Name, Audit: act.fact.AuditId,
				DistanceS: distance(act.sec, session.anchor()),
			})
		}
	}
	return list
}

func refs(pieces []*evidence.Evidence) []*access.EvidenceRef {
	var list []*access.EvidenceRef
	for _, p := range pieces {
		list = append(list, &access.EvidenceRef{Id: p.Id, Kind: p.Kind, Origin: p.Origin})
	}
	return list
}

// related sorts texts, each once, and leaves out what is absent.
func related(texts ...string) []string {
	slices.Sort(texts)
	texts = slices.DeleteFunc(slices.Compact(texts), func(text string) bool { return text == "" })
	if len(texts) == 0 {
		return nil
	}
	return texts[:min(len(texts), mostRelated)]
}

// agreed is the value that all requests have in common, else the zero value.
func agreed[T comparable](requests []*oRequest, of func(*oRequest) T) T {
	var common T
	for i, r := range requests {
		if i == 0 {
			common = of(r)
		}
		if of(r) != common {
			var none T
			return none
		}
	}
	return common
}

// principalOf fills what the requests of an access agree in.
func (a *oAccess) principalOf(rec *access.Record) {
	rec.PrincipalClass = agreed(a.requests, func(r *oRequest) access.PrincipalClass { return r.principal })
	rec.PrincipalId = agreed(a.requests, func(r *oRequest) string { return r.principalID })
	rec.PrincipalSession = agreed(a.requests, func(r *oRequest) string { return r.sessionName })
	rec.Presigned = agreed(a.requests, func(r *oRequest) bool { return r.presigned })
	grant, err := hex.DecodeString(agreed(a.requests, func(r *oRequest) string { return hex.EncodeToString(r.grant()) }))
	if err == nil && len(grant) > 0 {
		rec.Grant = grant
	}
}
