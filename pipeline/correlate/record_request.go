package correlate

import (
	"slices"
	"strings"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

// The bounds of what a record lists.
const (
	mostRequests = 20
	mostRelated  = 100
)

// requestRecord is what is known of request ref of session x.
func (s *state) requestRecord(x *session, ref uint32) *access.Record {
	r := s.requests.at(ref)
	g := x.group
	pieces := s.load(s.piecesOf(ref))
	fact := mergeRequests(pieces)
	p := s.principals.of(fact.Requester)
	// The place of r is used again when it departs.
	id, touched := r.id, r.touched.latest(x.touched)
	rec := &access.Record{
		Id: id[:], Kind: access.Kind_KIND_REQUEST, State: stateOf(x.out.final),
		SubjectKind: g.subject.kind, SubjectId: g.subject.published(g),
		TimeMs: r.time, Action: fact.Operation, Class: r.class, Verdict: x.out.verdict, Confidence: x.out.confidence,
		Flags: x.out.flags | s.ownFlags(r, g), Model: s.rules.Model,
		Failed: r.failed(), ErrorCode: fact.ErrorCode, AccessId: s.idOfAccess(x),
		PrincipalClass: p.class, PrincipalId: p.id, PrincipalSession: p.session, Presigned: g.presigned,
		Request: fact, Grade: pieces[0].Grade, Bucket: fact.Bucket, Key: fact.Key, ObjectSize: fact.ObjectSize,
		OrganizationId: fact.OrganizationId, ConversationId: fact.ConversationId, RecordingId: g.subject.recording(),
		SourceIp: s.addressText(r.address), SourceRegion: fact.SourceRegion,
		Candidates: s.listCandidates([]*session{x}), Evidence: references(pieces), MovedFromMs: movedFrom(pieces, r.time),
		Person: s.nameUser(g.namedPerson(), g.subject), KeyUses: s.usesFor(ref),
		Arrival: arrival(touched, r.arrived, r.time, r.has(bitLate)),
	}
	fact.Identity = nil
	s.decorateRecord(rec, g.subject)
	if g.presigned {
		rec.Grant = fact.Grant
	}
	rec.RelatedIps = related(rec.SourceIp)
	rec.RelatedUsers = related(fact.Requester, g.person)
	if a := x.out.act; a != nil {
		rec.Person = s.personOf(a)
		rec.RelatedUsers = related(fact.Requester, a.person)
	}
	return rec
}

func stateOf(final bool) access.State {
	if final {
		return access.State_STATE_FINAL
	}
	return access.State_STATE_PENDING
}

func arrival(touched touch, first, own int64, late bool) *access.Arrival {
	return &access.Arrival{
		Revision: touched.revision, FirstMs: first, LastMs: touched.ms, LateByMs: first - own, Late: late,
	}
}

// published is the id of the subject in records: what has no key names its
// principal as section 5 has it.
func (sub *subject) published(g *group) string {
	if sub.kind == evidence.SubjectKind_SUBJECT_KIND_BUCKET {
		return evidence.BucketSubject(g.object.bucket, g.principal.id)
	}
	return sub.id
}

func (sub *subject) recording() string {
	if sub.kind == evidence.SubjectKind_SUBJECT_KIND_RECORDING {
		return sub.id
	}
	return ""
}

func (s *state) addressText(number uint32) string {
	if number == 0 {
		return ""
	}
	return s.addresses.list[number].String()
}

// accessOf is the id of the access that x belongs to.
func (s *state) accessOf(x *session) evidence.ID {
	if x.out.act != nil {
		return x.out.act.id
	}
	return x.group.id
}

func (s *state) idOfAccess(x *session) []byte {
	id := s.accessOf(x)
	return id[:]
}

// ownFlags are a request's further flags (section 7).
func (s *state) ownFlags(r *request, g *group) (flags uint32) {
	class := r.class
	destroys := class == access.Class_CLASS_WRITE || class == access.Class_CLASS_DELETE || class == access.Class_CLASS_CHANGE
	unexpected := false
	switch g.principal.class {
	case access.PrincipalClass_PRINCIPAL_CLASS_SERVICE:
		unexpected = s.rules.Model == access.Model_MODEL_EXPORT && (isRead(r) || class == access.Class_CLASS_DELETE)
	case access.PrincipalClass_PRINCIPAL_CLASS_SELF:
		unexpected = destroys || isRead(r) && r.has(bitMedia)
	}
	if unexpected {
		flags |= access.FlagUnexpected
	}
	if r.has(bitPreflight) {
		flags |= access.FlagPreflight
	}
	if r.has(bitOverwrite) {
		flags |= access.FlagOverwrite
	}
	if g.late {
		flags |= access.FlagBeyondHorizon
	}
	return flags
}

// personOf names who acted; nil for nobody. Records that are published
// together share it, for the requests of a session have it in common.
func (s *state) personOf(a *act) *access.Person {
	if !a.isPerson() {
		return nil
	}
	person := s.people[a]
	if person == nil {
		person = s.readPerson(a)
	}
	if s.people != nil {
		s.people[a] = person
	}
	return person
}

// readPerson gives texts of its own: they outlive the body that they stand in.
func (s *state) readPerson(a *act) *access.Person {
	fact := s.actFact(a)
	if a.actor == access.ActorKind_ACTOR_KIND_CLIENT {
		return &access.Person{Id: a.person, Kind: a.actor, Name: strings.Clone(fact.ClientName)}
	}
	return s.nameUser(&access.Person{
		Id: a.person, Kind: a.actor, Name: strings.Clone(fact.UserName), Email: strings.Clone(fact.UserEmail),
	}, a.subject)
}

func (s *state) actFact(a *act) *evidence.Act { return mergeActs(s.load(a.pieces)) }

// listCandidates is the union over the sessions, which stand in order, that
// are weak, contested or of a shared link.
func (s *state) listCandidates(sessions []*session) []*access.Candidate {
	var list []*access.Candidate
	for _, x := range sessions {
		if !x.shows(&x.out) {
			continue
		}
		s.eachRanked(x, func(a *act) bool {
			if len(list) < mostCandidates && !listed(list, a) {
				list = append(list, &access.Candidate{
					Id: a.person, Kind: a.actor, Name: s.personOf(a).GetName(), Audit: a.audit, DistanceS: distance(a.sec, x.anchor()),
				})
			}
			return len(list) < mostCandidates
		})
	}
	return list
}

func listed(list []*access.Candidate, a *act) bool {
	return slices.ContainsFunc(list, func(c *access.Candidate) bool { return c.Audit == a.audit })
}

func references(pieces []*evidence.Evidence) []*access.EvidenceRef {
	list := make([]*access.EvidenceRef, len(pieces))
	for i, p := range pieces {
		list[i] = &access.EvidenceRef{Id: p.Id, Kind: p.Kind, Origin: p.Origin}
	}
	return list
}

// related sorts texts, each once, without what is absent.
func related(texts ...string) []string {
	slices.Sort(texts)
	texts = slices.DeleteFunc(slices.Compact(texts), func(text string) bool { return text == "" })
	if len(texts) == 0 {
		return nil
	}
	return texts[:min(len(texts), mostRelated)]
}
