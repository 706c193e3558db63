package correlate

import (
	"cmp"
	"slices"
	"strings"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

// applyAct takes in a piece of evidence about an act.
func (s *state) applyAct(sub *subject, e *evidence.Evidence, body []byte) {
	fact := e.GetAct()
	a := s.acts[fact.AuditId]
	var work settling
	if a == nil && s.departed.has(evidence.ActID(fact.AuditId)) {
		return // the record that stands is neither shrunk nor contradicted
	}
	if a == nil {
		a = &act{
			id: evidence.ActID(fact.AuditId), subject: sub, audit: strings.Clone(fact.AuditId), arrived: s.now.ms,
			pieces: []piece{{id: evidence.ID(e.Id), body: s.bodies.put(body)}},
		}
		s.acts[a.audit] = a
		a.fill(fact)
	} else {
		pieces, changed := s.addPiece(a.pieces, e, body)
		if !changed {
			return
		}
		a.pieces = pieces
		sub = a.subject
		sub.removeAct(a)
		s.holding(sub, a.sec, func(x *session) {
			x.held.whole = false
			work.judge = append(work.judge, x)
		})
		a.fill(mergeActs(s.load(pieces)))
	}
	sub.insertAct(a)
	a.told, a.last = s.now.revision, s.now.ms
	if s.covered(a.sec) {
		a.acc.late = true
	}
	s.touchAct(a)
	s.awaitAct(a)
	s.holding(sub, a.sec, func(x *session) {
		x.find(a)
		work.judge = append(work.judge, x)
	})
	s.settle(&work)
}

func compareActs(a, b *act) int {
	return cmp.Or(cmp.Compare(a.ms, b.ms), cmp.Compare(a.audit, b.audit))
}

func (sub *subject) insertAct(a *act) {
	i, _ := slices.BinarySearchFunc(sub.acts, a, compareActs)
	sub.acts = slices.Insert(sub.acts, i, a)
}

func (sub *subject) removeAct(a *act) {
	if i, found := slices.BinarySearchFunc(sub.acts, a, compareActs); found {
		sub.acts = slices.Delete(sub.acts, i, i+1)
	}
}

// fill sets what the act says.
func (a *act) fill(fact *evidence.Act) {
	a.ms, a.sec = fact.TimeMs, floorSecond(fact.TimeMs)
	a.class = actionClass(fact.Action)
	a.failed = strings.EqualFold(fact.Status, "failure")
	a.actor, a.person = actorOf(fact)
	a.person = strings.Clone(a.person)
	a.missing = a.class == access.Class_CLASS_READ || a.class == access.Class_CLASS_DELETE ||
		strings.EqualFold(fact.Action, "create") || strings.EqualFold(fact.Action, "export")
	a.addrs = nil
	for _, text := range fact.RemoteIps {
		if addr := parseAddress(text); addr.IsValid() {
			a.addrs = append(a.addrs, addr)
		}
	}
}

// actorOf is section 1's actor of an act.
func actorOf(fact *evidence.Act) (access.ActorKind, string) {
	switch {
	case fact.UserId != "":
		return access.ActorKind_ACTOR_KIND_USER, fact.UserId
	case strings.EqualFold(fact.Level, "system"), strings.EqualFold(fact.Level, "genesys_internal"):
		return access.ActorKind_ACTOR_KIND_SYSTEM, ""
	case fact.ClientId != "":
		return access.ActorKind_ACTOR_KIND_CLIENT, fact.ClientId
	}
	return access.ActorKind_ACTOR_KIND_UNKNOWN, ""
}
