package correlate_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// horizonLog is one partition whose messages are appended at times given in
// minutes.
type horizonLog struct {
	topic *topic
	fold  *correlate.Fold
	view  *view
	tb    testing.TB
}

func newHorizonLog(tb testing.TB) *horizonLog {
	rules := smallRules()
	rules.Horizon = time.Hour
	l := &horizonLog{topic: newTopic(), fold: openFold(tb, rules, 0, tb.TempDir()), view: newView(tb), tb: tb}
	l.topic.epoch(1, []string{"all"})
	return l
}

// at appends, applies and publishes.
func (l *horizonLog) at(minute int, pieces ...*evidence.Evidence) {
	l.tb.Helper()
	for _, e := range pieces {
		l.topic.add(0, e, nil)
	}
	l.run(minute)
}

func (l *horizonLog) covered(minute int) {
	l.tb.Helper()
	l.topic.coverage("all", worldDay().AddDate(0, 0, 5))
	l.run(minute)
}

func (l *horizonLog) run(minute int) {
	l.tb.Helper()
	from, to := l.fold.Next(), int64(len(l.topic.partitions[0]))
	for i := from; i < to; i++ {
		l.topic.partitions[0][i].Time = worldDay().AddDate(0, 0, 9).Add(time.Duration(minute) * time.Minute)
	}
	if err := l.fold.Apply(l.topic.chunk(0, from, to)); err != nil {
		l.tb.Fatal(err)
	}
	if err := l.fold.Publish(true, l.view.take); err != nil {
		l.tb.Fatal(err)
	}
}

func (l *horizonLog) want(lines ...string) {
	l.tb.Helper()
	for _, line := range lines {
		checkLine(l.tb.(*testing.T), l.view.records(), line)
	}
}

func TestHorizonInside(t *testing.T) {
	l := newHorizonLog(t)
	l.covered(0)
	l.at(0, request("r", "10:00:00"))
	l.want("r verdict=unattributed state=final")
	l.at(60, act("a", "10:00:00"))
	l.want("r verdict=attributed access=a", "a n=1 flags=")
}

func TestHorizonBeyond(t *testing.T) {
	l := newHorizonLog(t)
	l.covered(0)
	l.at(0, request("r", "10:00:00"), act("b", "12:00:00"), request("r2", "12:00:01"))
	old := accessOf(l.view.records(), recordNamed(l.view.records(), "r"))
	l.at(61, act("a", "10:00:00"))
	l.want("r verdict=unattributed", "a verdict=audit-only n=0", "r2 access=b")

	l.at(62, request("late", "10:00:05"), request("r", "10:00:00"), act("b", "12:00:00"))
	l.want("late verdict=attributed flags=beyond-horizon access=a", "a n=1 flags=beyond-horizon", "r verdict=unattributed", "b n=1")
	l.at(63, request("lost", "11:00:05"))
	l.want("lost verdict=unattributed flags=beyond-horizon", "lost^ n=1 flags=beyond-horizon", "r^ n=1 flags=")
	if diff := cmp.Diff(old, l.view.current[string(old.Id)], protocmp.Transform()); diff != "" {
		t.Errorf("the access that stood changed (-was +is):\n%s", diff)
	}
	if l.fold.Requests() != 2 {
		t.Errorf("%d requests are kept, want the 2 late ones", l.fold.Requests())
	}
}

func TestHorizonWaitsForCoverage(t *testing.T) {
	l := newHorizonLog(t)
	l.at(0, request("r", "10:00:00"))
	l.at(600, act("a", "10:00:00"))
	l.want("r verdict=attributed access=a state=pending")
	l.covered(601)
	l.want("r verdict=attributed access=a state=final")
}

// TestHorizonLinkUsedBesides: the requests of a link that leave, because
// somebody else has made them, take nothing from those that stay.
func TestHorizonLinkUsedBesides(t *testing.T) {
	l := newHorizonLog(t)
	link := presigned("g", "")
	l.covered(0)
	l.at(0, request("m", "08:00:00", link, by(mallory)))
	l.at(30, request("r", "10:00:00", link), act("a", "10:00:00"))
	l.at(80, request("later", "+1 10:00:00", on("elsewhere")))
	l.at(85, request("r2", "12:00:00", link, from(other)), act("b", "12:00:00"))
	l.want("r verdict=attributed flags=link-shared", "r2 verdict=unattributed flags=link-shared")
	if l.fold.Requests() != 3 {
		t.Errorf("%d requests are kept, want those of the contact centre alone", l.fold.Requests())
	}
}

// TestHorizonOverMidnight: a listening that goes on over midnight is one,
// whichever of its days comes first, where an earlier part of the day has left.
func TestHorizonOverMidnight(t *testing.T) {
	night := []*evidence.Evidence{request("late", "23:56:00"), act("a", "23:56:00"), request("next", "+1 00:05:00")}
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}} {
		l := newHorizonLog(t)
		l.covered(0)
		l.at(0, request("r", "08:00:00"))
		for i, piece := range order {
			l.at(80+i, night[piece])
		}
		l.want("late access=a flags=beyond-horizon", "next access=a verdict=attributed", "a n=2", "r verdict=unattributed")
	}
}

// TestHorizonKilled: what departs, and when, follows from the log alone.
func TestHorizonKilled(t *testing.T) {
	for seed := range countWorlds(60, 30) {
		w := randomWorld(seed)
		w.Rules.Horizon = 20 * time.Second // a message is appended each second
		laid := topicOf(w, rand.New(rand.NewPCG(seed, 44)))
		undisturbed := foldTopic(t, w, laid, rand.New(rand.NewPCG(seed, 45)), false)
		killed := foldTopic(t, w, laid, rand.New(rand.NewPCG(seed, 46)), true)
		if diff := diffByID(live(undisturbed), live(killed)); diff != "" {
			t.Fatalf("%s (-undisturbed +killed):\n%s", w.Name, diff)
		}
	}
}
