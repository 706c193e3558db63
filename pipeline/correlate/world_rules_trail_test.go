package correlate_test

import "earwitness/pipeline/evidence"

// trailRows are CloudTrail events beside lines (section 1).
func trailRows() []ruleCase {
	r := request("r", "10:00:00")
	told := func(changes ...requestChange) *evidence.Evidence { return trail(r, changes...) }
	elsewhere := func(set func(*evidence.StorageRequest)) requestChange { return set }
	return []ruleCase{
		row("1 an event beside its line", build(r, told()), "r refs=2 action=REST.GET.OBJECT taken= status=200", "r^ pieces=2 n=1 taken=full"),
		row("1 an event alone", build(told()), "r refs=1 action=REST.GET.OBJECT status=0 verdict=unattributed", "r^ pieces=1 n=1 taken=none"),
		row("1 another operation gives way", build(r, told(doing("REST.HEAD.OBJECT"))), "r refs=2 action=REST.GET.OBJECT", "r^ n=1 pieces=2"),
		row("1 another version gives way", build(r, told(elsewhere(func(q *evidence.StorageRequest) { q.VersionId = "v9" }))), "r refs=2", "r^ n=1"),
		row("1 another host id", build(r, told(elsewhere(func(q *evidence.StorageRequest) { q.HostId = "other" }))), "r^ n=2"),
		row("1 no host id", build(r, told(elsewhere(func(q *evidence.StorageRequest) { q.HostId = "" }))), "r^ n=2"),
		row("1 another key", build(r, told(on(sidecarKey(recordingOne)))), "r^ n=1"),
		row("1 two lines of one request", build(r, request("r", "10:00:00", doing("REST.COPY.OBJECT_GET")), told()), "r^ n=2 pieces=4"),
		row("1 two events of one line", build(r, told(), told(elsewhere(func(q *evidence.StorageRequest) { q.Trail.SharedEventId = "s" }))), "r refs=3"),
		row("1 what the line says goes first", build(r, told(from(other), by(mallory))), "r ip=198.51.100.7 principal=service"),
		row("1 what the line lacks", build(request("r", "10:00:00", from("")), told()), "r refs=2"),
		row("1 its time is the line's", build(request("r", "23:59:59"), trail(request("r", "+1 00:00:01"))), "r time=86399000 refs=2", "r^ n=1 start=86399000"),
	}
}

// personRows are 6.3.
func personRows() []ruleCase {
	r := request("r", "10:00:00", by(serviceRole+"/x"))
	named := func(e *evidence.Evidence, name string) *evidence.Evidence { return trail(e, sourceIdentity(name)) }
	session := request("r", "10:00:00")
	return []ruleCase{
		row("6.3 enforced", build(r, named(r, "gc-u9")).with(people), "r person=u9 confidence=exact verdict=attributed access=group", "r^ person=u9 confidence=exact verdict=attributed"),
		row("6.3 alone", build(named(r, "gc-u9")).with(people), "r person=u9 confidence=exact"),
		row("6.3 by the name of the session", build(session, trail(session)).with(people), "r person=u1 confidence=strong verdict=attributed"),
		row("6.3 not without an event", build(session).with(people), "r person= verdict=unattributed"),
		row("6.3 nobody by that name", build(r, named(r, "somebody")).with(people), "r person= verdict=unattributed"),
		row("6.3 no rule", build(r, named(r, "gc-u9")), "r person= verdict=unattributed"),
		row("6.3 their act", build(r, named(r, "gc-u1"), act("a", "10:00:00")).with(people), "r access=a person=u1 confidence=exact flags= name=Una", "a n=1 confidence=exact"),
		row("6.3 the act of another", build(r, named(r, "gc-u9"), act("a", "10:00:00")).with(people),
			"r access=group person=u9 confidence=exact flags=contested candidates=a:0", "a verdict=audit-only flags=contested"),
		row("6.3 their act among others", build(r, named(r, "gc-u2"), act("a", "10:00:00"), act("b", "09:58:00", user("u2"))).with(people),
			"r access=b person=u2 confidence=exact flags=contested"),
		row("6.3 their act far away", build(r, named(r, "gc-u1"), act("a", "10:01:30")).with(people), "r access=a confidence=exact flags="),
		row("6.3 not of a client", build(r, named(r, "gc-c1"), act("a", "10:00:00", client("c1"))).with(people), "r access=group person=c1 flags=contested"),
		row("6.3 two persons are two groups", build(r, named(r, "gc-u1"), request("s", "10:01:00", by(serviceRole+"/x")), trail(request("s", "10:01:00", by(serviceRole+"/x")), sourceIdentity("gc-u2"))).with(people),
			"r apart=s person=u1", "s person=u2"),
		row("6.3 a direct principal is not asked", build(request("r", "10:00:00", by(mallory)), trail(request("r", "10:00:00", by(mallory)), sourceIdentity("gc-u1"))).with(people),
			"r person= verdict=direct"),
		row("6.3 row 1 is not for it", build(
			request("r", "10:00:00", presigned("g", "")), act("a", "10:00:00"),
			request("s", "12:00:00", presigned("g", ""), from(other)), trail(request("s", "12:00:00", presigned("g", ""), from(other)), sourceIdentity("gc-u9")),
		).with(people), "s person=u9 flags= confidence=exact", "r access=a flags="),
	}
}
