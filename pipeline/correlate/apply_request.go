package correlate

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"strings"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

// applyRequest takes in a piece of evidence about a storage request.
func (s *state) applyRequest(sub *subject, e *evidence.Evidence, body []byte) {
	if e.Kind == evidence.Kind_KIND_CLOUDTRAIL {
		s.applyTrail(sub, e, body)
		return
	}
	if ref, applied := s.applyPiece(sub, e, body); applied {
		s.joinTrail(ref, sub, e.GetRequest())
	}
}

// applyPiece makes e one of the pieces of its identity.
func (s *state) applyPiece(sub *subject, e *evidence.Evidence, body []byte) (ref uint32, applied bool) {
	id := evidence.ID(e.GetRequest().Identity)
	ref, known := s.byID.find(id)
	if !known && s.departed.has(id) {
		return 0, false // the record that stands is neither shrunk nor contradicted
	}
	if !known {
		ref = s.requests.take()
		r := s.requests.at(ref)
		*r = request{id: id, piece: evidence.ID(e.Id), body: s.bodies.put(body), arrived: s.now.ms}
		s.byID.add(ref)
		s.arrive(ref, sub, e.GetRequest())
		if s.joins != nil {
			s.joins.add(s.joinHash(ref), ref)
		}
		return ref, true
	}
	pieces, changed := s.addPiece(s.piecesOf(ref), e, body)
	if changed {
		s.keepPieces(ref, pieces)
		s.revise(ref, sub, mergeRequests(s.load(pieces)))
	}
	return ref, changed
}

func (s *state) piecesOf(ref uint32) []piece {
	r := s.requests.at(ref)
	if r.has(bitRetold) {
		return s.retold[ref]
	}
	return []piece{{id: r.piece, body: r.body}}
}

func (s *state) keepPieces(ref uint32, pieces []piece) {
	r := s.requests.at(ref)
	r.piece, r.body = pieces[0].id, pieces[0].body
	if len(pieces) > 1 {
		r.set(bitRetold)
		s.retold[ref] = pieces
	}
}

// arrive enters a request that is new.
func (s *state) arrive(ref uint32, sub *subject, fact *evidence.StorageRequest) {
	var work settling
	r := s.requests.at(ref)
	g := s.fill(r, sub, fact)
	if s.covered(r.sec()) {
		r.set(bitLate)
	}
	s.enter(&work, g, ref)
	s.settle(&work)
}

// revise gives a known request what its pieces now say together.
func (s *state) revise(ref uint32, sub *subject, fact *evidence.StorageRequest) {
	var work settling
	r := s.requests.at(ref)
	was := *r
	now := was
	g := s.fill(&now, sub, fact)
	if s.covered(now.sec()) {
		now.set(bitLate)
	}
	if now.group == was.group && now.time == was.time && now.signed == was.signed && now.has(bitLoose) == was.has(bitLoose) {
		s.forgetWrite(ref)
		*r = now
		s.rememberWrite(ref)
		s.touchRequest(ref)
		g.arrived = s.now.ms
		x := s.sessionOf(ref)
		s.touchAccess(x.out.act, g)
	} else {
		s.leave(&work, ref)
		*s.requests.at(ref) = now
		s.enter(&work, g, ref)
	}
	s.settle(&work)
}

// enter makes ref a member of g.
func (s *state) enter(work *settling, g *group, ref uint32) {
	s.requests.at(ref).group = g.ref
	g.arrived = s.now.ms
	g.members.insert(ref, func(m uint32) bool { return s.less(m, ref) })
	i := s.addToSession(work, g, ref)
	s.rememberWrite(ref)
	s.touchRequest(ref)
	s.touchAccess(g.sessions[i].out.act, g)
	s.around(work, g, i)
}

// leave takes ref out of its group, while it still says what it said then.
func (s *state) leave(work *settling, ref uint32) {
	r := s.requests.at(ref)
	g := s.groups.at(r.group)
	s.forgetWrite(ref)
	g.members.remove(ref, func(m uint32) bool { return s.less(m, ref) })
	s.removeFromSession(work, g, r.sec())
}

