package queue

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"earwitness/sources/intake"
)

// receivers poll at the same time, for one poll brings ten messages at most.
const receivers = 4

// The pauses after what may pass, before up to a fifth is drawn on top.
const (
	firstPause = time.Second
	mostPause  = 15 * time.Second
)

// sayEvery is how often it is logged that something is waited for.
const sayEvery = time.Minute

// grace is how long a stop waits for the queue.
const grace = 10 * time.Second

// Run takes messages until ctx ends, and gives nil then. With Once it returns
// nil when the queue was found empty and every message was dealt with, else
// why the first that was given back could not be taken. What may pass is
// waited for; what is refused before the queue has answered once is a mistake,
// and ends it, as does what the publisher says can't pass.
func (s *Source) Run(ctx context.Context) error {
	defer s.client.closeIdle()
	working, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	if err := s.open(working); err != nil {
		if ctx.Err() != nil && !s.config.Once {
			return nil
		}
		return err
	}
	// What tends messages in work outlives those who receive and work.
	tending, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	var tenders, deleters, polls sync.WaitGroup
	workers := newWorkers(func(e *entry) { s.take(e, fail) })
	tenders.Go(func() { s.keepHidden(tending) })
	tenders.Go(func() { s.watchQueue(tending) })
	for range receivers {
		deleters.Go(func() { s.deleteFinished(tending) })
		polls.Go(func() {
			if err := s.receive(working, workers); err != nil {
				fail(err)
			}
		})
	}
	polls.Wait()
	workers.wait()
	close(s.finished)
	deleters.Wait()
	end()
	tenders.Wait()
	switch {
	case ctx.Err() != nil && !s.config.Once:
		return nil
	case working.Err() != nil:
		return context.Cause(working)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.why != nil {
		return fmt.Errorf("take messages: %d could not be, and are in the queue again; the first: %w", len(s.failed), s.why)
	}
	return nil
}

// open asks the queue for the first time, again while that may help.
func (s *Source) open(ctx context.Context) error {
	for pause := firstPause; ; pause = min(2*pause, mostPause) {
		a, err := s.client.attributes(ctx)
		if err == nil {
			s.note(a)
			s.config.Logger.LogAttrs(ctx, slog.LevelInfo, "taking messages", slog.String("source", s.config.Source), slog.String("queue", s.config.URL),
				slog.Int64("visible", a.visible), slog.Bool("redrive_policy", a.redrive))
			return nil
		}
		if ctx.Err() != nil || s.config.Once || errors.Is(err, fs.ErrPermission) {
			return err
		}
		s.pause(ctx, pause, err)
	}
}

// pause waits after a failure of the queue, and says so.
func (s *Source) pause(ctx context.Context, pause time.Duration, why error) {
	if ctx.Err() != nil {
		return
	}
	pause += rand.N(pause / 5)
	if last := s.said.Load(); time.Since(time.Unix(0, last)) > sayEvery && s.said.CompareAndSwap(last, time.Now().UnixNano()) {
		s.config.Logger.LogAttrs(ctx, slog.LevelWarn, "a source waits", slog.String("source", s.config.Source),
			slog.Duration("retry_in", pause), slog.Any("error", why))
	}
	s.waits(why)
	intake.Rest(ctx, pause)
}

// receive polls until ctx ends or Once has found the queue empty. What it
// starts is waited for by others.
func (s *Source) receive(ctx context.Context, workers *workers) error {
	pause := firstPause
	for {
		room := s.work.reserve(ctx, s.drained, atOnce)
		if room == 0 {
			return nil
		}
		s.polled.Store(time.Now().UnixNano())
		s.polls.Add(1)
		messages, err := s.client.receive(ctx, room, s.config.Wait, s.config.Visibility)
		if ctx.Err() == nil {
			s.polls.Add(-1)
		}
		s.work.unreserve(room - len(messages))
		if err != nil {
			if ctx.Err() != nil {
				return nil //nolint:nilerr // the end of ctx is told elsewhere
			}
			if s.config.Once {
				return err
			}
			s.pause(ctx, pause, err)
			pause = min(2*pause, mostPause)
			continue
		}
		if pause > firstPause {
			pause = firstPause
			s.goesOn()
		}
		for _, m := range messages {
			e := s.work.begin(ctx, m, s.config.Visibility)
			s.received.Add(1)
			if m.Received > 1 {
				s.again.Add(1)
			}
			workers.give(e)
		}
		if s.config.Once && len(messages) == 0 {
			if err := s.findEmpty(ctx); err != nil {
				return err
			}
		}
	}
}

// findEmpty ends a run with Once when the queue says that nothing is visible
// after a long poll that came back empty, and nothing is in work here.
func (s *Source) findEmpty(ctx context.Context) error {
	if n, _ := s.work.state(); n > 0 {
		return nil
	}
	a, err := s.client.attributes(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	s.note(a)
	if n, _ := s.work.state(); n > 0 || a.visible+a.delayed > 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.hidden > 0 && s.released.Load() == 0 {
		// The count may lag behind, or others have the rest in work.
		if s.empty.IsZero() {
			s.empty = time.Now()
		}
		if time.Since(s.empty) < settleTime {
			return nil
		}
	}
	select {
	case <-s.drained:
	default:
		if a.hidden == 0 {
			s.delivered = time.Now()
		}
		close(s.drained)
	}
	return nil
}
