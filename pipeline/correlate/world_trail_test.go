package correlate_test

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// trailPiece is what CloudTrail says of r.
func trailPiece(r *evidence.StorageRequest, tag string) *evidence.Evidence {
	e := requestPiece(r, tag)
	raw := rawOf(tag+" trail", e.GetRequest())
	of := piece(evidence.Kind_KIND_CLOUDTRAIL, "file:///trail/"+tag, int(r.TimeMs%1000003), raw)
	e.Id, e.Kind, e.Raw, e.Origin = of.Id, of.Kind, raw, of.Origin
	return e
}

// trail is an event about the request of e: its caller is that of the line.
func trail(e *evidence.Evidence, changes ...requestChange) *evidence.Evidence {
	r := proto.CloneOf(e.GetRequest())
	r.Present, r.Status, r.BytesSent, r.ObjectSize, r.RequestUri = 0, 0, 0, 0, ""
	r.Grant, r.ObjectKind = nil, evidence.ObjectKind_OBJECT_KIND_UNKNOWN
	r.Trail = &evidence.Trail{EventId: "event-" + r.RequestId, EventName: "GetObject", Caller: &evidence.CallerIdentity{Arn: r.Requester}}
	for _, change := range changes {
		change(r)
	}
	return trailPiece(r, "a")
}

func sourceIdentity(name string) requestChange {
	return func(r *evidence.StorageRequest) { r.Trail.Caller.SourceIdentity = name }
}

// people let source identities gc-u1 and gc-u2 mean users by force, and the
// sessions of the contact centre, s1 and s2, the users u1 and u2 by habit.
func people(rules *correlate.Rules) {
	rules.People = []correlate.PersonRule{
		{SourceIdentity: true, Prefix: "gc-", Enforced: true},
		{Users: map[string]string{"s1": "u1", "s2": "u2"}},
	}
}

// mostTold keeps worlds small.
const mostTold = 90

// addTrails tells of some requests by CloudTrail, too or alone, in all the
// ways in which an event may differ from its line.
func (g *generator) addTrails() {
	if g.oneIn(3) {
		people(&g.rules)
		if g.oneIn(3) {
			g.rules.People = g.rules.People[:1]
		}
	}
	for _, e := range slices.Clone(g.pieces) {
		if r := e.GetRequest(); r != nil && len(g.pieces) < mostTold && g.oneIn(12) {
			second := proto.CloneOf(r)
			second.Operation = pick(g, "REST.COPY.OBJECT_GET", "BATCH.DELETE.OBJECT", "WEBSITE.GET.OBJECT")
			g.pieces = append(g.pieces, requestPiece(second, "b"))
		}
	}
	var alone []*evidence.Evidence
	for _, e := range slices.Clone(g.pieces) {
		if e.GetRequest() == nil || len(g.pieces) >= mostTold || !g.oneIn(2) {
			continue
		}
		for range pick(g, 1, 1, 1, 2) {
			g.pieces = append(g.pieces, trail(e, g.asTold, g.asTold))
		}
		if g.oneIn(4) {
			alone = append(alone, e)
		}
	}
	g.pieces = slices.DeleteFunc(g.pieces, func(e *evidence.Evidence) bool { return slices.Contains(alone, e) })
}

// asTold changes what an event says of its request, or nothing.
func (g *generator) asTold(r *evidence.StorageRequest) {
	pick(g,
		func() {},
		func() { r.Operation = pick(g, "REST.GET.OBJECT", "REST.DELETE.OBJECT", "REST.PUT.OBJECT") },
		func() { r.TimeMs = g.near(r.TimeMs/1000) * 1000 },
		func() { r.HostId = pick(g, "", r.HostId+"x") },
		func() { r.VersionId = "" },
		func() { r.RemoteIp, r.UserAgent = "", "sdk" },
		func() { r.ErrorCode = pick(g, "", "AccessDenied") },
		func() { r.BytesSent, r.Present = 499, evidence.PresentBytesSent },
		func() { r.SigningTimeMs = g.near(r.TimeMs/1000) * 1000 },
		func() { r.Trail.Caller.SourceIdentity = pick(g, "gc-u1", "gc-u2", "gc-", "somebody") },
		func() { r.Trail.Caller.SourceIdentity = pick(g, "gc-u1", "gc-u2") },
		func() { r.Trail.Caller.Arn = pick(g, serviceOne, serviceTwo, "") },
	)()
}

// keyUse is a call of KMS for the object of r.
func keyUse(r *evidence.StorageRequest, event string, changes ...func(*evidence.KeyUse)) *evidence.Evidence {
	u := &evidence.KeyUse{
		EventId: event, TimeMs: r.TimeMs, Operation: "Decrypt", KeyArn: "arn:aws:kms:eu-central-1:111122223333:key/1",
		Bucket: r.Bucket, Key: r.Key, Requester: r.Requester, RecordingId: r.RecordingId,
	}
	for _, change := range changes {
		change(u)
	}
	e := piece(evidence.Kind_KIND_CLOUDTRAIL, "file:///trail/kms", int(u.TimeMs%1000003), rawOf("kms", u))
	e.Fact = &evidence.Evidence_KeyUse{KeyUse: u}
	evidence.SetKeyUseSubject(e)
	return e
}

// addUses has KMS called for some requests, at every distance.
func (g *generator) addUses() {
	for _, e := range slices.Clone(g.pieces) {
		r := e.GetRequest()
		if r == nil || len(g.pieces) >= mostTold || !g.oneIn(4) {
			continue
		}
		event := pick(g, "use-"+r.RequestId, "use-"+r.RequestId, "use-1")
		g.pieces = append(g.pieces, keyUse(r, event, func(u *evidence.KeyUse) {
			u.TimeMs = g.near(r.TimeMs/1000)*1000 + g.millis()
			u.Operation = pick(g, "Decrypt", "GenerateDataKey")
			u.Requester = pick(g, u.Requester, u.Requester, g.anybody())
		}))
	}
}
