package correlate_test

import (
	"earwitness/pipeline/access"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// Rows of section 7: further flags; and of section 8.

func exporting(r *correlate.Rules) { r.Model = access.Model_MODEL_EXPORT }

func unexpectedRows() []ruleCase {
	of := func(name, flags string, changes ...requestChange) ruleCase {
		return row("7 unexpected: "+name, build(request("r", "10:00:00", changes...)).with(exporting), "r flags="+flags, "r^ flags="+flags)
	}
	deleted, put, acl := doing("REST.DELETE.OBJECT"), doing("REST.PUT.OBJECT"), doing("REST.PUT.ACL")
	own := by(ownRequester)
	direct := func(c ruleCase) ruleCase {
		c.name += ", model direct"
		c.world = c.world.with(func(r *correlate.Rules) { r.Model = access.Model_MODEL_DIRECT })
		return c
	}
	return []ruleCase{
		of("a read by the service", "unexpected"),
		of("a read of a sidecar by the service", "unexpected", on(sidecarKey(recordingOne))),
		of("a delete by the service", "unexpected", deleted),
		of("not a write by the service", "", put),
		of("not a probe by the service", "", doing("REST.HEAD.OBJECT")),
		of("not a change by the service", "", acl),
		of("not a read by others", "", by(mallory)),
		direct(of("not a read by the service", "")),
		direct(of("not a delete by the service", "", deleted)),
		direct(of("a read of media by ours", "unexpected", own)),
		direct(of("not a read of a sidecar by ours", "", own, on(sidecarKey(recordingOne)))),
		direct(of("not a read of another object by ours", "", own, on("notes/x"))),
		direct(of("a write by ours", "unexpected", own, put)),
		direct(of("a write of another object by ours", "unexpected", own, put, on("notes/x"))),
		direct(of("a delete by ours", "unexpected", own, deleted)),
		direct(of("a change by ours", "unexpected", own, acl)),
		direct(of("not a probe by ours", "", own, doing("REST.HEAD.OBJECT"))),
		of("a read of media by ours", "unexpected", own),
		row("7 unexpected: by the request's own class", build(request("r", "10:00:00"), request("r2", "10:00:01", doing("REST.HEAD.OBJECT"))).with(exporting),
			"r flags=unexpected", "r2 flags=", "r^ flags=unexpected"),
		row("7 preflight", build(request("r", "10:00:00", doing("REST.OPTIONS.PREFLIGHT"), by(mallory))), "r flags=preflight", "r^ flags=preflight"),
		row("8 the model changes no verdict", build(request("r", "10:00:00"), act("a", "10:00:00")).with(exporting),
			"r verdict=attributed confidence=strong flags=unexpected", "a verdict=attributed flags=unexpected"),
	}
}

func overwriteRows() []ruleCase {
	pair := func(name, first, second string, changes ...requestChange) ruleCase {
		put := doing("REST.PUT.OBJECT")
		return row("7 overwrite: "+name, build(request("r1", "10:00:00", put), request("r2", "10:00:01", append([]requestChange{put}, changes...)...)),
			"r1 flags="+first, "r2 flags="+second, "r2^ flags="+second)
	}
	put := doing("REST.PUT.OBJECT")
	return []ruleCase{
		pair("an object written before", "", "overwrite"),
		pair("by anybody", "", "overwrite", by("svc:x")),
		pair("REST.POST.OBJECT", "", "overwrite", doing("REST.POST.OBJECT")),
		pair("REST.POST.UPLOAD", "", "overwrite", doing("REST.POST.UPLOAD")),
		pair("REST.COPY.OBJECT", "", "overwrite", doing("REST.COPY.OBJECT")),
		row("7 overwrite: not a part", build(request("r1", "10:00:00", put), request("r2", "10:00:01", doing("REST.PUT.PART"))), "r2 flags="),
		row("7 overwrite: not one begun", build(request("r1", "10:00:00", put), request("r2", "10:00:01", doing("REST.POST.UPLOADS"))), "r2 flags="),
		row("7 overwrite: not a status but 200", build(request("r1", "10:00:00", put), request("r2", "10:00:01", put, answered(204, "", -1, -1))), "r2 flags="),
		row("7 overwrite: not after one that was not completed", build(request("r1", "10:00:00", put, answered(503, "SlowDown", -1, -1)),
			request("r2", "10:00:01", put)), "r2 flags="),
		row("7 overwrite: not another key", build(request("r1", "10:00:00", put), request("r2", "10:00:01", put, on(sidecarKey(recordingOne)))), "r2 flags="),
		row("7 overwrite: not another bucket", build(request("r1", "10:00:00", put), request("r2", "10:00:01", put, inBucket("bucket-2"))), "r2 flags="),
		row("7 overwrite: in one second by identity", build(request("r2", "10:00:00", put), request("r1", "10:00:00", put)), "r1 flags=", "r2 flags=overwrite"),
		row("7 overwrite: identity goes field by field", build(request("r10", "10:00:00", put), request("r1", "10:00:00", put, func(r *evidence.StorageRequest) { r.HostId = "z" })),
			"r1 flags=", "r10 flags=overwrite"),
		row("7 overwrite: a day later", build(request("r1", "10:00:00", put), request("r2", "+1 10:00:00", put)), "r1 flags=", "r2 flags=overwrite"),
		row("7 overwrite: a third", build(request("r1", "10:00:00", put), request("r2", "10:00:01", put), request("r3", "10:00:02", put)),
			"r2 flags=overwrite", "r3 flags=overwrite", "r1^ flags=overwrite n=3"),
	}
}

func storageMissingRows() []ruleCase {
	of := func(name, flags string, changes ...actChange) ruleCase {
		return row("7 storage-missing: "+name, build(act("a", "10:00:00", changes...)), "a flags="+flags)
	}
	a, link := act("a", "10:00:00"), presigned("g", "")
	return []ruleCase{
		of("read", "storage-missing"),
		of("delete", "storage-missing", action("Purge")),
		of("Create", "storage-missing", action("create")),
		of("Export", "storage-missing", action("EXPORT")),
		of("not another write", "", action("Archive")),
		of("not a change", "", action("Update")),
		of("not other", "", action("Abandon")),
		of("of unknown", "storage-missing", unknown()),
		of("not of system", "", system()),
		of("not failed", "", failing()),
		row("7 storage-missing: not model export", build(a).with(exporting), "a flags="),
		row("7 storage-missing: not when attributed", build(a, request("r", "10:00:00")), "a flags="),
		row("7 storage-missing: not a candidate", build(a, act("b", "10:00:01"), request("r", "10:00:00")), "r access=a", "b flags= verdict=audit-only"),
		row("7 storage-missing: not a candidate of row 1", build(act("b", "12:00:00", at(other)), request("r2", "12:00:00", link, from("192.0.2.1")),
			request("r", "10:00:00", link), a), "r2 access=group flags=link-shared", "b verdict=audit-only flags="),
		row("7 storage-missing: a failed candidate where there is another is none", build(act("b", "10:00:00", unknown()), a, request("r", "10:00:00")),
			"b flags=storage-missing"),
		row("7 storage-missing: once final", build(a).coveredTo("10:10:00"), "a state=pending flags="),
		row("7 storage-missing: final", build(a).coveredTo("10:10:01"), "a state=final flags=storage-missing"),
	}
}

func contestedActRows() []ruleCase {
	r, a, b := request("r", "10:00:00"), act("a", "10:00:00"), act("b", "10:00:01", user("u2"))
	return []ruleCase{
		row("7 contested: an act that was not chosen", build(r, a, b), "b flags=contested verdict=audit-only candidates= confidence=", "a flags=contested"),
		row("7 contested: of the same person too", build(r, a, b, act("c", "10:00:02")), "c flags=contested"),
		row("7 contested: whatever others chose", build(r, a, b, request("r2", "10:00:01", presigned("g", ""), from(other)),
			act("c", "10:00:01", user("u2"), at(other))), "r flags=contested access=a", "r2 flags=contested access=c", "c flags=contested", "b flags=contested"),
		row("7 contested: chosen elsewhere for certain", build(request("r", "10:00:00"), act("a", "09:58:00", user("u2")),
			beside("r2", "09:56:30"), act("b", "09:56:30")), "r access=a flags=contested", "r2 access=b flags=contested", "a flags=contested", "b flags=contested"),
		row("7 contested: chosen by a session of one person", build(request("r", "10:00:00"), act("a", "10:00:00"), act("b", "09:55:00", user("u2")),
			beside("r2", "09:54:00")), "r access=a flags=contested", "r2 access=b flags=distant", "b flags=contested,distant confidence=weak candidates=b:60"),
		row("7 contested: not of a session without it", build(r, a, act("c", "10:00:02")), "c flags=", "a flags="),
		row("7 contested: nobody's act is no candidate", build(r, act("a", "09:59:58"), act("b", "10:00:00", unknown())), "a flags=contested", "b flags=storage-missing"),
	}
}
