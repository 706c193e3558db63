package correlate_test

import "earwitness/pipeline/evidence"

// Rows of section 7: accesses and their verdicts.

// beside is a request of another group of the same recording.
func beside(id, at string, changes ...requestChange) *evidence.Evidence {
	return request(id, at, append([]requestChange{on(sidecarKey(recordingOne))}, changes...)...)
}

func accessRows() []ruleCase {
	r, a := request("r", "10:00:00"), act("a", "10:00:00")
	return []ruleCase{
		row("7 every act is one access", build(a, act("b", "10:00:00")), "a n=0 sessions=0 taken= bytes=0", "b n=0"),
		row("7 the sessions that chose it belong to it", build(r, beside("r2", "10:00:30"), a), "a n=2 sessions=2", "r access=a", "r2 access=a"),
		row("7 the sessions of a group that chose none are one", build(r, request("r2", "11:00:00"), request("r3", "12:00:00")),
			"r^ n=3 sessions=3 verdict=unattributed", "r with=r3"),
		row("7 some of a group, not others", build(r, request("r2", "11:00:00"), request("r3", "12:00:00"), act("a", "11:00:00")),
			"a n=1", "r^ n=2 sessions=2", "r with=r3 apart=r2"),
		row("7 no access without sessions", build(r, a), "r access=a", "a n=1"),
	}
}

func verdictRows() []ruleCase {
	of := func(name, verdict string, e *evidence.Evidence) ruleCase {
		return row("7 verdict "+name, build(e), "r verdict="+verdict, "r^ verdict="+verdict)
	}
	preflight := doing("REST.OPTIONS.PREFLIGHT")
	return []ruleCase{
		row("7 verdict attributed", build(request("r", "10:00:00"), act("a", "10:00:00")), "r verdict=attributed person=u1", "a verdict=attributed person=u1"),
		row("7 verdict audit-only of a person", build(act("a", "10:00:00")), "a verdict=audit-only person=u1 confidence="),
		row("7 verdict audit-only of unknown", build(act("a", "10:00:00", unknown())), "a verdict=audit-only person="),
		row("7 verdict service of system's act", build(act("a", "10:00:00", system())), "a verdict=service"),
		of("service, write", "service", request("r", "10:00:00", doing("REST.PUT.OBJECT"))),
		of("service, probe", "service", request("r", "10:00:00", doing("REST.HEAD.OBJECT"))),
		of("service, other", "service", request("r", "10:00:00", doing("REST.GET.BUCKET"), on(""))),
		of("service, write by a link", "unattributed", request("r", "10:00:00", doing("REST.PUT.OBJECT"), presigned("g", ""))),
		of("service, probe by a link", "unattributed", request("r", "10:00:00", doing("REST.HEAD.OBJECT"), presigned("g", ""))),
		of("aws", "system", request("r", "10:00:00", by("AmazonS3"), doing("S3.EXPIRE.OBJECT"))),
		of("self", "system", request("r", "10:00:00", by(ownRequester))),
		of("anonymous preflight", "system", request("r", "10:00:00", by(""), preflight)),
		of("anonymous preflight on the bucket", "system", request("r", "10:00:00", by(""), preflight, on(""))),
		of("direct preflight", "direct", request("r", "10:00:00", by(mallory), preflight)),
		of("direct", "direct", request("r", "10:00:00", by(mallory))),
		of("anonymous", "anonymous", request("r", "10:00:00", by(""))),
		of("unattributed read", "unattributed", request("r", "10:00:00")),
		of("unattributed delete", "unattributed", request("r", "10:00:00", doing("REST.DELETE.OBJECT"))),
		of("unattributed change", "unattributed", request("r", "10:00:00", doing("REST.PUT.ACL"))),
		row("7 verdict anonymous: one preflight among others", build(request("r", "10:00:00", by(""), preflight), request("r2", "10:00:01", by(""))),
			"r verdict=anonymous flags=preflight", "r^ verdict=anonymous flags=preflight n=2"),
	}
}

