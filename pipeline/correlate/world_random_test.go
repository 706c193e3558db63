package correlate_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"google.golang.org/protobuf/proto"

	"earwitness/pipeline/access"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// randomWorld makes the world of a seed: few subjects, few addresses, few
// persons, and times that stand on the edges of windows, gaps and days, so
// that small sets of evidence meet in every way that the rules tell apart.
func randomWorld(seed uint64) world {
	g := &generator{rng: rand.New(rand.NewPCG(seed, 0x6561727769746e65))}
	g.rules = g.someRules()
	g.someInstants()
	target := 10 + g.rng.IntN(50)
	for len(g.pieces) < target {
		scene := pick(g, g.listening, g.listening, g.listening, g.link, g.link, g.exported,
			g.removed, g.rewritten, g.copied, g.loneRequest, g.loneRequest, g.loneAct, g.changed, g.crowd)
		scene()
	}
	g.addRetellings()
	if seed%2 == 1 {
		g.addTrails()
		g.addUses()
	}
	if seed%3 == 0 {
		g.addMetadata()
	}
	g.addDuplicates()
	if g.oneIn(4) {
		g.pieces = append(g.pieces, unreadable(seed))
	}
	g.rng.Shuffle(len(g.pieces), func(i, j int) { g.pieces[i], g.pieces[j] = g.pieces[j], g.pieces[i] })
	w := world{Name: fmt.Sprintf("seed %d", seed), Rules: g.rules, Evidence: g.pieces}
	g.cover(&w)
	return w
}

// generator draws the parts of one random world.
type generator struct {
	rng    *rand.Rand
	rules  correlate.Rules
	pieces []*evidence.Evidence
	// instants in seconds: new times stand at an edge from old ones.
	instants []int64
	// signed is the signing time of each link in milliseconds.
	signed map[string]int64
	// fine gives requests milliseconds too.
	fine   bool
	serial int
}

func pick[T any](g *generator, items ...T) T { return items[g.rng.IntN(len(items))] }

func (g *generator) oneIn(n int) bool { return g.rng.IntN(n) == 0 }

// someRules are mostly the defaults, else short ones, or a gap so long that
// few requests make a session of several days.
func (g *generator) someRules() correlate.Rules {
	rules := smallRules()
	rules.Model = pick(g, access.Model_MODEL_EXPORT, access.Model_MODEL_DIRECT)
	rules.ServiceRoles = append(rules.ServiceRoles, "arn:aws:sts::*:assumed-role/Fleet-*/node-*")
	switch g.rng.IntN(6) {
	case 0:
		rules.SessionGap, rules.Before, rules.After, rules.Skew = time.Minute, 30*time.Second, 90*time.Second, 2*time.Second
	case 1, 2:
		rules.SessionGap = 11 * time.Hour
	case 3:
		rules.SessionGap, rules.Before, rules.After = 20*time.Second, 2*time.Minute, 0
	}
	if g.oneIn(4) {
		rules.ServiceNetworks = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("2001:db8::/64")}
	}
	return rules
}

func (g *generator) someInstants() {
	g.signed = make(map[string]int64)
	g.fine = g.oneIn(8)
	midnight := worldDay().AddDate(0, 0, 1).Unix()
	gap := wholeSeconds(g.rules.SessionGap)
	for range 1 + g.rng.IntN(3) {
		g.instants = append(g.instants, pick(g, midnight-gap/2, midnight-gap, midnight-1, midnight, midnight+12*3600,
			midnight+86400, midnight+86400-wholeSeconds(g.rules.Before)))
	}
}

// edge is a distance, in seconds, at which some rule changes its mind.
func (g *generator) edge() int64 {
	gap, before := wholeSeconds(g.rules.SessionGap), wholeSeconds(g.rules.Before)
	after, skew := wholeSeconds(g.rules.After), wholeSeconds(g.rules.Skew)
	return pick(g, 0, 0, 0, 1, -1, -1, 3, -3, skew, skew+1, -skew, -skew-1, before, before+1, -before, -before-1, -before+1,
		after, after+1, -after, -after-1, gap, gap+1, gap-1, -gap, -gap-1)
}

