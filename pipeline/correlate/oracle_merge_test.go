package correlate_test

import (
	"bytes"
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"earwitness/pipeline/access"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// mergeIntoSubjects makes one thing of all evidence with one identity
// (section 1) and puts it under its subject (section 2).
func mergeIntoSubjects(rules correlate.Rules, pieces []*evidence.Evidence) map[string]*oSubject {
	subjects := make(map[string]*oSubject)
	under := func(kind evidence.SubjectKind, id string) *oSubject {
		name := kind.Name() + ":" + id
		if subjects[name] == nil {
			subjects[name] = &oSubject{kind: kind, id: id}
		}
		return subjects[name]
	}
	identities := byIdentity(pieces)
	joinTrails(identities)
	answers := answersBySubject(pieces)
	for _, same := range identities {
		if same[0].GetRequest() != nil {
			r := mergeRequest(rules, same)
			s := under(same[0].SubjectKind, subjectID(r))
			s.requests = append(s.requests, r)
			s.answers = answers[subjectName(same[0])]
			continue
		}
		s := under(same[0].SubjectKind, same[0].SubjectId)
		s.answers = answers[subjectName(same[0])]
		if u := same[0].GetKeyUse(); u != nil {
			s.uses = append(s.uses, u)
			continue
		}
		s.acts = append(s.acts, mergeAct(same))
	}
	return subjects
}

// subjectID is the published subject: bucket-level requests name the
// principal as section 5 has it.
func subjectID(r *oRequest) string {
	if r.pieces[0].SubjectKind == evidence.SubjectKind_SUBJECT_KIND_BUCKET {
		return evidence.BucketSubject(r.fact.Bucket, r.principalID)
	}
	return r.pieces[0].SubjectId
}

// byIdentity gives the pieces of each identity, each piece once, in the order
// of precedence. A piece found in two places is the one at the first of them.
func byIdentity(pieces []*evidence.Evidence) map[string][]*evidence.Evidence {
	sorted := slices.Clone(pieces)
	sortPieces(sorted)
	identities := make(map[string][]*evidence.Evidence)
	for _, p := range sorted {
		var identity string
		switch {
		case p.Grade == evidence.Grade_GRADE_RAW:
			continue
		case p.GetRequest() != nil:
			identity = "request " + string(p.GetRequest().Identity)
		case p.GetAct() != nil:
			identity = "act " + p.GetAct().AuditId
		case p.GetKeyUse().GetKey() != "":
			identity = "key use " + p.GetKeyUse().EventId + " " + p.SubjectId
		default:
			continue
		}
		known := func(q *evidence.Evidence) bool { return bytes.Equal(p.Id, q.Id) }
		if !slices.ContainsFunc(identities[identity], known) {
			identities[identity] = append(identities[identity], p)
		}
	}
	return identities
}

// sortPieces puts pieces in the order of precedence.
func sortPieces(pieces []*evidence.Evidence) {
	slices.SortStableFunc(pieces, func(a, b *evidence.Evidence) int {
		return cmp.Or(
			cmp.Compare(a.Kind, b.Kind),
			bytes.Compare(a.Raw, b.Raw),
			bytes.Compare(a.Id, b.Id),
			cmp.Compare(a.GetOrigin().GetUri(), b.GetOrigin().GetUri()),
			cmp.Compare(a.GetOrigin().GetOffset(), b.GetOrigin().GetOffset()),
		)
	})
}

// takeAbsent gives dst each field whole that it has not and src has.
func takeAbsent(dst, src protoreflect.Message, except ...protoreflect.Name) {
	src.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if !dst.Has(field) && !slices.Contains(except, field.Name()) {
			dst.Set(field, value)
		}
		return true
	})
}

func mergeRequest(rules correlate.Rules, pieces []*evidence.Evidence) *oRequest {
	merged := &evidence.StorageRequest{}
	for _, p := range pieces {
		fact := p.GetRequest()
		takeAbsent(merged.ProtoReflect(), fact.ProtoReflect(), "present", "status", "bytes_sent",
			"object_size", "total_time_ms", "turn_around_ms", "remote_ip")
		take := func(bit uint32, set func()) {
			if fact.Present&bit != 0 && merged.Present&bit == 0 {
				merged.Present |= bit
				set()
			}
		}
		take(evidence.PresentStatus, func() { merged.Status = fact.Status })
		take(evidence.PresentBytesSent, func() { merged.BytesSent = fact.BytesSent })
		take(evidence.PresentObjectSize, func() { merged.ObjectSize = fact.ObjectSize })
		take(evidence.PresentTotalTime, func() { merged.TotalTimeMs = fact.TotalTimeMs })
		take(evidence.PresentTurnAround, func() { merged.TurnAroundMs = fact.TurnAroundMs })
		// An address that does not parse is absent, so another piece's counts.
		if merged.RemoteIp == "" || (!address(merged.RemoteIp).IsValid() && address(fact.RemoteIp).IsValid()) {
			merged.RemoteIp = fact.RemoteIp
		}
	}
	r := &oRequest{fact: merged, pieces: pieces, sec: seconds(merged.TimeMs)}
	r.class = classOfOperation(merged.Operation, merged.Key)
	r.principal = principalClass(rules, merged.Requester)
	r.principalID = merged.Requester
	role, name := evidence.SplitRoleSession(merged.Requester)
	r.sessionName = name
	if r.principal == access.PrincipalClass_PRINCIPAL_CLASS_SERVICE {
		r.principalID = role
	}
	r.presigned = merged.AuthenticationType == "QueryString"
	r.person, r.sure = namePerson(rules, r)
	return r
}

func mergeAct(pieces []*evidence.Evidence) *oAct {
	merged := &evidence.Act{}
	for _, p := range pieces {
		fact := p.GetAct()
		takeAbsent(merged.ProtoReflect(), fact.ProtoReflect(), "remote_ips")
		if len(merged.RemoteIps) == 0 || (len(addresses(merged.RemoteIps)) == 0 && len(addresses(fact.RemoteIps)) > 0) {
			merged.RemoteIps = fact.RemoteIps
		}
	}
	a := &oAct{fact: merged, pieces: pieces, sec: seconds(merged.TimeMs)}
	a.class = classOfAction(merged.Action)
	a.failed = strings.EqualFold(merged.Status, "failure")
	switch {
	case merged.UserId != "":
		a.actor, a.actorID = access.ActorKind_ACTOR_KIND_USER, merged.UserId
	case strings.EqualFold(merged.Level, "system"), strings.EqualFold(merged.Level, "genesys_internal"):
		a.actor = access.ActorKind_ACTOR_KIND_SYSTEM
	case merged.ClientId != "":
		a.actor, a.actorID = access.ActorKind_ACTOR_KIND_CLIENT, merged.ClientId
	default:
		a.actor = access.ActorKind_ACTOR_KIND_UNKNOWN
	}
	return a
}

// address parses one; the zero Addr is absent.
func address(text string) netip.Addr {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap()
}

func addresses(texts []string) []netip.Addr {
	var all []netip.Addr
	for _, text := range texts {
		if a := address(text); a.IsValid() {
			all = append(all, a)
		}
	}
	return all
}

// canonical is RFC 5952's text, or nothing.
func canonical(text string) string {
	if a := address(text); a.IsValid() {
		return a.String()
	}
	return ""
}
