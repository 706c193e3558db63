package correlate_test

import (
	"strings"

	"earwitness/pipeline/evidence"
)

// recording draws one of the few.
func (g *generator) recording() string {
	return pick(g, recordingOne, recordingOne, recordingTwo, recordingThree)
}

func (g *generator) service() string {
	return pick(g, serviceOne, serviceOne, serviceTwo, serviceTwo, "arn:aws:sts::1:assumed-role/Fleet-a/node-1")
}

// anybody draws a requester of any principal class.
func (g *generator) anybody() string {
	return pick(g, g.service(), g.service(), "", "", ownRequester, mallory, "AmazonS3", "svc:cloudfront.amazonaws.com",
		"arn:aws:sts::111122223333:assumed-role/Dev/earwitness-x", "arn:aws:sts::1:assumed-role/Fleet-a/other",
		"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1")
}

// address draws one; some are the same in another dress, some are none.
func (g *generator) address() string {
	return pick(g, home, home, home, "::ffff:198.51.100.7", other, other, "2001:db8::1", "2001:db8:0:0::1", "", "unknown")
}

func (g *generator) persona() actChange {
	return pick(g, user("u1"), user("u1"), user("u1"), user("u2"), user("u3"), client("c1"), client("u1"))
}

// anyActor may be nobody too.
func (g *generator) anyActor() actChange {
	byUserAtSystemLevel := func(a *evidence.Act) { user("u2")(a); a.Level = "SYSTEM" }
	internal := func(a *evidence.Act) { client("c1")(a); a.Level = "genesys_internal" }
	return pick(g, g.persona(), g.persona(), g.persona(), g.persona(), system(), unknown(), byUserAtSystemLevel, internal)
}

func (g *generator) outcome() actChange {
	status := pick(g, "SUCCESS", "Success", "SUCCESS", "", "WARNING", "FAILURE", "Failure")
	return func(a *evidence.Act) { a.Status = status }
}

func (g *generator) from() actChange {
	first, second := g.address(), g.address()
	return pick(g, at(first), at(first), at(first, second), at())
}

// answer draws what a read was answered.
func (g *generator) answer() requestChange {
	size := pick[int64](g, 1000, 1000, 600, 0, -1)
	return pick(g, answered(200, "", max(size, 0), size), answered(200, "", max(size, 0), size),
		answered(206, "", 500, size), answered(206, "", 500, size), answered(206, "", 499, size), answered(200, "", 999, size),
		answered(200, "", -1, size), answered(304, "", -1, size), answered(403, "AccessDenied", 243, -1),
		answered(404, "", 10, -1), answered(200, "InternalError", 1, size), answered(-1, "", -1, size))
}

// listening: a player asks for ranges, with and without pauses, and somebody
// has looked at the recording about then.
func (g *generator) listening() {
	recording, requester := g.recording(), g.service()
	key := pick(g, mediaKey(recording), mediaKey(recording), sidecarKey(recording))
	ip := g.address()
	sec := g.instant()
	first := sec
	gap := wholeSeconds(g.rules.SessionGap)
	for range 1 + g.rng.IntN(6) {
		operation := pick(g, "REST.GET.OBJECT", "REST.GET.OBJECT", "REST.HEAD.OBJECT", "REST.GET.OBJECT_TAGGING")
		g.request(sec, by(requester), on(key), from(ip), doing(operation), g.answer())
		if g.oneIn(4) {
			requester = g.service()
		}
		sec = min(sec+pick(g, 0, 1, 7, gap-1, gap, gap, gap, gap+1), worldDay().Unix()+5*86400-1)
	}
	for range g.rng.IntN(4) {
		g.act(g.near(pick(g, first, first, sec)), about(recording), g.anyActor(), g.outcome(), g.from(),
			action(pick(g, "Read", "view", "DOWNLOAD", "Playback", "Listen")))
	}
}

// link: a presigned link is made for somebody and used from here and there.
func (g *generator) link() {
	recording := g.recording()
	grant := pick(g, "g1", "g1", "g2", "g3", "")
	if _, known := g.signed[grant]; !known {
		g.signed[grant] = pick(g, g.instant()*1000, g.instant()*1000, 0)
	}
	requester, ip := g.service(), g.address()
	signed := g.signed[grant]
	if g.oneIn(25) {
		requester = g.anybody()
	}
	for range 1 + g.rng.IntN(3) {
		sec := g.near(pick(g, signed/1000, g.instant()))
		link := presigned(grant, "")
		stamped := func(r *evidence.StorageRequest) { link(r); r.SigningTimeMs = signed }
		for range 1 + g.rng.IntN(3) {
			g.request(sec, by(requester), on(mediaKey(recording)), from(ip), stamped, g.answer(),
				doing(pick(g, "REST.GET.OBJECT", "REST.GET.OBJECT", "REST.HEAD.OBJECT", "REST.PUT.OBJECT")))
			sec = g.near(sec)
		}
		if g.oneIn(2) {
			g.act(g.near(pick(g, signed/1000, sec)), about(recording), g.anyActor(), g.outcome(), at(ip, g.address()),
				action(pick(g, "Read", "Read", "Export")))
		}
		ip = pick(g, ip, g.address())
	}
}

// exported: an export is put into the bucket, perhaps in parts.
func (g *generator) exported() {
	recording, requester, sec := g.recording(), g.service(), g.instant()
	key := pick(g, mediaKey(recording), sidecarKey(recording))
	for _, operation := range pick(g, []string{"REST.PUT.OBJECT"}, []string{"REST.POST.UPLOADS", "REST.PUT.PART", "REST.POST.UPLOAD"}) {
		g.request(sec, by(requester), on(key), from(g.address()), doing(operation),
			pick(g, answered(200, "", -1, 1000), answered(200, "", -1, 1000), answered(503, "SlowDown", 99, -1)))
		sec = g.near(sec)
	}
	if !g.oneIn(3) {
		g.act(g.near(sec), about(recording), g.anyActor(), g.outcome(), g.from(),
			action(pick(g, "Export", "Create", "Archive", "RESTORE", "Unarchive", "RestoreRequest", "RestoreComplete")))
	}
}

