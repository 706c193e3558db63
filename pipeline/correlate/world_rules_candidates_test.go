package correlate_test

import (
	"time"

	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// Rows of 6.1 and of the order in 6.2.

// found is a row about one request at 10:00:00 and one act, chosen or not.
func found(name, at string, chosen bool, more ...actChange) ruleCase {
	want := []string{"r access=a verdict=attributed person=u1", "a verdict=attributed n=1 sessions=1"}
	if !chosen {
		want = []string{"r access=group verdict=unattributed person=", "a n=0 sessions=0"}
	}
	return ruleCase{"6.1 " + name, build(request("r", "10:00:00"), act("a", at, more...)), want}
}

func windowRows() []ruleCase {
	two := []*evidence.Evidence{request("r", "10:00:00"), request("r2", "10:08:00")}
	settings := func(r *correlate.Rules) { r.Before, r.After = time.Minute, 30*time.Second }
	return []ruleCase{
		found("before, its first second", "09:55:00", true),
		found("before, a second too early", "09:54:59.999", false),
		found("after, its last second", "10:02:00.999", true),
		found("after, a second too late", "10:02:01", false),
		found("the effect itself", "10:00:00", true),
		found("of system is no candidate", "10:00:00", false, system()),
		found("of unknown is no candidate", "10:00:00", false, unknown()),
		found("of a class that does not fit", "10:00:00", false, action("Delete")),
		row("6.1 a client is a person", build(request("r", "10:00:00"), act("a", "10:00:00", client("c1"))),
			"r access=a person=c1 kind=client"),
		row("6.1 after is from the last request", build(append(two, act("a", "10:10:00"))...), "r access=a", "r2 access=a confidence=weak flags=distant"),
		row("6.1 a second after that", build(append(two, act("a", "10:10:01"))...), "r access=group"),
		row("6.1 other windows", build(request("r", "10:00:00"), act("a", "09:59:00")).with(settings), "r access=a"),
		row("6.1 other windows, too early", build(request("r", "10:00:00"), act("a", "09:58:59")).with(settings), "r access=group"),
		row("6.1 other windows, too late", build(request("r", "10:00:00"), act("a", "10:00:31")).with(settings), "r access=group"),
		row("6 only the service looks for a person", build(request("r", "10:00:00", by(mallory)), act("a", "10:00:00")),
			"r access=group verdict=direct person=", "a n=0 verdict=audit-only"),
		row("6 ours does not look for a person", build(request("r", "10:00:00", by(ownRequester)), act("a", "10:00:00")), "r access=group"),
		row("6 anonymous does not look for a person", build(request("r", "10:00:00", by(""), presigned("g", "")), act("a", "10:00:00")), "r access=group"),
	}
}

func signingWindowRows() []ruleCase {
	link := presigned("g", "08:00:00")
	of := func(name, at string, chosen bool) ruleCase {
		c := found(name, at, chosen)
		c.world = build(request("r", "10:00:00", link), act("a", at))
		return c
	}
	return []ruleCase{
		of("signing, the first second before", "07:55:00", true),
		of("signing, a second too early", "07:54:59", false),
		of("signing, the last second after", "08:02:00", true),
		of("signing, a second too late", "08:02:01", false),
		of("signing, the request's own window too", "09:55:00", true),
		of("signing, between the windows", "09:54:59", false),
		row("6.1 a request in its header has no signing time", build(request("r", "10:00:00",
			func(r *evidence.StorageRequest) { r.SigningTimeMs = clock("08:00:00") }), act("a", "08:00:00")), "r access=group"),
	}
}

func failedActRows() []ruleCase {
	r := request("r", "10:00:00")
	return []ruleCase{
		row("6.1 failed acts where there is none else", build(r, act("a", "10:00:00", failing())),
			"r access=a confidence=weak flags=act-failed", "a verdict=attributed failed=true flags=act-failed"),
		row("6.1 no failed acts where there is one", build(r, act("a", "10:00:00", failing()), act("b", "09:55:00", user("u2"))),
			"r access=b flags= confidence=strong", "a verdict=audit-only flags="),
		row("6.1 failed acts of a person alone", build(r, act("a", "10:00:00", failing(), system())), "r access=group flags="),
		row("6.1 failed acts in the same windows", build(r, act("a", "09:54:59", failing())), "r access=group flags="),
		row("6.1 failed acts of two", build(r, act("a", "10:00:00", failing()), act("b", "10:00:01", failing(), user("u2"))),
			"r access=a confidence=weak flags=act-failed,contested candidates=a:0,b:1"),
	}
}

func preferenceRows() []ruleCase {
	of := func(name, first, second, chosen string) ruleCase {
		return row("6.2 order: "+name, build(request("r", "10:00:00"), act("a", first), act("b", second)), "r access="+chosen)
	}
	link := presigned("g", "08:00:00")
	return []ruleCase{
		of("the least distance", "09:59:58", "09:59:57", "a"),
		of("the least distance, on the other side", "09:59:57", "10:00:02", "b"),
		of("no later than the skew comes first", "10:00:06", "09:55:00", "b"),
		of("the skew itself is not later", "10:00:05", "09:59:54", "a"),
		of("the skew with milliseconds", "10:00:05.999", "09:59:54", "a"),
		of("among the later ones the least distance", "10:00:07", "10:00:06", "b"),
		of("then the earlier", "09:59:58", "10:00:02", "a"),
		of("then the earlier, of milliseconds", "10:00:00.002", "10:00:00.001", "b"),
		of("then the lower audit id", "10:00:00.001", "10:00:00.001", "a"),
		of("seconds before milliseconds", "10:00:01.000", "09:59:58.999", "a"),
		row("6.2 anchor: the first request", build(request("r", "10:00:00"), request("r2", "10:05:00"),
			act("a", "10:05:00"), act("b", "09:59:00")), "r2 access=b"),
		row("6.2 anchor: the signing time", build(request("r", "10:00:00", link), act("a", "10:00:00"), act("b", "08:00:01")), "r access=b"),
		row("6.2 anchor: without one the first request", build(request("r", "10:00:00", presigned("g", "")),
			act("a", "10:00:00"), act("b", "09:58:01")), "r access=a"),
		row("6.2 order: the skew is a setting", build(request("r", "10:00:00"), act("a", "10:00:06"), act("b", "09:59:00")).with(
			func(r *correlate.Rules) { r.Skew = 6 * time.Second }), "r access=a"),
	}
}

func matchRows() []ruleCase {
	link := presigned("g", "")
	return []ruleCase{
		row("6.2 match: only matching ones are chosen", build(request("r", "10:00:00", link), act("a", "10:00:00", at(other)),
			act("b", "09:56:00")), "r access=b confidence=exact flags="),
		row("6.2 match: one of the addresses", build(request("r", "10:00:00", link), act("a", "10:00:00", at(other, home))), "r confidence=exact"),
		row("6.2 match: among matching ones the order", build(request("r", "10:00:00", link), act("a", "10:00:06"), act("b", "09:56:00"),
			act("c", "10:00:00", at(other))), "r access=b"),
		row("6.2 match: an absent address matches nothing", build(request("r", "10:00:00", link, from("")), act("a", "10:00:00", at(""))),
			"r confidence=weak flags=address-mismatch"),
		row("6.2 match: an act without an address", build(request("r", "10:00:00", link), act("a", "10:00:00", at())),
			"r confidence=weak flags=address-mismatch"),
		row("6.2 match: not asked of what is not presigned", build(request("r", "10:00:00"), act("a", "10:00:00", at(other)),
			act("b", "09:56:00")), "r access=a confidence=strong flags="),
	}
}
