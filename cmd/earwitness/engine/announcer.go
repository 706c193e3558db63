package engine

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"slices"
	"sort"
	"sync"
	"time"

	"earwitness/cmd/earwitness/coverage"
	"earwitness/pipeline/bus"
)

const (
	// A lease is so many sessions of the group long, and renewed so often in
	// one.
	leaseSessions = 2
	renewals      = 3
	// mostSent is how many statements are remembered: two days of them at ten
	// seconds.
	mostSent = 20_000
	// leaveWithin is how long a process that stops tries to say so.
	leaveWithin = 5 * time.Second
)

// announcer states the progress of this process's sources in the control
// topic, where others read the same ones.
type announcer struct {
	engine *Engine
	worker string
	lease  time.Duration
	every  time.Duration

	mu       sync.Mutex
	progress []coverage.Progress
	// sent are the statements that are durable, the oldest first.
	sent []statementSent
}

type statementSent struct {
	at     time.Time
	offset int64
}

func newAnnouncer(e *Engine) *announcer {
	id := make([]byte, 8)
	_, _ = rand.Read(id) // it never fails
	session := e.config.Bus.SessionTimeout.Std()
	a := &announcer{
		engine: e, worker: hex.EncodeToString(id), lease: leaseSessions * session, every: session / renewals,
	}
	for _, s := range e.sources {
		a.progress = append(a.progress, coverage.Progress{Source: s.name, Part: s.share.Part, Parts: s.share.Parts, LatenessMS: s.lateness.Milliseconds(), After: coverage.Never})
	}
	return a
}

// tell makes a statement durable.
func (a *announcer) tell(ctx context.Context, left bool) error {
	a.mu.Lock()
	s := &coverage.Statement{Worker: a.worker, LeaseMS: a.lease.Milliseconds(), Left: left, Sources: slices.Clone(a.progress)}
	a.mu.Unlock()
	text, err := s.Marshal()
	if err != nil {
		return err
	}
	offset, err := a.engine.ledger.ProduceSync(ctx, 0, []bus.Record{{Key: coverage.Key(a.worker), Value: text}})
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.sent = append(a.sent, statementSent{time.Now(), offset}); len(a.sent) > mostSent {
		a.sent = slices.Clone(a.sent[len(a.sent)-mostSent:])
	}
	return nil
}

// begin makes the first statement durable, and tries again while that may
// help.
func (a *announcer) begin(ctx context.Context) error {
	for {
		err := a.tell(ctx, false)
		if err == nil || ctx.Err() != nil || !bus.Transient(err) {
			return cmp.Or(context.Cause(ctx), err)
		}
		a.engine.log.LogAttrs(ctx, slog.LevelWarn, "a lease on the sources could not be taken; nothing is read before it is",
			slog.Duration("after", a.every), slog.Any("error", err))
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(a.every):
		}
	}
}

// before is the last statement that was durable at a moment.
func (a *announcer) before(at time.Time) int64 {
	n := sort.Search(len(a.sent), func(i int) bool { return a.sent[i].at.After(at) })
	if n == 0 {
		return coverage.Never
	}
	return a.sent[n-1].offset
}

// delivered notes that all which a source held at a moment is on the bus.
func (a *announcer) delivered(s *source, began time.Time) {
	until := a.engine.clock.Until(began, time.Since(began)).Add(-s.lateness)
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.progress {
		if p := &a.progress[i]; p.Source == s.name && until.UnixMilli() > p.UntilMS {
			p.UntilMS, p.After = until.UnixMilli(), max(p.After, a.before(began))
		}
	}
}

// follow notes how far a source has delivered, until ctx ends.
func (a *announcer) follow(ctx context.Context, s *source) {
	for {
		select {
		case <-ctx.Done():
			return
		case began := <-s.scans:
			a.delivered(s, began)
		}
	}
}

// run renews the lease, and says with it what is new, until ctx ends.
func (a *announcer) run(ctx context.Context) {
	renewal := time.NewTicker(a.every)
	defer renewal.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-renewal.C:
		}
		if err := a.tell(ctx, false); err != nil && ctx.Err() == nil {
			a.engine.log.LogAttrs(ctx, slog.LevelWarn, "progress of the sources could not be stated; it is tried again, and holds their coverage back meanwhile",
				slog.Duration("after", a.every), slog.Any("error", err))
		}
	}
}

// leave says that this process reads no more, so that nobody waits for its
// lease to end.
func (a *announcer) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveWithin)
	defer cancel()
	if err := a.tell(ctx, true); err != nil {
		a.engine.log.LogAttrs(ctx, slog.LevelWarn, "that this process stops could not be stated: its lease ends by itself",
			slog.Duration("after", a.lease), slog.Any("error", err))
	}
}
