package coverage

import (
	"testing"
	"time"
)

// machine has a clock that is set, and time that passes.
type machine struct {
	at      time.Time
	elapsed time.Duration
}

func newMachine() *machine { return &machine{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (m *machine) clock() *Clock {
	return ClockOf(func() time.Time { return m.at }, func() time.Duration { return m.elapsed })
}

func (m *machine) pass(d time.Duration) { m.at, m.elapsed = m.at.Add(d), m.elapsed+d }

func (m *machine) step(d time.Duration) { m.at = m.at.Add(d) }

// want checks how far the clock is ahead of the time that has passed, and how
// far the machine's is beyond that.
func (m *machine) want(t *testing.T, c *Clock, ahead, held time.Duration) {
	t.Helper()
	right := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(m.elapsed)
	if got := c.Now().Sub(right); got != ahead {
		t.Errorf("after %s the clock is %s ahead, want %s", m.elapsed, got, ahead)
	}
	if got := c.Held(); got != held {
		t.Errorf("after %s %s are held, want %s", m.elapsed, got, held)
	}
}

func TestClockStepsForward(t *testing.T) {
	t.Parallel()
	m := newMachine()
	c := m.clock()
	m.pass(time.Minute)
	m.want(t, c, 0, 0)
	m.step(time.Hour)
	m.want(t, c, 0, time.Hour)
	m.pass(59 * time.Minute)
	m.want(t, c, 0, time.Hour)
	// One that is set right before has done nothing.
	m.step(-time.Hour)
	m.want(t, c, 0, 0)
	m.step(time.Hour)
	m.want(t, c, 0, time.Hour)
	m.pass(time.Hour)
	m.want(t, c, time.Hour, 0)
}

func TestClockStepsBack(t *testing.T) {
	t.Parallel()
	m := newMachine()
	c := m.clock()
	m.step(-time.Hour)
	m.want(t, c, -time.Hour, 0)
	m.pass(time.Minute)
	m.step(time.Hour)
	m.want(t, c, -time.Hour, time.Hour)
	m.pass(time.Hour)
	m.want(t, c, 0, 0)
}

func TestClockIsDrawn(t *testing.T) {
	t.Parallel()
	m := newMachine()
	c := m.clock()
	for range 100 {
		m.pass(10 * time.Second)
		m.step(5 * time.Millisecond)
		m.want(t, c, m.at.Sub(newMachine().at)-m.elapsed, 0)
	}
}

// A second step begins to wait anew.
func TestClockStepsTwice(t *testing.T) {
	t.Parallel()
	m := newMachine()
	c := m.clock()
	m.step(time.Hour)
	m.want(t, c, 0, time.Hour)
	m.pass(50 * time.Minute)
	m.step(time.Hour)
	m.want(t, c, 0, 2*time.Hour)
	m.pass(time.Hour)
	m.want(t, c, 0, 2*time.Hour)
	m.pass(time.Hour)
	m.want(t, c, 2*time.Hour, 0)
}

func TestClockUntil(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		// before and after the moment whose time is asked for.
		before, after time.Duration
		want          time.Duration
	}{
		{"no step", 0, 0, 0},
		{"forward before", time.Hour, 0, 0},
		{"forward after", 0, time.Hour, 0},
		{"back before", -time.Hour, 0, -time.Hour},
		{"back after", 0, -time.Hour, -time.Hour},
		{"forward and back", time.Hour, -time.Hour, 0},
	} {
		m := newMachine()
		c := m.clock()
		m.step(test.before)
		at := m.at
		m.pass(time.Minute)
		m.step(test.after)
		if got := c.Until(at, time.Minute).Sub(newMachine().at); got != test.want {
			t.Errorf("%s: it is taken for %s, want %s", test.name, got, test.want)
		}
	}
}
