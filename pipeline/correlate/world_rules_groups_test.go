package correlate_test

import (
	"net/netip"
	"time"

	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// Rows of section 5, and the head of section 6: groups, sessions, and what
// runs over midnight.

func inBucket(name string) requestChange {
	return func(r *evidence.StorageRequest) { r.Bucket = name }
}

func groupRows() []ruleCase {
	pair := func(name, relation string, second ...requestChange) ruleCase {
		return row("5 group: "+name, build(request("r1", "10:00:00"), request("r2", "10:00:01", second...)), "r1 "+relation+"=r2")
	}
	g1, g2, none := presigned("g1", ""), presigned("g2", ""), presigned("", "")
	links := func(name, relation string, first, second requestChange) ruleCase {
		return row("5 group: "+name, build(request("r1", "10:00:00", first), request("r2", "10:00:01", second)), "r1 "+relation+"=r2")
	}
	return []ruleCase{
		pair("equal", "with"),
		pair("bucket", "apart", inBucket("bucket-2")),
		pair("key", "apart", on(sidecarKey(recordingOne))),
		pair("principal class", "apart", by(ownRequester)),
		pair("service without its session name", "with", by(serviceTwo)),
		links("others with their session name", "apart", by(ownRequester), by(ownRequester+"1")),
		pair("presigned or not", "apart", g1),
		links("one grant", "with", g1, g1),
		links("two grants", "apart", g1, g2),
		links("absent grants", "with", none, none),
		links("a grant and none", "apart", g1, none),
		pair("read and probe together", "with", doing("REST.HEAD.OBJECT")),
		pair("write alone", "apart", doing("REST.PUT.OBJECT")),
		pair("delete alone", "apart", doing("REST.DELETE.OBJECT")),
		pair("change alone", "apart", doing("REST.PUT.ACL")),
		pair("other alone", "apart", doing("REST.COPY.OTHER")),
		links("write and write", "with", doing("REST.PUT.OBJECT"), doing("REST.PUT.PART")),
		pair("version does not matter", "with", func(r *evidence.StorageRequest) { r.VersionId = "v1" }),
		row("5 group: one UTC day", build(request("r1", "23:59:58"), request("r2", "23:59:59")), "r1 with=r2"),
		row("5 group: the day after", build(request("r1", "23:59:59"), request("r2", "+1 00:00:00")), "r1 apart=r2"),
	}
}

func groupAddressRows() []ruleCase {
	pair := func(name, relation, first, second string, who requestChange) ruleCase {
		return row("5 address: "+name, build(request("r1", "10:00:00", from(first), who), request("r2", "10:00:01", from(second), who)),
			"r1 "+relation+"=r2")
	}
	fenced := func(c ruleCase) ruleCase {
		c.name += ", with networks"
		c.world = c.world.with(func(r *correlate.Rules) {
			r.ServiceNetworks = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}
		})
		return c
	}
	service := by(serviceOne)
	return []ruleCase{
		pair("service", "with", home, other, service),
		pair("service, one absent", "with", home, "", service),
		pair("service presigned", "apart", home, other, presigned("g", "")),
		pair("service presigned, equal", "with", home, "::ffff:"+home, presigned("g", "")),
		pair("service presigned, one absent", "apart", home, "", presigned("g", "")),
		pair("aws", "with", home, other, by("AmazonS3")),
		pair("self", "apart", home, other, by(ownRequester)),
		pair("direct", "apart", home, other, by(mallory)),
		pair("anonymous", "apart", home, other, by("")),
		pair("anonymous, none parses", "with", "x", "y", by("")),
		fenced(pair("service inside", "with", home, "198.51.100.255", service)),
		fenced(pair("service, one foreign", "apart", home, "198.51.101.0", service)),
		fenced(pair("service, two foreign", "apart", other, "198.51.101.0", service)),
		fenced(pair("service, one foreign address", "with", other, other, service)),
		fenced(pair("service, absent is not foreign", "with", home, "", service)),
		fenced(pair("aws", "with", home, other, by("AmazonS3"))),
	}
}