// removed: the recording is deleted, by whom ever.
func (g *generator) removed() {
	recording, sec := g.recording(), g.instant()
	requester := pick(g, g.service(), g.service(), g.anybody(), "AmazonS3")
	for range 1 + g.rng.IntN(2) {
		g.request(sec, by(requester), on(mediaKey(recording)), from(g.address()), answered(204, "", -1, 1000),
			doing(pick(g, "REST.DELETE.OBJECT", "BATCH.DELETE.OBJECT", "S3.EXPIRE.OBJECT", "S3.CREATE.DELETEMARKER")))
		sec = g.near(sec)
	}
	for range g.rng.IntN(3) {
		g.act(g.near(sec), about(recording), pick(g, system(), g.anyActor()), g.outcome(), g.from(),
			action(pick(g, "Delete", "deleteall", "BulkDelete", "HardDelete", "SoftDelete", "Purge")))
	}
}

// rewritten: an object is written several times, some in one second.
func (g *generator) rewritten() {
	recording, sec := g.recording(), g.instant()
	for range 2 + g.rng.IntN(2) {
		g.request(sec, by(g.anybody()), on(mediaKey(recording)), from(g.address()),
			doing(pick(g, "REST.PUT.OBJECT", "REST.POST.OBJECT", "REST.POST.UPLOAD", "REST.COPY.OBJECT")),
			pick(g, answered(200, "", -1, 1000), answered(200, "", -1, 1000), answered(204, "", -1, -1)))
		sec = pick(g, sec, sec, g.near(sec))
	}
}

// copied: a copy is taken, whole or in parts.
func (g *generator) copied() {
	recording, sec, requester := g.recording(), g.instant(), g.anybody()
	g.request(sec, by(requester), on(mediaKey(recording)), from(g.address()),
		doing(pick(g, "REST.COPY.OBJECT_GET", "REST.COPY.OBJECT_GET", "REST.COPY.PART_GET")),
		pick(g, answered(200, "", -1, 1000), answered(200, "", -1, -1), answered(403, "AccessDenied", 5, -1)))
	g.request(sec, by(requester), on("copies/"+recording), doing("REST.COPY.OBJECT"))
}

// changed: protection, retention, tags, storage class.
func (g *generator) changed() {
	recording, sec := g.recording(), g.instant()
	g.request(sec, by(pick(g, g.service(), g.anybody())), on(mediaKey(recording)), from(g.address()),
		doing(pick(g, "REST.PUT.OBJECT_TAGGING", "REST.PUT.ACL", "S3.TRANSITION_SIA.OBJECT", "REST.POST.RESTORE")))
	for range g.rng.IntN(3) {
		g.act(g.near(sec), about(recording), g.anyActor(), g.outcome(), g.from(),
			action(pick(g, "ApplyProtection", "revokeprotection", "UpdateRetention", "Update")))
	}
}

// loneRequest is any request by anybody, on an object or on the bucket.
func (g *generator) loneRequest() {
	key := pick(g, mediaKey(g.recording()), sidecarKey(g.recording()), "notes/readme.txt", "", "")
	operation := pick(g, "REST.GET.OBJECT", "REST.GET.BUCKET", "REST.HEAD.BUCKET", "REST.OPTIONS.PREFLIGHT",
		"REST.OPTIONS.PREFLIGHT", "REST.PUT.BUCKETPOLICY", "REST.POST.MULTI_OBJECT_DELETE", "WEBSITE.GET.OBJECT",
		"WEBSITE.HEAD.OBJECT", "REST.SELECT.OBJECT", "S3.COMPUTE.OBJECT.CHECKSUM", "REST.DELETE.UPLOAD", "REST.PUT.OBJECT")
	requester := g.anybody()
	for range 1 + g.rng.IntN(2) {
		sec := g.instant()
		g.request(sec, by(requester), on(key), from(g.address()), doing(operation), g.answer(),
			func(r *evidence.StorageRequest) { r.Bucket = pick(g, "bucket", "bucket", "bucket-2") })
		if strings.HasPrefix(operation, "REST.OPTIONS.") && g.oneIn(2) {
			operation = "REST.GET.OBJECT"
		}
	}
}

// loneAct is any act, on a recording or on something else.
func (g *generator) loneAct() {
	elsewhere := pick(g,
		func(*evidence.Act) {},
		func(a *evidence.Act) { a.EntityType = "ScreenRecording" },
		func(a *evidence.Act) { a.EntityId = strings.ToUpper(a.EntityId) },
		func(a *evidence.Act) { a.EntityType, a.EntityId = "RecordingSettings", "settings" },
		func(a *evidence.Act) { a.EntityType, a.EntityId = "", "" })
	g.act(g.instant(), about(g.recording()), elsewhere, g.anyActor(), g.outcome(), g.from(),
		action(pick(g, "Read", "Export", "Delete", "Create", "Abandon", "Update", "Download", "Execute")))
}

// crowd: several persons look in one second.
func (g *generator) crowd() {
	recording, sec := g.recording(), g.instant()
	for range 2 + g.rng.IntN(4) {
		g.act(sec, about(recording), g.anyActor(), g.outcome(), g.from())
	}
	g.request(g.near(sec), by(g.service()), on(mediaKey(recording)), from(g.address()), g.answer())
}
