package correlate_test

import (
	"fmt"
	"net/netip"

	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// Rows of the table of 6.2.

func linkRows() []ruleCase {
	link, shared := presigned("g", ""), request("r2", "12:00:00", presigned("g", ""), from(other))
	r, a := request("r", "10:00:00", link), act("a", "10:00:00")
	n1, n2 := request("r", "10:00:00", presigned("", "")), request("r2", "12:00:00", presigned("", ""), from(other))
	return []ruleCase{
		row("6.2 row 1 without candidates", build(r, a, shared),
			"r2 access=group verdict=unattributed flags=link-shared confidence= candidates=", "r access=a confidence=exact flags=link-shared",
			"a flags=link-shared", "r2^ flags=link-shared"),
		row("6.2 row 1 no candidate matches", build(r, a, shared, act("b", "12:00:00", user("u2"))),
			"r2 access=group flags=link-shared candidates=b:0 person=", "b verdict=audit-only flags= n=0"),
		row("6.2 row 1 no other flag", build(r, a, shared, act("b", "12:01:00", failing()), act("c", "12:01:00", user("u2"), failing())),
			"r2 access=group flags=link-shared candidates=b:60,c:60"),
		row("6.2 row 1 not where a candidate matches", build(r, a, shared, act("b", "12:00:00", user("u2"), at(other))),
			"r2 access=b confidence=exact flags=", "r access=a flags="),
		row("6.2 row 1 an absent grant equals none", build(n1, a, n2), "r access=a flags=", "r2 access=group flags="),
		row("6.2 row 1 another grant", build(r, a, request("r2", "12:00:00", presigned("h", ""), from(other))), "r2 flags=", "r flags="),
		row("6.2 row 1 a failed act where those are its candidates", build(r, act("a", "10:00:00", failing()), shared),
			"r2 access=group flags=link-shared", "r access=a flags=act-failed,link-shared confidence=weak"),
		row("6.2 row 1 not a failed act where they are not", build(r, act("a", "10:00:00", failing()), act("b", "10:00:00", at(other)), shared),
			"r2 flags=", "r access=b flags=address-mismatch"),
		row("6.2 row 1 another subject", build(r, a, request("r2", "12:00:00", link, from(other), on(mediaKey(recordingTwo)))), "r2 flags=", "r flags="),
		row("6.2 row 1 another key of the subject", build(r, a, request("r2", "12:00:00", link, from(other), on(sidecarKey(recordingOne)))),
			"r2 flags=link-shared", "r flags=link-shared"),
		row("6.2 row 1 the same address at another time", build(r, a, request("r2", "12:00:00", link)), "r2 access=group flags=link-shared"),
		row("6.2 row 1 of the service alone", build(r, a, request("r2", "12:00:00", link, by(mallory), from(other))), "r2 flags=", "r flags="),
		row("6.2 row 1 nobody's act is no candidate", build(r, act("a", "10:00:00", unknown()), shared), "r2 flags=", "r access=group flags="),
	}
}

func addressRows() []ruleCase {
	link := presigned("g", "10:00:00")
	return []ruleCase{
		row("6.2 row 2 no candidate matches", build(request("r", "10:00:00", link), act("a", "10:00:00", at(other))),
			"r access=a confidence=weak flags=address-mismatch verdict=attributed candidates=a:0", "a confidence=weak flags=address-mismatch"),
		row("6.2 row 2 with rows 3 and 5", build(request("r", "10:00:00", link), act("a", "10:00:06", at(other)), act("b", "10:00:07", at(other), user("u2"))),
			"r access=a confidence=weak flags=address-mismatch,contested,distant"),
		row("6.2 row 2 with row 6", build(request("r", "10:00:00", link), act("a", "10:00:00", at(other), failing())),
			"r access=a confidence=weak flags=act-failed,address-mismatch"),
		row("6.2 row 2 not where one matches", build(request("r", "10:00:00", link), act("a", "10:00:00")), "r confidence=exact flags="),
	}
}

func foreignRows() []ruleCase {
	fenced := func(name, ip, want string, changes ...requestChange) ruleCase {
		w := build(request("r", "10:00:00", append(changes, from(ip))...), act("a", "10:00:00", at(ip)))
		return row("6.2 row 2 foreign: "+name, w.with(func(r *correlate.Rules) {
			r.ServiceNetworks = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("2001:db8::/32")}
		}), "r access=a "+want)
	}
	weak, strong := "confidence=weak flags=address-mismatch", "confidence=strong flags="
	return []ruleCase{
		fenced("outside", other, weak),
		fenced("outside, IPv6", "2001:db9::1", weak),
		fenced("inside", home, strong),
		fenced("inside, IPv6", "2001:db8:ffff::1", strong),
		fenced("inside, IPv4-mapped", "::ffff:198.51.100.9", strong),
		fenced("absent", "", strong),
		fenced("a link is used from elsewhere", other, "confidence=exact flags=", presigned("g", "")),
		row("6.2 row 2 foreign: without networks nothing is", build(request("r", "10:00:00", from(other)), act("a", "10:00:00")), "r "+strong),
	}
}

