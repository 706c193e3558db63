package correlate_test

import (
	"google.golang.org/protobuf/proto"

	"earwitness/pipeline/evidence"
)

// addRetellings tells facts again with other bytes, by the same way or
// another, with fields gone or different: which of them counts is for the
// precedence of pieces to say, and may move a fact elsewhere.
func (g *generator) addRetellings() {
	for _, e := range g.pieces {
		if !g.oneIn(7) {
			continue
		}
		for range 1 + g.rng.IntN(2) {
			if e.GetRequest() != nil {
				g.pieces = append(g.pieces, g.retellRequest(e))
			} else {
				g.pieces = append(g.pieces, g.retellAct(e))
			}
		}
	}
}

func (g *generator) retellRequest(e *evidence.Evidence) *evidence.Evidence {
	r := proto.CloneOf(e.GetRequest())
	for range 1 + g.rng.IntN(3) {
		change := pick(g,
			func() { r.TimeMs = g.near(r.TimeMs/1000) * 1000 },
			func() { r.RemoteIp = g.address() },
			func() { r.AuthenticationType = pick(g, "", "AuthHeader", "QueryString") },
			func() { g.answer()(r) },
			func() { r.Present, r.Status, r.BytesSent, r.ObjectSize = 0, 0, 0, 0 },
			func() { r.Grant, r.SigningTimeMs = nil, 0 },
			func() { r.UserAgent, r.Extra = pick(g, "", "player/1"), pick(g, nil, []string{"x", "y"}) },
			// The requester decides the subject of what has no key.
			func() {
				if r.Key != "" {
					r.Requester = pick(g, "", g.anybody())
				}
			})
		change()
	}
	if g.oneIn(2) {
		return requestPiece(r, pick(g, "a", "b", "c"))
	}
	// The same bytes are always read the same way.
	retold := requestPiece(r, pick(g, "a recovered", "b recovered"))
	retold.Grade = evidence.Grade_GRADE_RECOVERED
	return retold
}

func (g *generator) retellAct(e *evidence.Evidence) *evidence.Evidence {
	a := proto.CloneOf(e.GetAct())
	for range 1 + g.rng.IntN(3) {
		change := pick(g,
			func() { a.TimeMs = g.near(a.TimeMs/1000)*1000 + g.millis() },
			func() { a.Status = pick(g, "", "FAILURE", "Success") },
			func() { a.UserId, a.UserName = "", "" },
			func() { g.anyActor()(a) },
			func() { a.Level = pick(g, "", "SYSTEM", "User") },
			func() { g.from()(a) },
			func() { a.Action = pick(g, "", "Read", "Delete", "Export") },
			func() { a.ConversationId, a.OrganizationId = "", "" },
			func() { a.UserEmail, a.Message = pick(g, "", "una@example.com"), pick(g, "", "said") })
		change()
	}
	kind := pick(g, evidence.Kind_KIND_PLATFORM_QUERY, evidence.Kind_KIND_QUALITY_QUERY,
		evidence.Kind_KIND_EVENT, evidence.Kind_KIND_FILE)
	return actPiece(a, kind, pick(g, "a", "b", "c"))
}
