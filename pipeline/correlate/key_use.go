package correlate

import (
	"cmp"
	"slices"
	"strings"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

// keyUse is one call of KMS for an object. It decorates the requests that it
// may have been made for, and changes no verdict.
type keyUse struct {
	subject   *subject
	event     string
	sec       int64
	object    objectName
	requester string
	piece     piece
	arrived   int64
}

// applyKeyUse takes in a use of a key. One for a bucket alone says nothing of
// any object. Of several that state one event the first by precedence counts,
// whole.
func (s *state) applyKeyUse(e *evidence.Evidence, body []byte) {
	fact := e.GetKeyUse()
	if fact.Key == "" || fact.EventId == "" {
		return
	}
	sub := s.subjectOf(e)
	if sec, known := sub.used[fact.EventId]; known {
		i, _ := slices.BinarySearchFunc(sub.uses, &keyUse{event: fact.EventId, sec: sec}, compareUses)
		was := sub.uses[i]
		if comparePieces(e, s.bodies.evidence(was.piece.body)) >= 0 {
			return
		}
		s.touchUsed(was)
		sub.uses = slices.Delete(sub.uses, i, i+1)
		s.bodies.release(was.piece.body)
	}
	u := &keyUse{
		subject: sub, event: strings.Clone(fact.EventId), sec: floorSecond(fact.TimeMs), requester: strings.Clone(fact.Requester),
		object: objectName{strings.Clone(fact.Bucket), strings.Clone(fact.Key)}, arrived: s.now.ms,
		piece: piece{id: evidence.ID(e.Id), body: s.bodies.put(body)},
	}
	at, _ := slices.BinarySearchFunc(sub.uses, u, compareUses)
	sub.uses = slices.Insert(sub.uses, at, u)
	sub.remember(u)
	s.touchUsed(u)
}

// remember notes at which second u's event stands.
func (sub *subject) remember(u *keyUse) {
	if sub.used == nil {
		sub.used = make(map[string]int64)
	}
	sub.used[u.event] = u.sec
}

func compareUses(a, b *keyUse) int {
	return cmp.Or(cmp.Compare(a.sec, b.sec), cmp.Compare(a.event, b.event))
}

// touchUsed touches the requests that u may have been made for.
func (s *state) touchUsed(u *keyUse) {
	for _, g := range u.subject.groups {
		if g.object != u.object {
			continue
		}
		s.eachMember(g, u.sec-s.skew, u.sec+s.skew, func(ref uint32) bool {
			if s.usedFor(u, ref) {
				s.touchRequest(ref)
			}
			return true
		})
	}
}

// usedFor says whether u was made by the caller of a read or write of its
// object, at most the skew away.
func (s *state) usedFor(u *keyUse, ref uint32) bool {
	r := s.requests.at(ref)
	return (r.class == access.Class_CLASS_READ || r.class == access.Class_CLASS_WRITE) &&
		s.groups.at(r.group).object == u.object && s.requesters.list[r.requester] == u.requester &&
		r.sec()-s.skew <= u.sec && u.sec <= r.sec()+s.skew
}

// mostUses are published.
const mostUses = 20

// usesFor are the uses of keys that request ref may have caused.
func (s *state) usesFor(ref uint32) []*evidence.KeyUse {
	sub, from := s.groups.at(s.requests.at(ref).group).subject, s.requests.at(ref).sec()-s.skew
	at, _ := slices.BinarySearchFunc(sub.uses, from, func(u *keyUse, sec int64) int { return cmp.Compare(u.sec, sec) })
	var found []*evidence.KeyUse
	for _, u := range sub.uses[at:] {
		if u.sec > from+2*s.skew || len(found) == mostUses {
			break
		}
		if s.usedFor(u, ref) {
			found = append(found, s.bodies.evidence(u.piece.body).GetKeyUse())
		}
	}
	return found
}

// sweepUses lets uses depart to which neither evidence came within the horizon
// nor any request for their object is left.
func (s *state) sweepUses(sub *subject, limit int64) {
	if len(sub.uses) == 0 {
		return
	}
	objects := make(map[objectName]bool)
	for _, g := range sub.groups {
		objects[g.object] = true
	}
	sub.uses = slices.DeleteFunc(sub.uses, func(u *keyUse) bool {
		if u.arrived >= limit && (sub.oldest == 0 || u.arrived < sub.oldest) {
			sub.oldest = u.arrived
		}
		if u.arrived >= limit || objects[u.object] {
			return false
		}
		s.bodies.release(u.piece.body)
		delete(sub.used, u.event)
		return true
	})
}

// codeUses codes the uses of keys, subject by subject.
func (s *state) codeUses(c *coder) {
	for _, sub := range s.order {
		list(c, &sub.uses, func(use **keyUse) {
			if *use == nil {
				*use = &keyUse{subject: sub}
			}
			u := *use
			c.text(&u.event)
			c.int64(&u.sec)
			c.text(&u.object.bucket)
			c.text(&u.object.key)
			c.text(&u.requester)
			c.id(&u.piece.id)
			whole(c, &u.piece.body)
			c.int64(&u.arrived)
			sub.remember(u)
		})
	}
}