// fill sets what r says, and gives its group.
func (s *state) fill(r *request, sub *subject, fact *evidence.StorageRequest) *group {
	p := s.principals.of(fact.Requester)
	addr := parseAddress(fact.RemoteIp)
	r.time, r.sent, r.size, r.status = fact.TimeMs, fact.BytesSent, fact.ObjectSize, fact.Status
	r.requester, r.address = s.requesters.number(fact.Requester), s.addresses.number(addr)
	r.class = operationClass(fact.Operation, fact.Key != "")
	r.order = orderOf(fact.RequestId)
	r.signed = 0
	presigned := fact.AuthenticationType == "QueryString"
	if presigned && fact.SigningTimeMs != 0 {
		r.signed = floorSecond(fact.SigningTimeMs)
	}
	kept := r.bits & (bitDirty | bitRetold | bitLate | bitTrail)
	r.bits = kept | requestBits(fact)
	if fact.Trail != nil {
		r.set(bitTrail)
	}
	person, enforced := s.rules.named(fact, p)
	if person != "" && !enforced {
		r.set(bitLoose)
	}
	g := s.groupOf(sub, fact, p, addr, r.class, person)
	r.group = g.ref
	return g
}

func requestBits(fact *evidence.StorageRequest) (bits uint16) {
	set := func(bit uint16, when bool) {
		if when {
			bits |= bit
		}
	}
	set(bitError, fact.ErrorCode != "")
	set(bitMedia, fact.ObjectKind == evidence.ObjectKind_OBJECT_KIND_MEDIA)
	set(bitWrite, fact.Key != "" && completedWrite(fact.Operation, fact.Status))
	set(bitPreflight, isPreflight(fact.Operation))
	set(bitCopyWhole, fact.Operation == "REST.COPY.OBJECT_GET")
	set(bitCopyPart, fact.Operation == "REST.COPY.PART_GET")
	return bits
}

func isRead(r *request) bool { return r.class == access.Class_CLASS_READ }

func orderOf(requestID string) uint64 {
	var start [8]byte
	copy(start[:], requestID)
	return binary.BigEndian.Uint64(start[:])
}

// less says whether a comes before b in the order of section 5.
func (s *state) less(a, b uint32) bool { return s.compare(a, b) < 0 }

// compare is the order of section 5: by second, then by identity, which the
// start of the request id settles nearly always.
func (s *state) compare(a, b uint32) int {
	if a == b {
		return 0
	}
	ra, rb := s.requests.at(a), s.requests.at(b)
	if c := cmp.Compare(ra.sec(), rb.sec()); c != 0 {
		return c
	}
	if ra.group != rb.group {
		if c := strings.Compare(s.groups.at(ra.group).object.bucket, s.groups.at(rb.group).object.bucket); c != 0 {
			return c
		}
	}
	if c := cmp.Compare(ra.order, rb.order); c != 0 {
		return c
	}
	return s.compareIdentities(a, b)
}

func (s *state) compareIdentities(a, b uint32) int {
	// The fact that is loaded first must outlive the second.
	fa := s.fact(s.requests.at(a).body)
	key := identityFields(fa)
	fb := s.fact(s.requests.at(b).body)
	for i, field := range identityFields(fb) {
		if c := strings.Compare(key[i], field); c != 0 {
			return c
		}
	}
	return 0
}

func identityFields(r *evidence.StorageRequest) [6]string {
	return [6]string{r.Bucket, r.RequestId, r.HostId, r.Operation, r.Key, r.VersionId}
}

// groupOf finds the group of section 5, or makes it.
func (s *state) groupOf(
	sub *subject, fact *evidence.StorageRequest, p principal, addr netip.Addr, class access.Class, person string,
) *group {
	g := group{
		subject: sub, object: objectName{fact.Bucket, fact.Key}, principal: p,
		presigned: fact.AuthenticationType == "QueryString", kind: groupKind(class), day: dayOf(floorSecond(fact.TimeMs)),
		person: person,
	}
	service := p.class == access.PrincipalClass_PRINCIPAL_CLASS_SERVICE
	if g.presigned {
		g.address = addr
		if len(fact.Grant) == len(g.grant) {
			g.hasGrant, g.grant = true, [32]byte(fact.Grant)
		}
	}
	g.foreign = service && !g.presigned && s.rules.foreign(addr)
	if p.class != access.PrincipalClass_PRINCIPAL_CLASS_AWS && (!service || g.presigned || g.foreign) {
		g.addr = addr
	}
	return s.intern(&g)
}