func finalVerdictRows() []ruleCase {
	deleted, changed := request("r", "10:00:00", doing("REST.DELETE.OBJECT")), request("r", "10:00:00", doing("REST.PUT.ACL"))
	purge, protect := action("Purge"), action("ApplyProtection")
	of := func(name, verdict string, pieces ...*evidence.Evidence) ruleCase {
		return row("7 verdict "+name, build(pieces...), "r verdict="+verdict, "r^ verdict="+verdict)
	}
	open := func(name, verdict string, pieces ...*evidence.Evidence) ruleCase {
		return row("7 verdict "+name, build(pieces...).coveredTo("10:10:00"), "r state=pending verdict="+verdict, "r^ state=pending verdict="+verdict)
	}
	return []ruleCase{
		of("service, delete by system", "service", deleted, act("a", "10:00:00", system(), purge)),
		of("service, change by system", "service", changed, act("a", "10:00:00", system(), protect)),
		of("service, delete by system at the start of the window", "service", deleted, act("a", "09:55:00", system(), purge)),
		of("unattributed, by system a second before", "unattributed", deleted, act("a", "09:54:59", system(), purge)),
		of("service, delete by system at its end", "service", deleted, act("a", "10:02:00", system(), purge)),
		of("unattributed, by system a second behind", "unattributed", deleted, act("a", "10:02:01", system(), purge)),
		of("unattributed, by system that failed", "unattributed", deleted, act("a", "10:00:00", system(), purge, failing())),
		of("unattributed, by system that does not fit", "unattributed", deleted, act("a", "10:00:00", system(), protect)),
		of("unattributed, by unknown", "unattributed", deleted, act("a", "10:00:00", unknown(), purge)),
		of("unattributed, a read by system", "unattributed", request("r", "10:00:00"), act("a", "10:00:00", system())),
		open("open", "open", request("r", "10:00:00")),
		open("open before service by system", "open", deleted, act("a", "10:00:00", system(), purge)),
		open("service at once", "service", request("r", "10:00:00", doing("REST.PUT.OBJECT"))),
		open("attributed at once", "attributed", request("r", "10:00:00"), act("a", "10:00:00")),
		open("direct at once", "direct", request("r", "10:00:00", by(mallory))),
		open("anonymous at once", "anonymous", request("r", "10:00:00", by(""))),
		open("system at once", "system", request("r", "10:00:00", by("AmazonS3"))),
		row("7 verdict unattributed is final", build(request("r", "10:00:00")).coveredTo("10:10:01"), "r state=final verdict=unattributed"),
	}
}

func groupVerdictRows() []ruleCase {
	read, later := request("r", "10:00:00"), request("r2", "12:00:00")
	probe := request("r", "10:00:00", doing("REST.HEAD.OBJECT"))
	preflight := doing("REST.OPTIONS.PREFLIGHT")
	purge := act("a", "12:00:00", system(), action("Purge"))
	deleted := doing("REST.DELETE.OBJECT")
	return []ruleCase{
		row("7 group: unattributed before open", build(read, later).coveredTo("12:10:00"), "r verdict=unattributed", "r2 verdict=open",
			"r^ verdict=unattributed state=pending"),
		row("7 group: unattributed before service", build(probe, later), "r verdict=service", "r2 verdict=unattributed", "r^ verdict=unattributed class=read"),
		row("7 group: unattributed before service by system", build(request("r", "10:00:00", deleted), request("r2", "12:00:00", deleted), purge),
			"r verdict=unattributed", "r2 verdict=service", "r^ verdict=unattributed"),
		row("7 group: open before service", build(probe, later).coveredTo("12:10:00"), "r verdict=service state=final", "r2 verdict=open", "r^ verdict=open"),
		row("7 group: anonymous before system", build(request("r", "10:00:00", by(""), preflight), request("r2", "12:00:00", by(""))),
			"r verdict=system", "r2 verdict=anonymous", "r^ verdict=anonymous flags=preflight n=2"),
		row("7 group: a session that chose an act is not of it", build(read, later, act("a", "10:00:00")), "r2^ verdict=unattributed n=1"),
	}
}

func unionRows() []ruleCase {
	link := presigned("g", "")
	return []ruleCase{
		row("7 confidence: weak before strong", build(request("r", "10:00:00"), beside("r2", "09:59:00"), act("a", "10:00:00")),
			"r confidence=strong", "r2 confidence=weak flags=distant", "a confidence=weak flags=distant"),
		row("7 confidence: strong before exact", build(request("r", "10:00:00", link), beside("r2", "10:00:00"), act("a", "10:00:00")),
			"r confidence=exact", "r2 confidence=strong", "a confidence=strong"),
		row("7 confidence: weak before exact", build(request("r", "10:00:00", link), beside("r2", "09:59:00"), act("a", "10:00:00")),
			"a confidence=weak"),
		row("7 flags: of all sessions and requests", build(request("r", "10:00:00", link), beside("r2", "09:59:00"), act("a", "10:00:00"),
			beside("r3", "09:59:01", doing("REST.OPTIONS.PREFLIGHT"))), "a flags=distant,preflight", "r flags=", "r3 flags=distant,preflight"),
		row("7 a request has the flags of its session, and its own", build(request("r", "10:00:00"), request("r2", "10:00:01", doing("REST.OPTIONS.X"))),
			"r flags= verdict=unattributed class=read", "r2 flags=preflight verdict=unattributed class=probe", "r^ flags=preflight class=read"),
		row("7 class: its act's", build(request("r", "10:00:00", doing("REST.HEAD.OBJECT")), act("a", "10:00:00")), "a class=read", "r class=probe"),
		row("7 class: read where any session's is", build(request("r", "10:00:00", doing("REST.HEAD.OBJECT")), request("r2", "12:00:00")), "r^ class=read"),
		row("7 class: else its sessions'", build(request("r", "10:00:00", doing("REST.DELETE.OBJECT"))), "r^ class=delete action=REST.DELETE.OBJECT"),
	}
}