func sessionRows() []ruleCase {
	return []ruleCase{
		row("5 session: a pause of the gap", build(request("r1", "10:00:00"), request("r2", "10:10:00")), "r1^ n=2 sessions=1"),
		row("5 session: a pause over the gap", build(request("r1", "10:00:00"), request("r2", "10:10:01")), "r1^ n=2 sessions=2", "r1 with=r2"),
		row("5 session: the pause is from the predecessor",
			build(request("r1", "10:00:00"), request("r3", "10:20:00"), request("r2", "10:10:00")), "r1^ n=3 sessions=1"),
		row("5 session: a late line joins two", build(request("r1", "10:00:00"), request("r3", "10:20:00"), request("r2", "10:10:00"),
			act("a", "09:59:58")), "r3 access=a", "a n=3 sessions=1"),
		row("5 session: without it there are two", build(request("r1", "10:00:00"), request("r3", "10:20:00"), act("a", "09:59:58")),
			"r1 access=a", "r3 access=group verdict=unattributed", "a n=1"),
		row("5 session: two of one group with an act each", build(request("r1", "10:00:00"), request("r2", "10:10:01"),
			act("a", "10:00:00"), act("b", "10:10:01", user("u2"))), "r1 access=a", "r2 access=b", "r1^ sessions=1"),
		row("5 session: it is read if it holds a read", build(request("r1", "10:00:00", doing("REST.HEAD.OBJECT")),
			request("r2", "10:00:01")), "r1 class=probe verdict=unattributed", "r2 class=read", "r1^ class=read"),
		row("5 session: probes alone are a probe", build(request("r1", "10:00:00", doing("REST.HEAD.OBJECT"))),
			"r1 verdict=service", "r1^ class=probe verdict=service"),
		row("5 session: another gap", build(request("r1", "10:00:00"), request("r2", "10:00:31")).with(func(r *correlate.Rules) {
			r.SessionGap = 30 * time.Second
		}), "r1^ sessions=2"),
	}
}

func midnightRows() []ruleCase {
	long := func(r *correlate.Rules) { r.SessionGap = 12 * time.Hour }
	return []ruleCase{
		row("5 midnight: the gap continues", build(request("r1", "23:55:00"), request("r2", "+1 00:05:00"), act("a", "23:55:00")),
			"r1 access=a confidence=strong", "r2 access=a confidence=strong verdict=attributed", "a n=2 sessions=1"),
		row("5 midnight: over the gap does not", build(request("r1", "23:55:00"), request("r2", "+1 00:05:01"), act("a", "23:55:00")),
			"r1 access=a", "r2 access=group verdict=unattributed", "a n=1 sessions=1"),
		row("5 midnight: of the last request of the day before", build(request("r0", "12:00:00"), request("r1", "23:55:00"),
			request("r2", "+1 00:05:00"), act("a", "12:00:00"), act("b", "23:55:00", user("u2"))), "r0 access=a", "r2 access=b"),
		row("5 midnight: of the same group alone", build(request("r1", "23:57:00"), act("a", "23:57:00"),
			request("r2", "+1 00:03:00", on(sidecarKey(recordingOne)))), "r2 access=group"),
		row("5 midnight: read and probe are one group", build(request("r1", "23:57:00"), act("a", "23:57:00"),
			request("r2", "+1 00:03:00", doing("REST.HEAD.OBJECT"))), "r2 access=a class=probe verdict=attributed"),
		row("5 midnight: days on end", build(request("r1", "20:00:00"), request("r2", "+1 06:00:00"), request("r3", "+1 18:00:00"),
			request("r4", "+2 05:00:00"), request("r5", "+3 00:00:00"), act("a", "20:00:00")).with(long),
			"r2 access=a", "r3 access=a", "r4 access=a", "r5 access=group", "a n=4 sessions=1"),
		row("5 midnight: a day left out ends it", build(request("r1", "23:59:00"), request("r2", "+2 00:01:00"), act("a", "23:59:00")).with(
			func(r *correlate.Rules) { r.SessionGap = 48 * time.Hour }), "r2 access=group"),
		row("5 midnight: unattributed stays apart by day", build(request("r1", "23:59:00"), request("r2", "+1 00:01:00")),
			"r1 apart=r2 verdict=unattributed", "r1^ n=1 sessions=1", "r2^ n=1 sessions=1"),
	}
}

