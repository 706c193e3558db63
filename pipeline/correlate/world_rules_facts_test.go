package correlate_test

import (
	"strings"

	"google.golang.org/protobuf/proto"

	"earwitness/pipeline/evidence"
)

// Rows of sections 1 to 4: what facts there are, and who did them.

// retold is a piece of the same request with other bytes, told by tag.
func retold(e *evidence.Evidence, tag string, changes ...requestChange) *evidence.Evidence {
	r := e.GetRequest()
	again := requestPiece(r, "a").GetRequest()
	for _, change := range changes {
		change(again)
	}
	return requestPiece(again, tag)
}

// retoldAct is a piece of the same act that came by another way.
func retoldAct(e *evidence.Evidence, kind evidence.Kind, tag string, changes ...actChange) *evidence.Evidence {
	again := actPiece(e.GetAct(), kind, "a").GetAct()
	for _, change := range changes {
		change(again)
	}
	return actPiece(again, kind, tag)
}

// elsewhere is the same piece, read from another object.
func elsewhere(e *evidence.Evidence, uri string) *evidence.Evidence {
	again := proto.CloneOf(e)
	again.Origin.Uri = uri
	return again
}

func mergeRows() []ruleCase {
	r, a := request("r", "10:00:00"), act("a", "10:00:00")
	agent := func(text string) requestChange { return func(r *evidence.StorageRequest) { r.UserAgent = text } }
	extra := func(list ...string) requestChange { return func(r *evidence.StorageRequest) { r.Extra = list } }
	version := func(id string) requestChange { return func(r *evidence.StorageRequest) { r.VersionId = id } }
	status := func(text string) actChange { return func(a *evidence.Act) { a.Status = text } }
	later := func(r *evidence.StorageRequest) { r.TimeMs += 3600_000 }
	platform, quality := evidence.Kind_KIND_PLATFORM_QUERY, evidence.Kind_KIND_QUALITY_QUERY
	event, file := evidence.Kind_KIND_EVENT, evidence.Kind_KIND_FILE
	return []ruleCase{
		row("1 one identity is one thing", build(r, retold(r, "b", agent("x"))), "r ua=x refs=2", "r^ n=1 pieces=2"),
		row("1 the same piece twice counts once", build(r, r, a, a), "r refs=1", "r^ n=1 pieces=2"),
		row("1 lower raw bytes go first", build(retold(r, "b", agent("late")), retold(r, "a", agent("early"))), "r ua=early"),
		row("1 a field comes whole from the first that has it",
			build(retold(r, "a", agent("")), retold(r, "b", agent("has")), retold(r, "c", agent("too"))), "r ua=has"),
		row("1 a list comes whole from the first that has it",
			build(retold(r, "a", extra()), retold(r, "b", extra("x", "y")), retold(r, "c", extra("z"))), "r extra=x,y"),
		row("1 a number that was there counts, were it 0",
			build(retold(r, "a", answered(-1, "", 0, -1)), retold(r, "b", answered(206, "", 77, 99))), "r status=206 size=99", "r^ bytes=0"),
		row("1 the grade is of the first piece", build(retold(r, "a"), retold(r, "b", agent("x"))), "r grade=exact"),
		row("1 another operation is another request",
			build(r, request("r2", "10:00:00"), retold(request("r2", "10:00:00"), "b", doing("REST.HEAD.OBJECT"))), "r^ n=3"),
		row("1 the text null is a version", build(r, retold(r, "b", version("null"))), "r^ n=2 pieces=2"),
		row("1 platform before quality", build(retoldAct(a, quality, "a", user("u2")), retoldAct(a, platform, "b", user("u1"))), "a person=u1"),
		row("1 quality before event", build(retoldAct(a, event, "a", user("u2")), retoldAct(a, quality, "b", user("u1"))), "a person=u1"),
		row("1 event before file", build(retoldAct(a, file, "a", user("u2")), retoldAct(a, event, "b", user("u1"))), "a person=u1"),
		row("1 an event has no status, a query has", build(retoldAct(a, event, "a", status("")), retoldAct(a, file, "a", status("FAILURE"))),
			"a failed=true pieces=2 refs=2"),
		row("1 the time of the first piece counts", build(r, retold(r, "b", later),
			retoldAct(a, file, "a", func(a *evidence.Act) { a.TimeMs += 1000 }), a), "r time=36000000", "a time=36000000 n=1"),
		row("1 a piece in two places is the one at the first", build(elsewhere(r, "file:///z"), elsewhere(r, "file:///y")), "r refs=1 uri=file:///y"),
		row("1 an address that does not parse is had by nobody", build(retold(r, "a", from("nowhere")), retold(r, "b", from(other))), "r ip="+other),
		row("1 a list without an address that parses neither", build(retoldAct(a, platform, "a", at("x", "y")),
			retoldAct(a, quality, "a", at("z", other)), retoldAct(a, event, "a", at(home))), "a ip="+other+" ips="+other),
		row("1 another requester moves the request",
			build(r, retold(r, "A", by(mallory))), "r verdict=direct principal_id="+mallory+" refs=2", "r^ n=1 principal=direct"),
	}
}