// near gives a time, in seconds, at an edge from sec, inside the five days of
// a world.
func (g *generator) near(sec int64) int64 {
	first := worldDay().Unix()
	return min(max(sec+g.edge(), first), first+5*86400-1)
}

// instant gives a time at an edge from one that was used before.
func (g *generator) instant() int64 {
	sec := g.near(g.instants[g.rng.IntN(len(g.instants))])
	if len(g.instants) < 12 {
		g.instants = append(g.instants, sec)
	}
	return sec
}

func (g *generator) millis() int64 { return pick[int64](g, 0, 0, 1, 250, 999) }

// request adds one with a new identity.
func (g *generator) request(sec int64, changes ...requestChange) {
	g.serial++
	e := request(fmt.Sprintf("R%03d", g.rng.IntN(1000)), "00:00:00", changes...)
	r := e.GetRequest()
	r.TimeMs = sec * 1000
	if g.fine {
		r.TimeMs += g.millis()
	}
	r.HostId = fmt.Sprintf("host%d", g.serial)
	r.VersionId = pick(g, "", "", "null", "v1")
	r.SourceRegion = pick(g, "", "eu-central-1")
	g.pieces = append(g.pieces, requestPiece(r, pick(g, "a", "b", "c")))
}

// act adds one with a new identity.
func (g *generator) act(sec int64, changes ...actChange) {
	g.serial++
	a := act(fmt.Sprintf("audit-%03d-%d", g.rng.IntN(1000), g.serial), "00:00:00", changes...).GetAct()
	a.TimeMs = sec*1000 + g.millis()
	kind := pick(g, evidence.Kind_KIND_PLATFORM_QUERY, evidence.Kind_KIND_QUALITY_QUERY,
		evidence.Kind_KIND_EVENT, evidence.Kind_KIND_FILE)
	if kind == evidence.Kind_KIND_EVENT && g.oneIn(2) {
		a.Status = ""
	}
	g.pieces = append(g.pieces, actPiece(a, kind, pick(g, "a", "b", "c")))
}

// unreadable is a record of which only the bytes are known: it gives none.
func unreadable(seed uint64) *evidence.Evidence {
	e := piece(evidence.Kind_KIND_ACCESS_LOG, "file:///logs/raw", 0, fmt.Appendf(nil, "garbage %d", seed))
	e.Grade, e.Why = evidence.Grade_GRADE_RAW, "fields"
	e.SubjectKind, e.SubjectId = evidence.SubjectKind_SUBJECT_KIND_RAW, fmt.Sprintf("%x", e.Id)
	return e
}

// addDuplicates delivers pieces again, some of them from another place.
func (g *generator) addDuplicates() {
	for _, e := range g.pieces {
		if !g.oneIn(6) {
			continue
		}
		again := proto.CloneOf(e)
		if g.oneIn(2) {
			again.Origin.Uri += pick(g, ".0", ".gz")
			again.Origin.Offset += g.rng.Int64N(100)
		}
		g.pieces = append(g.pieces, again)
	}
}

// cover says how far the sources have delivered: mostly behind everything,
// else up to an edge of some record, or nothing.
func (g *generator) cover(w *world) {
	w.Sources = pick(g, []string{"audits", "s3log"}, []string{"audits", "s3log", "s3log-2"}, []string{"s3log"})
	w.Coverage = make(map[string]time.Time)
	settled := max(g.rules.SessionGap, g.rules.Before, g.rules.After)
	until := worldDay().AddDate(0, 0, 5).Add(settled + time.Second)
	switch g.rng.IntN(10) {
	case 0, 1:
		until = time.Unix(pick(g, g.instants...), 0).Add(settled + pick(g, 0, time.Second, 999*time.Millisecond, -time.Second))
	case 2:
		day := worldDay().AddDate(0, 0, 1+g.rng.IntN(4))
		until = day.Add(settled + pick(g, 0, time.Second, 999*time.Millisecond))
	}
	silent := g.oneIn(12)
	for i, source := range w.Sources {
		if i == 0 && silent {
			continue
		}
		w.Coverage[source] = until.Add(time.Duration(i) * pick(g, 0, time.Second, 48*time.Hour))
	}
	if g.oneIn(8) {
		w.Coverage["stranger"] = worldDay()
	}
}
