package elastic

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	delayFirst = 100 * time.Millisecond
	delayMost  = 15 * time.Second
	// sayEvery is how often a wait that goes on is logged again.
	sayEvery = 30 * time.Second
)

// backoff gives longer and longer delays, each with jitter, so that several
// processes do not come back together.
type backoff struct{ delay time.Duration }

func (b *backoff) next() time.Duration {
	b.delay = min(max(2*b.delay, delayFirst), delayMost)
	return b.delay/2 + rand.N(b.delay/2+1) //nolint:gosec // jitter is no secret
}

func (b *backoff) reset() { b.delay = 0 }

// pause waits for d, or for ctx to end.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// waits knows why requests wait at the moment, and says so now and then.
type waits struct {
	log *slog.Logger
	now func() time.Time

	mu      sync.Mutex
	causes  map[*backoff]error
	latest  error
	said    time.Time
	since   time.Time // when the first of causes came
	retries uint64
}

// begin notes that whoever owns b waits for d because of cause.
func (w *waits) begin(ctx context.Context, b *backoff, cause error, d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	first := len(w.causes) == 0
	w.causes[b] = cause
	w.latest = cause
	w.retries++
	if first {
		w.since = w.now()
	}
	if now := w.now(); first || now.Sub(w.said) >= sayEvery {
		w.said = now
		w.log.WarnContext(ctx, "waiting for Elasticsearch", slog.Duration("retry_in", d), slog.Any("error", cause))
	}
}

// end notes that the owner of b got on.
func (w *waits) end(ctx context.Context, b *backoff) {
	b.reset()
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, waited := w.causes[b]; !waited {
		return
	}
	delete(w.causes, b)
	if len(w.causes) == 0 {
		w.latest = nil
		w.log.InfoContext(ctx, "Elasticsearch takes records again")
	}
}

// drop notes that the owner of b gave up.
func (w *waits) drop(b *backoff) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.causes, b)
	if len(w.causes) == 0 {
		w.latest = nil
	}
}

// state gives how often something waited, and why something does now.
func (w *waits) state() (retries uint64, since time.Time, cause error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.latest == nil {
		return w.retries, time.Time{}, nil
	}
	return w.retries, w.since, w.latest
}
