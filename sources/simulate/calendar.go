package simulate

import (
	"sort"
	"time"
)

const (
	hour = int64(time.Hour / time.Millisecond)
	day  = 24 * hour

	// historyDays is how long recordings were made before the world begins,
	// so that its first day has some to listen to. The bucket keeps them as
	// long, so that there is something to expire each day.
	historyDays = 5
)

// calendar spreads what happens over the hours of the world. Times are
// milliseconds since 1970. Hour 0 begins historyDays before the start.
type calendar struct {
	origin, start int64
	hours         int
	// upTo[h] is the weight of all hours before h.
	upTo       []int64
	recordings int64
}

// busy is the weight of each hour of a day, UTC.
var busy = [24]int64{2, 1, 1, 1, 1, 3, 10, 30, 60, 80, 90, 80, 60, 75, 90, 85, 70, 45, 25, 15, 10, 6, 4, 3}

func newCalendar(cfg *Config) *calendar {
	start := cfg.Start.UnixMilli()
	c := &calendar{origin: start - historyDays*day, start: start, hours: (cfg.Days + historyDays) * 24}
	c.upTo = make([]int64, c.hours+1)
	for h := range c.hours {
		weight := busy[h%24] * 5
		switch time.UnixMilli(c.at(h)).UTC().Weekday() {
		case time.Saturday:
			weight = weight * 2 / 5
		case time.Sunday:
			weight /= 5
		}
		c.upTo[h+1] = c.upTo[h] + weight
	}
	daily := cfg.Recordings
	if daily == 0 {
		daily = max(8, cfg.Requests/int64(cfg.Days)/40)
	}
	c.recordings = daily * int64(cfg.Days+historyDays)
	return c
}

// at is when hour h begins.
func (c *calendar) at(h int) int64 { return c.origin + int64(h)*hour }

// firstHour is the hour at which the world begins.
func (c *calendar) firstHour() int { return historyDays * 24 }

// made counts the recordings that were made before hour h.
func (c *calendar) made(h int) int64 {
	h = min(max(h, 0), c.hours)
	return scale(c.recordings, c.upTo[h], c.upTo[c.hours])
}

// hourOf is the hour in which recording i was made.
func (c *calendar) hourOf(i int64) int {
	return sort.Search(c.hours, func(h int) bool { return c.made(h+1) > i })
}

// requests gives how many of all requests are due before hour h.
func (c *calendar) requests(all int64, h int) int64 {
	first := c.upTo[c.firstHour()]
	return scale(all, c.upTo[h]-first, c.upTo[c.hours]-first)
}

// scale is n·part/whole; what is large enough to overflow needs no exactness.
func scale(n, part, whole int64) int64 {
	if n < 1<<31 {
		return n * part / whole
	}
	return int64(float64(n) * (float64(part) / float64(whole)))
}
