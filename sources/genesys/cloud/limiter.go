package cloud

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Class is what a call is for; the rate limit is shared between the classes.
type Class int

// The classes.
const (
	// Audits are queries; nothing may come too late for them.
	Audits Class = iota
	// Lookups decorate, and there may be any number of them.
	Lookups
	classes
)

const (
	window = time.Minute
	// reservedShare of a window is kept for each class that calls at all.
	reservedShare = 10
	// untold is how long is waited after a 429 that does not say how long.
	untold = 15 * time.Second
)

// limiter keeps the rate limit of one token. It goes by what the answers
// tell, and by its own count between them; in doubt by the lesser.
type limiter struct {
	mu      sync.Mutex
	allowed int
	// most is never passed, whatever is told; 0 for no such bound.
	most int
	// left is how many calls may still begin before ends.
	left int
	ends time.Time
	// assumed says that no answer has told of ends.
	assumed bool
	// blocked is until when nothing may begin.
	blocked  time.Time
	inFlight int
	used     [classes]int
	called   [classes]bool
	waiting  [classes][]*struct{ _ byte }
	last     Class
	changed  chan struct{} // closed when something changes
	// waits counts calls that could not begin at once, and waited for how long
	// those did that have begun since, or given up.
	waits  int64
	waited time.Duration
}

func newLimiter(perMinute, most int) *limiter {
	if most > 0 {
		perMinute = min(perMinute, most)
	}
	return &limiter{allowed: perMinute, left: perMinute, most: most, last: Lookups, changed: make(chan struct{})}
}

func (l *limiter) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// look tells how it stands.
func (l *limiter) look(stats *Stats) {
	l.mu.Lock()
	defer l.mu.Unlock()
	stats.Allowed, stats.Left = l.allowed, max(l.left, 0)
	stats.Waits, stats.Waited = l.waits, l.waited
	for class := range l.waiting {
		stats.Waiting += len(l.waiting[class])
	}
}

// begin waits until a call of a class may begin. Each that began is answered
// for by end. Calls of a class begin in the order in which they came, and
// where both classes wait they take turns.
func (l *limiter) begin(ctx context.Context, class Class) error {
	l.mu.Lock()
	me := new(struct{ _ byte })
	l.waiting[class] = append(l.waiting[class], me)
	l.called[class] = true
	var since time.Time
	for {
		wait, granted := l.try(class, me, time.Now())
		if granted {
			l.note(since)
			l.mu.Unlock()
			return nil
		}
		if since.IsZero() {
			since = time.Now()
			l.waits++
		}
		changed := l.changed
		l.mu.Unlock()
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
		l.mu.Lock()
		if ctx.Err() != nil {
			l.leave(class, me)
			l.note(since)
			l.wake()
			l.mu.Unlock()
			return context.Cause(ctx)
		}
	}
}

// note counts for how long a call has waited that did.
func (l *limiter) note(since time.Time) {
	if !since.IsZero() {
		l.waited += time.Since(since)
	}
}

func (l *limiter) leave(class Class, me *struct{ _ byte }) {
	queue := l.waiting[class]
	for i, other := range queue {
		if other == me {
			l.waiting[class] = append(queue[:i:i], queue[i+1:]...)
			return
		}
	}
}

// try lets a call begin, or says for how long to wait unless something
// changes.
func (l *limiter) try(class Class, me *struct{ _ byte }, now time.Time) (time.Duration, bool) {
	if wait := l.blocked.Sub(now); wait > 0 {
		return wait, false
	}
	if !now.Before(l.ends) {
		// One second more than a window, as the API's own headers have it.
		l.left, l.ends, l.used = l.allowed-l.inFlight, now.Add(window+time.Second), [classes]int{}
		l.assumed = true
	}
	other := 1 - class
	switch {
	case l.room(class) <= 0:
		return l.ends.Sub(now), false
	case l.waiting[class][0] != me, l.last == class && len(l.waiting[other]) > 0 && l.room(other) > 0:
		return l.ends.Sub(now), false
	}
	l.leave(class, me)
	l.left--
	l.inFlight++
	l.used[class]++
	l.last = class
	l.wake()
	return 0, true
}

// room is how many calls of a class may begin, less what is kept for the
// other one.
func (l *limiter) room(class Class) int {
	other := 1 - class
	if !l.called[other] {
		return l.left
	}
	return l.left - max(l.allowed/reservedShare-l.used[other], 0)
}

// end takes in what an answer told; without headers there was none.
func (l *limiter) end(status int, h http.Header) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inFlight--
	if h != nil {
		l.learn(status, h, time.Now())
	}
	l.wake()
}

func (l *limiter) learn(status int, h http.Header, now time.Time) {
	count, hasCount := number(h, "Inin-Ratelimit-Count")
	if allowed, ok := number(h, "Inin-Ratelimit-Allowed"); ok && allowed > 0 {
		if hasCount {
			l.told(allowed, allowed-count, h, "Inin-Ratelimit-Reset", now)
		}
	} else if left, ok := number(h, "X-Ratelimit-Remaining"); ok {
		// Not the real API's, but that of gateways and guides.
		allowed, ok := number(h, "X-Ratelimit-Limit")
		if !ok || allowed <= 0 {
			allowed = l.allowed
		}
		l.told(allowed, left, h, "X-Ratelimit-Reset", now)
	}
	if status != http.StatusTooManyRequests {
		return
	}
	wait := untold
	if seconds, ok := retryAfter(h, now); ok {
		wait = seconds
	} else if l.left <= 0 && l.ends.After(now) {
		wait = l.ends.Sub(now)
	}
	if until := now.Add(wait); until.After(l.blocked) {
		l.blocked = until
	}
}

// told is what an answer said of its window. Calls under way may not be in
// its count; of two answers about one window the lesser counts.
func (l *limiter) told(allowed, left int, h http.Header, reset string, now time.Time) {
	if l.most > 0 && allowed > l.most {
		allowed, left = l.most, left-(allowed-l.most)
	}
	l.allowed = allowed
	left -= l.inFlight
	seconds, ok := number(h, reset)
	if ok && seconds > 1_000_000_000 {
		seconds -= int(now.Unix()) // gateways give a time
	}
	if !ok || seconds < 0 {
		l.left = min(l.left, left)
		return
	}
	const sameWindow = 5 * time.Second
	ends := now.Add(time.Duration(seconds) * time.Second)
	switch {
	case l.assumed:
		l.left = left
	case ends.Sub(l.ends) > sameWindow:
		l.left, l.used = left, [classes]int{}
	default:
		l.left = min(l.left, left)
	}
	// An answer that was long under way may tell of a window that is over.
	if l.assumed || ends.After(l.ends) {
		l.ends, l.assumed = ends, false
	}
}

func number(h http.Header, name string) (int, bool) {
	n, err := strconv.Atoi(h.Get(name))
	return n, err == nil
}

// retryAfter reads seconds or a time.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	if seconds, ok := number(h, "Retry-After"); ok && seconds >= 0 {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(h.Get("Retry-After")); err == nil {
		return max(at.Sub(now), 0), true
	}
	return 0, false
}