func contestedRows() []ruleCase {
	link, r := presigned("g", ""), request("r", "10:00:00")
	l := request("r", "10:00:00", link)
	return []ruleCase{
		row("6.2 row 3 several persons", build(r, act("a", "10:00:00"), act("b", "09:59:00", user("u2"))),
			"r access=a confidence=weak flags=contested candidates=a:0,b:60", "a confidence=weak flags=contested candidates=a:0,b:60"),
		row("6.2 row 3 one person twice", build(r, act("a", "10:00:00"), act("b", "09:59:00")), "r confidence=strong flags= candidates=", "b flags="),
		row("6.2 row 3 a user and a client of one id", build(r, act("a", "10:00:00"), act("b", "09:59:00", client("u1"))), "r flags=contested"),
		row("6.2 row 3 presigned, all prefer the matching person", build(l, act("a", "10:00:00"), act("b", "09:59:00", user("u2"), at(other))),
			"r access=a confidence=strong flags=contested candidates=a:0,b:60", "b flags=contested"),
		row("6.2 row 3 presigned, by another act of that person", build(l, act("a", "09:58:00"), act("c", "10:00:00", at(other)),
			act("b", "09:59:00", user("u2"), at(other))), "r access=a confidence=strong flags=contested candidates=a:120,c:0,b:60"),
		row("6.2 row 3 presigned, all prefer another", build(l, act("a", "09:59:00"), act("b", "10:00:00", user("u2"), at(other))),
			"r access=a confidence=weak flags=contested candidates=a:60,b:0"),
		row("6.2 row 3 presigned, two match", build(l, act("a", "10:00:00"), act("b", "09:59:00", user("u2"))), "r access=a confidence=weak flags=contested"),
		row("6.2 row 3 presigned, none matches", build(l, act("a", "10:00:00", at(other)), act("b", "09:59:00", user("u2"), at(other))),
			"r access=a confidence=weak flags=address-mismatch,contested"),
		row("6.2 row 3 preferred, but row 4", build(l, act("a", "09:59:59"), act("b", "09:59:00", user("u2"), at(other)),
			act("c", "10:00:00", system())), "r access=a confidence=weak flags=contested"),
		row("6.2 row 3 preferred, but row 5", build(l, act("a", "10:00:06"), act("b", "10:00:07", user("u2"), at(other))),
			"r access=a confidence=weak flags=contested,distant"),
		row("6.2 row 3 preferred, but row 6", build(l, act("a", "10:00:00", failing()), act("b", "10:00:01", user("u2"), at(other), failing())),
			"r access=a confidence=weak flags=act-failed,contested"),
	}
}