func actorRows() []ruleCase {
	level := func(text string) actChange { return func(a *evidence.Act) { a.Level = text } }
	both := func(a *evidence.Act) { a.UserId, a.ClientId = "u1", "c1" }
	app := func(text string) actChange {
		return func(a *evidence.Act) { client("c1")(a); a.Level = text }
	}
	return []ruleCase{
		row("1 actor: a user id is a user", build(act("a", "10:00:00", both)), "a verdict=audit-only person=u1 kind=user name=Una"),
		row("1 actor: a user id counts at level system", build(act("a", "10:00:00", level("SYSTEM"))), "a verdict=audit-only person=u1 kind=user"),
		row("1 actor: level system is nobody", build(act("a", "10:00:00", app("System"))), "a verdict=service person= users="),
		row("1 actor: level genesys_internal is nobody", build(act("a", "10:00:00", app("Genesys_Internal"))), "a verdict=service person="),
		row("1 actor: a client", build(act("a", "10:00:00", client("c1"))), "a verdict=audit-only person=c1 kind=client name=App-c1"),
		row("1 actor: nobody known", build(act("a", "10:00:00", unknown())), "a verdict=audit-only person="),
		row("1 failed in any case", build(act("a", "10:00:00", func(a *evidence.Act) { a.Status = "fAILURE" })), "a failed=true"),
		row("1 a warning has not failed", build(act("a", "10:00:00", func(a *evidence.Act) { a.Status = "WARNING" })), "a failed=false"),
		row("1 without a status nothing has failed", build(act("a", "10:00:00", func(a *evidence.Act) { a.Status = "" })), "a failed=false"),
	}
}

func absentRows() []ruleCase {
	link := presigned("g", "10:00:00")
	return []ruleCase{
		row("0 absent bytes sent is 0", build(request("r", "10:00:00", answered(200, "", -1, 1000))), "r^ bytes=0 taken=none"),
		row("0 addresses compare as parsed", build(request("r", "10:00:00", link, from("2001:db8:0:0::1")),
			act("a", "10:00:00", at("2001:DB8::1"))), "r confidence=exact ip=2001:db8::1", "a ip=2001:db8::1 ips=2001:db8::1"),
		row("0 IPv4-mapped is IPv4", build(request("r", "10:00:00", link, from("::ffff:198.51.100.7")),
			act("a", "10:00:00", at(home))), "r confidence=exact ip="+home),
		row("0 an address that does not parse is absent", build(request("r", "10:00:00", link, from("nowhere")),
			act("a", "10:00:00", at("nowhere"))), "r confidence=weak flags=address-mismatch ip= ips=", "a ip="),
		row("0 times are cut down to the second", build(request("r", "10:00:00"), act("a", "10:02:00.999")), "r access=a"),
		row("0 a distance is of seconds cut down", build(request("r", "10:00:00"), act("a", "10:00:05.999")), "r confidence=strong flags="),
	}
}

func subjectRows() []ruleCase {
	entity := func(kind, id string) actChange {
		return func(a *evidence.Act) { a.EntityType, a.EntityId = kind, id }
	}
	rows := []ruleCase{
		row("2 the recording from the key", build(request("r", "10:00:00")), "r subject=recording:"+recordingOne+" recording="+recordingOne),
		row("2 the object", build(request("r", "10:00:00", on("notes/x"))), "r subject=object:bucket/notes/x recording=", "r^ subject=object:bucket/notes/x"),
		row("2 the entity", build(act("a", "10:00:00", entity("Policy", "p1"))), "a subject=entity:Policy:p1"),
		row("2 the bucket with the service's role", build(request("r", "10:00:00", on(""))), "r subject=bucket:bucket/"+serviceRole),
		row("2 the bucket with the whole requester", build(request("r", "10:00:00", on(""), by(ownRequester))), "r subject=bucket:bucket/"+ownRequester),
		row("2 the bucket with nobody", build(request("r", "10:00:00", on(""), by(""))), "r subject=bucket:bucket"),
		row("2 the audit itself", build(act("a", "10:00:00", entity("", ""))), "a subject=audit:a"),
		row("2 acts of another recording explain nothing",
			build(request("r", "10:00:00"), act("a", "10:00:00", about(recordingTwo))), "r verdict=unattributed", "a verdict=audit-only n=0"),
		row("2 a sidecar is of its recording", build(request("r", "10:00:00", on(sidecarKey(recordingOne))), act("a", "10:00:00")), "r access=a"),
	}
	for _, kind := range []string{"Recording", "ScreenRecording", "SnippetRecording", "OrphanedRecording"} {
		rows = append(rows, row("2 the recording of a "+kind,
			build(act("a", "10:00:00", entity(kind, strings.ToUpper(recordingOne)))), "a subject=recording:"+recordingOne))
	}
	return rows
}
