package correlate

import (
	"encoding/binary"
	"hash/maphash"
	"slices"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

// joins find the requests that may have one request id, host id and key: by a
// hash of bucket, key and the start of the request id. They are only kept once
// a CloudTrail event has come, for without one nobody asks.
type joins struct {
	seed  maphash.Seed
	first map[uint64]uint32
	// rest are further requests of a hash.
	rest map[uint64][]uint32
}

func (j *joins) hash(object objectName, order uint64) uint64 {
	var h maphash.Hash
	h.SetSeed(j.seed)
	_, _ = h.WriteString(object.bucket)
	_ = h.WriteByte(0)
	_, _ = h.WriteString(object.key)
	var start [8]byte
	binary.LittleEndian.PutUint64(start[:], order)
	_, _ = h.Write(start[:])
	return h.Sum64()
}

func (j *joins) add(hash uint64, ref uint32) {
	if _, taken := j.first[hash]; taken {
		j.rest[hash] = append(j.rest[hash], ref)
		return
	}
	j.first[hash] = ref
}

func (j *joins) remove(hash uint64, ref uint32) {
	rest := j.rest[hash]
	if j.first[hash] == ref {
		if len(rest) == 0 {
			delete(j.first, hash)
			return
		}
		j.first[hash], rest = rest[0], rest[1:]
	} else {
		rest = slices.DeleteFunc(rest, func(r uint32) bool { return r == ref })
	}
	if j.rest[hash] = rest; len(rest) == 0 {
		delete(j.rest, hash)
	}
}

// joinHash of a request that is a member of its group.
func (s *state) joinHash(ref uint32) uint64 {
	r := s.requests.at(ref)
	return s.joins.hash(s.groups.at(r.group).object, r.order)
}

// keepJoins begins to keep joins.
func (s *state) keepJoins() {
	if s.joins != nil {
		return
	}
	s.joins = &joins{seed: maphash.MakeSeed(), first: make(map[uint64]uint32, s.byID.len()), rest: make(map[uint64][]uint32)}
	s.byID.each(func(ref uint32) { s.joins.add(s.joinHash(ref), ref) })
}

// partners gives the requests of sub with the request id, host id and key of
// fact, in the order of their identities. Without both ids nothing is joined.
func (s *state) partners(sub *subject, fact *evidence.StorageRequest) []uint32 {
	if fact.RequestId == "" || fact.HostId == "" {
		return nil
	}
	hash := s.joins.hash(objectName{fact.Bucket, fact.Key}, orderOf(fact.RequestId))
	first, found := s.joins.first[hash]
	if !found {
		return nil
	}
	var refs []uint32
	for _, ref := range append([]uint32{first}, s.joins.rest[hash]...) {
		r := s.requests.at(ref)
		other := s.fact(r.body)
		if s.groups.at(r.group).subject == sub && other.RequestId == fact.RequestId && other.HostId == fact.HostId &&
			other.Bucket == fact.Bucket && other.Key == fact.Key {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, func(a, b uint32) int {
		x, y := s.requests.at(a).id, s.requests.at(b).id
		return slices.Compare(x[:], y[:])
	})
	return refs
}

// logged says whether an access log brought the request; else it stands by
// what CloudTrail says alone.
func (s *state) logged(ref uint32) bool {
	return s.bodies.evidence(s.requests.at(ref).body).Kind == evidence.Kind_KIND_ACCESS_LOG
}

// applyTrail takes in a CloudTrail event about a storage request: it says more
// about the access log's lines with its ids and key, and is a request itself
// where there is none (section 1).
func (s *state) applyTrail(sub *subject, e *evidence.Evidence, body []byte) {
	s.keepJoins()
	joined := false
	for _, ref := range s.partners(sub, e.GetRequest()) {
		if !s.logged(ref) {
			continue
		}
		joined = true
		if pieces, changed := s.addPiece(s.piecesOf(ref), e, body); changed {
			s.keepPieces(ref, pieces)
			s.revise(ref, sub, mergeRequests(s.load(pieces)))
		}
	}
	if !joined {
		s.applyPiece(sub, e, body)
	}
}

// joinTrail gives request ref, of which a line has come, the CloudTrail events
// that have its ids and key, and lets the requests that stood by those alone
// give way to it.
func (s *state) joinTrail(ref uint32, sub *subject, fact *evidence.StorageRequest) {
	if s.joins == nil {
		return
	}
	pieces, changed := s.piecesOf(ref), false
	var void []uint32
	for _, partner := range s.partners(sub, fact) {
		if partner == ref {
			continue
		}
		for _, p := range s.piecesOf(partner) {
			e := s.bodies.evidence(p.body)
			if e.Kind != evidence.Kind_KIND_CLOUDTRAIL {
				continue
			}
			var added bool
			pieces, added = s.addPiece(pieces, e, slices.Clone(s.bodies.get(p.body)))
			changed = changed || added
		}
		if !s.logged(partner) {
			void = append(void, partner)
		}
	}
	if changed {
		s.keepPieces(ref, pieces)
		s.revise(ref, sub, mergeRequests(s.load(pieces)))
	}
	for _, partner := range void {
		s.giveWay(partner, ref)
	}
}

// giveWay retracts a request that stood by CloudTrail alone.
func (s *state) giveWay(ref, successor uint32) {
	r := s.requests.at(ref)
	id, next := r.id, s.requests.at(successor).id
	g := s.groups.at(r.group)
	s.dirty.ready = append(s.dirty.ready, &access.Record{
		Id: id[:], Kind: access.Kind_KIND_REQUEST, State: access.State_STATE_RETRACTED, AccessId: s.idOfAccess(s.sessionOf(ref)),
		SubjectKind: g.subject.kind, SubjectId: g.subject.published(g), TimeMs: r.time, Model: s.rules.Model,
		Successor: next[:], RecordingId: g.subject.recording(), Bucket: g.object.bucket, Key: g.object.key,
		MovedFromMs: movedFrom(s.load(s.piecesOf(ref)), r.time), Arrival: arrival(s.now, r.arrived, r.time, false),
	})
	var work settling
	s.touchAccess(s.sessionOf(ref).out.act, g)
	s.joins.remove(s.joinHash(ref), ref)
	s.leave(&work, ref)
	s.settle(&work)
	if g.origin == id {
		g.origin = next
	}
	for _, piece := range s.piecesOf(ref) {
		s.bodies.release(piece.body)
	}
	delete(s.retold, ref)
	s.byID.remove(ref)
	s.requests.drop(ref)
}

// trailsOf are the identities that CloudTrail events of a logged request would
// have by themselves: when the request departs, they have no place either.
func (s *state) trailsOf(ref uint32) (ids []uint64) {
	for _, p := range s.retold[ref] {
		if e := s.bodies.evidence(p.body); e.Kind == evidence.Kind_KIND_CLOUDTRAIL {
			ids = append(ids, shortOf(evidence.ID(e.GetRequest().Identity)))
		}
	}
	return ids
}

// movedFrom are the times that pieces give on other UTC days than that of ms:
// where an older revision of the record may stand.
func movedFrom(pieces []*evidence.Evidence, ms int64) []int64 {
	if len(pieces) == 1 {
		return nil
	}
	var times []int64
	for _, p := range pieces {
		if t := p.GetRequest().GetTimeMs(); t != 0 && dayOf(floorSecond(t)) != dayOf(floorSecond(ms)) {
			times = append(times, t)
		}
	}
	slices.Sort(times)
	return slices.CompactFunc(times, func(a, b int64) bool { return dayOf(floorSecond(a)) == dayOf(floorSecond(b)) })
}