func nobodyRows() []ruleCase {
	of := func(name string, flags string, nobody *evidence.Evidence) ruleCase {
		confidence := "weak"
		if flags == "" {
			confidence = "strong"
		}
		return row("6.2 row 4 "+name, build(request("r", "10:00:00"), act("a", "09:59:58"), nobody),
			"r access=a confidence="+confidence+" flags="+flags)
	}
	l := request("r", "10:00:00", presigned("g", ""))
	return []ruleCase{
		of("of system, nearer", "contested", act("b", "09:59:59", system())),
		of("of unknown, nearer", "contested", act("b", "09:59:59", unknown())),
		of("farther", "", act("b", "09:59:57", system())),
		of("as near but later", "", act("b", "10:00:02", system())),
		of("as near but earlier", "contested", act("b", "09:59:58", unknown(), func(a *evidence.Act) { a.AuditId = "A" })),
		of("failed", "", act("b", "09:59:59", system(), failing())),
		of("that does not fit", "", act("b", "09:59:59", system(), action("Delete"))),
		row("6.2 row 4 addresses aside", build(l, act("a", "09:59:58"), act("b", "09:59:59", unknown(), at(other))),
			"r access=a confidence=weak flags=contested candidates=a:2"),
		row("6.2 row 4 before the chosen one, behind one that does not match", build(l, act("a", "09:58:00"),
			act("c", "10:00:00", at(other)), act("b", "09:59:00", system())), "r access=a confidence=weak flags=contested"),
		row("6.2 row 4 also before failed acts", build(request("r", "10:00:00"), act("a", "09:59:58", failing()), act("b", "09:59:59", system())),
			"r access=a confidence=weak flags=act-failed,contested"),
		row("6.2 row 4 outside the windows", build(request("r", "10:00:00", presigned("g", "08:00:00")), act("a", "09:55:00"),
			act("b", "08:02:01", system())), "r flags=distant"),
	}
}

func distantRows() []ruleCase {
	two := func(at string) world {
		return build(request("r", "10:00:00"), request("r2", "10:09:00"), act("a", at))
	}
	link := presigned("g", "08:00:00")
	return []ruleCase{
		row("6.2 row 5 the skew is not distant", two("10:00:05"), "r confidence=strong flags="),
		row("6.2 row 5 a second over the skew", two("10:00:06"), "r confidence=weak flags=distant candidates=a:6", "a flags=distant"),
		row("6.2 row 5 before is not distant", two("09:55:00"), "r confidence=strong flags="),
		row("6.2 row 5 too early for the signing", build(request("r", "08:04:00", link), act("a", "07:59:00")), "r access=a confidence=exact flags="),
		row("6.2 row 5 before the signing, its last second", build(request("r", "07:58:00", link), act("a", "07:55:00")), "r confidence=exact flags="),
		row("6.2 row 5 before the signing, a second over", build(request("r", "07:58:00", link), act("a", "07:54:59")), "r confidence=weak flags=distant"),
		row("6.2 row 5 after the signing", build(request("r", "10:00:00", link), act("a", "09:59:59")), "r confidence=weak flags=distant candidates=a:7199"),
	}
}

func certainRows() []ruleCase {
	return []ruleCase{
		row("6.2 row 6 act-failed", build(request("r", "10:00:00", presigned("g", "")), act("a", "10:00:00", failing())),
			"r confidence=weak flags=act-failed"),
		row("6.2 row 7 presigned", build(request("r", "10:00:00", presigned("g", "")), act("a", "10:00:00")), "r confidence=exact flags= candidates="),
		row("6.2 row 8 any other", build(request("r", "10:00:00"), act("a", "10:00:00")), "r confidence=strong flags= candidates="),
		row("6.2 without candidates", build(request("r", "10:00:00")), "r confidence= flags= verdict=unattributed"),
	}
}

func candidateRows() []ruleCase {
	many := []*evidence.Evidence{request("r", "10:00:00")}
	list := ""
	for i := range 25 {
		many = append(many, act(fmt.Sprintf("a%02d", i), "10:00:00", user(fmt.Sprintf("u%d", i))))
		if i < 20 {
			list += fmt.Sprintf(",a%02d:0", i)
		}
	}
	return []ruleCase{
		row("candidates: at most 20", build(many...), "r candidates="+list[1:], "a00 candidates="+list[1:]),
		row("candidates: the union of sessions, each once", build(request("r", "10:00:00"), beside("r2", "10:00:10"), act("a", "10:00:00"),
			act("b", "09:59:00", user("u2")), act("c", "10:02:05", user("u3"))),
			"r candidates=a:0,b:60", "r2 candidates=a:10,b:70,c:115", "a n=2 sessions=2 candidates=a:0,b:60,c:115"),
		row("candidates: matching ones first", build(request("r", "10:00:00", presigned("g", "")), act("a", "10:00:00", at(other)),
			act("b", "09:58:00", user("u2"))), "r access=b candidates=b:120,a:0"),
	}
}
