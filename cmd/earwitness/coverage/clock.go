package coverage

import (
	"sync"
	"time"
)

// slew is how far the clock of the machine may run ahead of the time that has
// passed without being held: it is drawn into line, not set.
const slew = time.Second

// Clock is the time of the machine, held back where that was set forward: a
// step is believed once it has stood for as long as it is wide. A step back is
// followed at once. So whatever is reckoned from it comes late rather than
// early, and never for longer than the step. Safe for concurrent use.
//
// A machine that slept has made a step as well. What was wrong when the
// process began can't be known.
type Clock struct {
	// wall and elapsed read the clock and the time since the start, whatever
	// is done to the clock meanwhile.
	wall    func() time.Time
	elapsed func() time.Duration
	began   time.Time

	mu sync.Mutex
	// ahead is how far the clock has been moved since the start, as far as it
	// is believed; 0 or below that after a step back.
	ahead time.Duration
	// held is how much more it was, since that.
	held  time.Duration
	since time.Duration
}

// NewClock begins with what the machine says now.
func NewClock() *Clock {
	began := time.Now()
	return ClockOf(func() time.Time { return time.Now().Round(0) }, func() time.Duration { return time.Since(began) })
}

// ClockOf is the clock of a machine of the caller's own: what that says, and
// what time has passed. Both are safe for concurrent use.
func ClockOf(wall func() time.Time, elapsed func() time.Duration) *Clock {
	return &Clock{wall: wall, elapsed: elapsed, began: wall().Add(-elapsed())}
}

// Now is the time as it is believed.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	wall, elapsed := c.wall(), c.elapsed()
	ahead := wall.Sub(c.began) - elapsed
	held := ahead - c.ahead
	switch {
	case held <= slew:
		c.ahead, c.held = ahead, 0
	case c.held == 0 || held > c.held+slew:
		c.held, c.since = held, elapsed
	case elapsed-c.since >= held:
		c.ahead, c.held = ahead, 0
	default:
		c.held = held
	}
	return c.began.Add(elapsed + c.ahead)
}

// Held is how far the clock of the machine is ahead of what is believed; 0
// where it is believed.
func (c *Clock) Held() time.Duration {
	c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held
}

// Until is a moment of which the machine's clock said that it was at, which is
// so long ago by the time that has passed: the earlier of that and what is
// believed.
func (c *Clock) Until(at time.Time, ago time.Duration) time.Time {
	believed := c.Now().Add(-max(ago, 0))
	if at = at.Round(0); at.Before(believed) {
		return at
	}
	return believed
}