func takeOverRows() []ruleCase {
	late, early := request("r2", "+1 00:03:00"), request("r1", "23:57:00")
	link := presigned("g", "")
	return []ruleCase{
		row("6 continued: act, confidence and flags are taken over", build(early, late, act("a", "23:58:00", user("u1"))),
			"r1 confidence=weak flags=distant", "r2 access=a confidence=weak flags=distant", "r2 candidates="),
		row("6 continued: contested is taken over without candidates", build(early, late, act("a", "23:57:00"), act("b", "23:56:00", user("u2"))),
			"r1 flags=contested candidates=a:0,b:60", "r2 access=a flags=contested confidence=weak candidates="),
		row("6 continued: act-failed is taken over", build(early, late, act("a", "23:57:00", failing())),
			"r2 access=a flags=act-failed confidence=weak"),
		row("6 continued: it is not judged itself", build(early, late, act("a", "+1 00:03:00")),
			"r1 access=group verdict=unattributed", "r2 access=group verdict=unattributed", "a verdict=audit-only n=0"),
		row("6 continued: it is no candidate's session", build(early, late, act("a", "+1 00:03:00")), "a flags=storage-missing"),
		row("6 continued: link-shared is taken over without an act", build(
			request("r1", "23:57:00", link, from(other)), request("r2", "+1 00:03:00", link, from(other)),
			request("r3", "12:00:00", link), act("a", "12:00:00")),
			"r1 flags=link-shared access=group", "r2 flags=link-shared access=group", "r3 flags=link-shared access=a"),
		row("6 continued: link-shared is taken over with an act", build(
			request("r1", "23:57:00", link), request("r2", "+1 00:03:00", link), act("a", "23:57:00"),
			request("r3", "12:00:00", link, from(other))), "r2 flags=link-shared access=a confidence=exact", "r3 flags=link-shared"),
		row("6 continued: it is no other session in row 1", build(
			request("r1", "23:57:00", link), request("r2", "+1 00:03:00", link), act("a", "+1 00:03:00"),
			request("r3", "12:00:00", link, from(other))), "r3 flags= verdict=unattributed", "r2 access=group flags="),
		row("6 continued: two steps", build(request("r1", "12:00:00"), request("r2", "+1 00:00:00"), request("r3", "+2 00:00:00"),
			act("a", "12:00:00")).with(func(r *correlate.Rules) { r.SessionGap = 24 * time.Hour }), "r3 access=a confidence=strong", "a sessions=1"),
	}
}

func exceptionRows() []ruleCase {
	early, late, a := request("r1", "23:57:00"), request("r2", "+1 00:03:00"), act("a", "23:57:00")
	over := func(name string, b *evidence.Evidence, want string) ruleCase {
		return row("6 continued, exception: "+name, build(early, late, a, b), "r1 flags= confidence=strong", "r2 access=a "+want)
	}
	contested, plain := "flags=contested confidence=weak candidates=", "flags= confidence=strong"
	return []ruleCase{
		over("another person at the start of the window", act("b", "23:59:01", user("u2")), contested),
		over("another person at its end", act("b", "+1 00:05:00", user("u2")), contested),
		over("another person behind it", act("b", "+1 00:05:01", user("u2")), plain),
		over("the same person", act("b", "+1 00:03:00"), plain),
		over("a client of the same id is another", act("b", "+1 00:03:00", client("u1")), contested),
		over("a failed act", act("b", "+1 00:03:00", user("u2"), failing()), plain),
		over("an act that does not fit", act("b", "+1 00:03:00", user("u2"), action("Export")), plain),
		over("nobody's act", act("b", "+1 00:03:00", system()), plain),
		row("6 continued, exception: without an act there is none", build(early, late, act("b", "+1 00:03:00", user("u2"))),
			"r2 access=group flags="),
		row("6 continued, exception: it is no candidate, so not contested", build(early, late, a, act("b", "+1 00:03:00", user("u2"))),
			"b verdict=audit-only flags=storage-missing", "a confidence=weak flags=contested n=2"),
		row("6 continued, exception: what follows takes it over", build(request("r1", "12:00:00"), request("r2", "+1 00:00:00"),
			request("r3", "+2 00:00:00"), act("a", "12:00:00"), act("b", "+1 00:00:00", user("u2"))).with(
			func(r *correlate.Rules) { r.SessionGap = 24 * time.Hour }), "r1 flags=", "r2 flags=contested", "r3 flags=contested confidence=weak"),
	}
}
