package intake

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"
)

// The pauses of a source that waits, before up to a fifth is drawn on top.
const (
	firstPause = time.Second
	mostPause  = 15 * time.Second
)

// pauses counts how often in a row reading has failed.
type pauses struct {
	failures int
	began    time.Time
	next     time.Duration
}

// pause waits after a failure that may pass, and says so when it begins and
// each time the pause has grown to its most. When ctx ends it gives its error.
func (f *feed) pause(ctx context.Context, p *pauses, why error) error {
	if p.failures == 0 {
		p.began, p.next = time.Now(), firstPause
	}
	p.failures++
	f.waiting.Store(&waiting{why, p.began})
	delay := p.next + rand.N(p.next/5)
	p.next = min(2*p.next, mostPause)
	if p.failures == 1 || delay >= mostPause {
		f.logger.WarnContext(ctx, "a source waits", slog.String("source", f.source), slog.Int("failures", p.failures),
			slog.Duration("retry_in", delay), slog.Any("error", why))
	}
	if !Rest(ctx, delay) {
		return ctx.Err()
	}
	return nil
}

// Rest waits; false when ctx ends first.
func Rest(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// goOn notes that reading has succeeded.
func (f *feed) goOn(ctx context.Context, p *pauses) {
	if p.failures > 0 {
		f.logger.InfoContext(ctx, "a source goes on", slog.String("source", f.source), slog.Int("failures", p.failures),
			slog.Duration("after", time.Since(p.began)))
	}
	p.failures = 0
	f.waiting.Store(nil)
}
