package correlate_test

import "earwitness/pipeline/evidence"

// Rows of section 7: how much was taken, and outcomes.

// took is a row about what requests of one access took of the media object.
func took(name, taken string, changes ...requestChange) ruleCase {
	c := ruleCase{name: "7 taken " + name, want: []string{"r0^ taken=" + taken}}
	c.world = build()
	for i, change := range changes {
		c.world.Evidence = append(c.world.Evidence, request("r"+string(rune('0'+i)), "10:00:00", by(mallory), change))
	}
	return c
}

func both(changes ...requestChange) requestChange {
	return func(r *evidence.StorageRequest) {
		for _, change := range changes {
			change(r)
		}
	}
}

func takenRows() []ruleCase {
	part := func(sent, size int64) requestChange { return answered(206, "", sent, size) }
	return []ruleCase{
		took("full: a 200 carried its size", "full", answered(200, "", 1000, 1000)),
		took("full: it carried more", "full", answered(200, "", 1001, 1000)),
		took("partial: a 200 a byte short", "partial", answered(200, "", 999, 1000)),
		took("partial: of its own line's size", "partial", answered(200, "", 600, 1000), answered(200, "", 0, 600)),
		took("partial: a 200 of size 0", "partial", answered(200, "", 10, 0)),
		took("partial: a 200 of absent size", "partial", answered(200, "", 10, -1)),
		took("none: a 200 of nothing", "none", answered(200, "", 0, 0)),
		took("likely-full: 206s together", "likely-full", part(400, 1000), part(600, 1000)),
		took("likely-full: one 206", "likely-full", part(1000, 1000)),
		took("partial: 206s a byte short", "partial", part(400, 1000), part(599, 1000)),
		took("partial: 206s of the largest size among them", "partial", part(400, 500), part(599, 1000)),
		took("partial: 206s of the largest size, which came first", "partial", part(400, 1000), part(500, 500)),
		took("partial: a 200 adds nothing to 206s", "partial", part(400, 1000), answered(200, "", 600, 1000)),
		took("likely-full: the size of a 200 does not count", "likely-full", part(500, 500), answered(200, "", 0, 1000)),
		took("partial: 206s of size 0", "partial", part(400, 0)),
		took("none: other statuses do not count", "none", answered(304, "", 5, 5), answered(403, "AccessDenied", 1000, 1000), answered(-1, "", 9, 9)),
		took("none: no byte", "none", answered(206, "", -1, 1000)),
		took("absent: no read", "", doing("REST.HEAD.OBJECT"), doing("REST.GET.ACL")),
		took("full: the copy", "full", both(doing("REST.COPY.OBJECT_GET"), answered(200, "", -1, -1))),
		took("none: the copy that failed", "none", both(doing("REST.COPY.OBJECT_GET"), answered(200, "InternalError", -1, 1000))),
		took("none: the copy of another status", "none", both(doing("REST.COPY.OBJECT_GET"), answered(403, "", -1, 1000))),
		took("likely-full: a part of a copy", "likely-full", both(doing("REST.COPY.PART_GET"), answered(206, "", -1, 1000))),
		took("none: a part of a copy that failed", "none", both(doing("REST.COPY.PART_GET"), answered(200, "SlowDown", -1, 1000))),
		took("full: a probe's bytes do not count", "full", answered(200, "", 1000, 1000), both(doing("REST.HEAD.OBJECT"), answered(200, "", 5, 5))),
		took("none: a probe takes nothing", "none", answered(304, "", -1, -1), both(doing("REST.GET.ACL"), answered(200, "", 5, 5))),
	}
}

func takenBoundsRows() []ruleCase {
	media, sidecar := on(mediaKey(recordingOne)), on(sidecarKey(recordingOne))
	full, half, small := answered(200, "", 1000, 1000), answered(206, "", 500, 1000), answered(200, "", 70, 70)
	copied := both(doing("REST.COPY.OBJECT_GET"), answered(200, "", -1, -1))
	return []ruleCase{
		row("7 taken: media objects alone are judged", build(request("r", "10:00:00", half), request("r2", "10:00:00", sidecar, small), act("a", "10:00:00")),
			"a taken=partial n=2 bytes=570"),
		row("7 taken: all where none is media", build(request("r", "10:00:00", sidecar, small), act("a", "10:00:00")), "a taken=full"),
		row("7 taken: a probe of media does not count as media", build(request("r", "10:00:00", sidecar, small),
			request("r2", "10:00:00", media, doing("REST.HEAD.OBJECT")), act("a", "10:00:00")), "a taken=full n=2"),
		row("7 taken: for each object, and the most", build(request("r", "10:00:00", half), request("r2", "10:00:00", inBucket("bucket-2"), full),
			act("a", "10:00:00")), "a taken=full"),
		row("7 taken: objects are not added", build(request("r", "10:00:00", half), request("r2", "10:00:00", inBucket("bucket-2"), half),
			act("a", "10:00:00")), "a taken=partial bytes=1000"),
		row("7 taken: 206s of a whole access", build(request("r", "10:00:00", half), request("r2", "12:00:00", half)), "r^ taken=likely-full sessions=2"),
		row("7 taken: 206s of two groups by one act", build(request("r", "10:00:00", half), request("r2", "10:00:00", half, presigned("g", "")),
			act("a", "10:00:00")), "a taken=likely-full"),
		row("7 bytes: whatever the status", build(request("r", "10:00:00", full), request("r2", "10:00:00", answered(403, "AccessDenied", 243, -1))),
			"r^ bytes=1243 n=2"),
		row("7 copied: a judged copy", build(request("r", "10:00:00", copied, by(mallory))), "r^ flags=copied taken=full", "r flags="),
		row("7 copied: a judged part", build(request("r", "10:00:00", doing("REST.COPY.PART_GET"), answered(200, "", -1, -1), by(mallory))),
			"r^ flags=copied taken=likely-full"),
		row("7 copied: not a failed one", build(request("r", "10:00:00", doing("REST.COPY.OBJECT_GET"), answered(403, "AccessDenied", -1, -1), by(mallory))),
			"r^ flags= taken=none"),
		row("7 copied: not one that is not judged", build(request("r", "10:00:00", half), request("r2", "10:00:00", sidecar, copied), act("a", "10:00:00")),
			"a flags= taken=partial"),
	}
}

func outcomeRows() []ruleCase {
	ok, denied := answered(200, "", 1, 1), answered(403, "AccessDenied", 1, -1)
	of := func(name, failed string, answer requestChange) ruleCase {
		return row("7 outcome: "+name, build(request("r", "10:00:00", answer)), "r failed="+failed, "r^ failed="+failed)
	}
	return []ruleCase{
		of("a status of 400", "true", answered(400, "", -1, -1)),
		of("a status of 399", "false", answered(399, "", -1, -1)),
		of("an error code", "true", answered(200, "InternalError", 1, 1)),
		of("no status", "false", answered(-1, "", -1, -1)),
		row("7 outcome: all requests failed", build(request("r", "10:00:00", denied), request("r2", "10:00:00", denied)), "r^ failed=true error=AccessDenied"),
		row("7 outcome: one did not", build(request("r", "10:00:00", denied), request("r2", "10:00:00", ok)), "r^ failed=false error="),
		row("7 outcome: its act failed", build(act("a", "10:00:00", failing()), request("r", "10:00:00", ok)), "a failed=true", "r failed=false"),
		row("7 outcome: its act did not, all requests did", build(act("a", "10:00:00"), request("r", "10:00:00", denied)), "a failed=true error="),
		row("7 outcome: an act alone", build(act("a", "10:00:00")), "a failed=false"),
	}
}
