package bus

import (
	"context"
	"time"
)

// How long a reader waits for others that are a little behind: a share of the
// time that passes, so that a slow sink costs the others no more than that,
// and a while at once.
const (
	paceShare = 4 // a quarter
	paceMost  = time.Second
)

// runner is a reader that goes through a partition beside others. What one of
// them has fetched and decoded is kept for the rest as long as there is room;
// so who is in front waits a little rather than push out what others are
// about to read.
type runner struct {
	// at is what it reads next; -1 before it has begun.
	at int64
	// allowed is how long it may wait now, as of counted.
	allowed time.Duration
	counted time.Time
}

// enter begins to run; leave must follow.
func (p *Partition[T]) enter() *runner {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &runner{at: -1, allowed: paceMost, counted: time.Now()}
	p.runners[r] = struct{}{}
	return r
}

func (p *Partition[T]) leave(r *runner) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.runners, r)
	p.step()
}

// step wakes those who wait for others; p.mu is held.
func (p *Partition[T]) step() {
	close(p.stepped)
	p.stepped = make(chan struct{})
}

// await says that r is about to read at offset, and waits for those who are
// behind, if that is worth it and r has waited little so far. It ends with
// ctx too.
func (p *Partition[T]) await(ctx context.Context, r *runner, offset int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r.at = offset
	now := time.Now()
	r.allowed, r.counted = min(paceMost, r.allowed+now.Sub(r.counted)/paceShare), now
	for r.allowed > 0 && ctx.Err() == nil && p.isNeeded(r) {
		p.sleep(ctx, r)
	}
}

// given notes that r was given what lies before next.
func (p *Partition[T]) given(r *runner, next int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r.at = next
	p.step()
}

// isNeeded says whether a fetch by r, of as much as the last one, would push
// out what another reader wants next, or one that is a little further behind
// would soon; p.mu is held.
func (p *Partition[T]) isNeeded(r *runner) bool {
	n := len(p.kept)
	if n == 0 || r.at < p.kept[n-1].Next {
		return false
	}
	from, size := p.kept[0].Messages[0].Offset, p.keptBytes+p.kept[n-1].bytes()
	to := from
	for i := 0; i < n && size > p.cfg.KeepBytes; i++ {
		size -= p.kept[i].bytes()
		to = p.kept[i].Next
	}
	near := from - (p.kept[n-1].Next - from)
	for other := range p.runners {
		if other.at >= max(near, 0) && other.at < to {
			return true
		}
	}
	return false
}

// sleep until another reader has moved or r may wait no longer. It gives p.mu
// up meanwhile.
func (p *Partition[T]) sleep(ctx context.Context, r *runner) {
	stepped := p.stepped
	p.mu.Unlock()
	began := time.Now()
	timer := time.NewTimer(r.allowed)
	select {
	case <-stepped:
	case <-timer.C:
	case <-ctx.Done():
	}
	timer.Stop()
	p.mu.Lock()
	r.counted = time.Now()
	r.allowed -= r.counted.Sub(began)
}
