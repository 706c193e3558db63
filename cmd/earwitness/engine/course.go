package engine

import (
	"math"
	"time"

	"earwitness/pipeline/bus"
)

// course is what is known of a sink in a partition, since this process has
// followed that.
type course struct {
	bus.Progress
	// began is when the sink was asked for its position first.
	began time.Time
	// goal is where the topic ended then; -1 until that is known.
	goal int64
	// furthest is how far it has ever come: one that fails and begins again
	// has not moved.
	furthest int64
	given    int64
	retries  int64
	// since is when the present wait began.
	since time.Time
	rate  rate
}

func newCourse(now time.Time) *course { return &course{began: now, goal: -1, furthest: -2} }

// note says whether the sink has come further than ever.
func (c *course) note(p bus.Progress, now time.Time) bool {
	switch {
	case p.Waiting == nil:
		c.since = time.Time{}
	case c.since.IsZero():
		c.since = now
	}
	if p.Known && c.goal < 0 {
		c.goal = p.End
	}
	c.given, c.retries = c.given+int64(p.Given), c.retries+int64(p.Retried)
	c.rate.add(p.Given, now)
	c.Progress = p
	if p.Next <= c.furthest {
		return false
	}
	c.furthest = p.Next
	return true
}

// lag is how many messages the sink has not got, and how long ago the next of
// them was appended. end is the furthest that any sink knows of, since when
// that is so.
func (c *course) lag(end int64, since, now time.Time) (messages int64, behind time.Duration) {
	switch {
	case !c.Known:
		return 0, 0
	case c.Lag() > 0:
		// Its own next message is at hand, or was about to be.
		messages, behind = max(c.End, end)-c.Next, now.Sub(c.Time)
	case end > c.Next:
		// Others have seen what it has not: it is not as old as its last.
		messages, behind = end-c.Next, now.Sub(since)
	}
	return messages, max(behind, 0)
}

// rateOver is about how long ago a rate looks back.
const rateOver = 15 * time.Second

// rate is how many a second of late, the last ones counting most.
type rate struct {
	first, at time.Time
	// sum of what came, each with the weight that it has at the time at.
	sum float64
}

// fading is the weight that is left after a time.
func fading(d time.Duration) float64 { return math.Exp(-max(0, d.Seconds()) / rateOver.Seconds()) }

func (r *rate) add(n int, now time.Time) {
	if r.first.IsZero() {
		r.first, r.at = now, now
	}
	r.sum, r.at = r.sum*fading(now.Sub(r.at))+float64(n), now
}

func (r *rate) get(now time.Time) float64 {
	if r.at.IsZero() {
		return 0
	}
	// Who has begun just now has no long time to be reckoned over.
	weights := rateOver.Seconds() * (1 - fading(max(now.Sub(r.first), time.Second)))
	return r.sum * fading(now.Sub(r.at)) / weights
}
