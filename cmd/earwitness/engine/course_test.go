package engine

import (
	"errors"
	"math"
	"testing"
	"time"

	"earwitness/pipeline/bus"
)

// Lag in seconds is the age of the next message, not that of the last one
// before a quiet hour.
func TestLag(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for _, test := range []struct {
		name     string
		progress bus.Progress
		end      int64
		since    time.Time
		lag      int64
		behind   time.Duration
	}{
		{"not known yet", bus.Progress{Next: 5, End: 5}, 100, ago(time.Hour), 0, 0},
		{"all given, an hour ago", bus.Progress{Next: 5, End: 5, Known: true, Time: ago(time.Hour)}, 5, ago(time.Hour), 0, 0},
		{"its next is at hand", bus.Progress{Next: 5, End: 9, Known: true, Time: ago(time.Minute)}, 9, ago(time.Second), 4, time.Minute},
		{"others have seen more", bus.Progress{Next: 5, End: 9, Known: true, Time: ago(time.Minute)}, 20, ago(time.Second), 15, time.Minute},
		{"others have seen what it has not, after a quiet hour", bus.Progress{Next: 5, End: 5, Known: true, Time: ago(time.Hour)}, 6, ago(time.Second), 1, time.Second},
		{"the broker's clock is ahead", bus.Progress{Next: 5, End: 6, Known: true, Time: now.Add(time.Minute)}, 6, now, 1, 0},
	} {
		c := newCourse(now)
		c.note(test.progress, now)
		if lag, behind := c.lag(test.end, test.since, now); lag != test.lag || behind != test.behind {
			t.Errorf("%s: %d messages, %s; want %d, %s", test.name, lag, behind, test.lag, test.behind)
		}
	}
}

// A wait has one beginning, whatever cause it has meanwhile; counts add up.
func TestCourse(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	c := newCourse(now)
	at := func(seconds int) time.Time { return now.Add(time.Duration(seconds) * time.Second) }
	steps := []struct {
		progress bus.Progress
		since    time.Time
		moved    bool
	}{
		{bus.Progress{Next: 3, End: 3}, time.Time{}, true},
		{bus.Progress{Next: 3, End: 9, Known: true}, time.Time{}, false},
		{bus.Progress{Next: 3, End: 9, Known: true, Waiting: errors.New("refused"), Retried: 1}, at(2), false},
		{bus.Progress{Next: 2, End: 9, Known: true, Waiting: errors.New("reset"), Retried: 1}, at(2), false},
		{bus.Progress{Next: 3, End: 9, Known: true, Given: 1}, time.Time{}, false},
		{bus.Progress{Next: 12, End: 20, Known: true, Given: 9}, time.Time{}, true},
	}
	for n, step := range steps {
		if moved := c.note(step.progress, at(n)); moved != step.moved || !c.since.Equal(step.since) {
			t.Errorf("step %d: moved %v, waits since %s; want %v, %s", n, moved, c.since, step.moved, step.since)
		}
	}
	if c.given != 10 || c.retries != 2 || c.goal != 9 || c.furthest != 12 {
		t.Errorf("the course is %+v", c)
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	var r rate
	if got := r.get(now); got != 0 {
		t.Errorf("of nothing it is %v", got)
	}
	for n := range 600 {
		now = now.Add(100 * time.Millisecond)
		r.add(50, now)
		if got := r.get(now); n > 20 && math.Abs(got-500) > 30 {
			t.Fatalf("of 500 a second it is %v after %d", got, n)
		}
	}
	if got := r.get(now.Add(time.Minute)); got < 0 || got > 10 {
		t.Errorf("a minute later it is %v", got)
	}
}

// What nobody follows waits, as of when it was followed last, until somebody
// follows it again.
func TestNobodyFollows(t *testing.T) {
	t.Parallel()
	tracker, at := newTracker(), place{"worm-evidence", bus.TopicEvidence, 1}
	if n := tracker.suspend(errUnassigned, 1); n != 0 {
		t.Errorf("%d were followed before any was", n)
	}
	followed := bus.Progress{Sink: at.sink, Topic: at.topic, Partition: at.partition, Next: 3, End: 9, Known: true, Given: 3}
	tracker.note(followed)
	began := time.Now()
	refused := errors.New("refused")
	if n := tracker.suspend(errUnassigned, 0) + tracker.suspend(refused, 1); n != 2 {
		t.Errorf("%d were followed, want 1 both times", n)
	}
	c := tracker.courses[at]
	if c.Waiting != refused || c.since.Before(began) || c.retries != 1 || c.given != 3 || c.Next != 3 || c.End != 9 || !c.Known { //nolint:errorlint // it is the very one
		t.Errorf("not followed it is %+v", c)
	}
	followed.Given = 0
	tracker.note(followed)
	if c.Waiting != nil || !c.since.IsZero() || c.retries != 1 || c.given != 3 {
		t.Errorf("followed again it is %+v", c)
	}
}
