package enrich

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// Run asks, and stores positions, until ctx ends, whose error it gives. What
// waits then is asked for by the next one, which may be in another process.
func (s *Stage) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for range s.cfg.Calls {
		group.Go(func() error {
			for {
				f := s.nextFlight(ctx)
				if f == nil {
					return ctx.Err()
				}
				if err := s.do(ctx, f); err != nil {
					s.failed(ctx, f, err)
				}
			}
		})
	}
	group.Go(func() error { return s.commit(ctx) })
	return group.Wait() //nolint:wrapcheck // it is the error of ctx
}

// nextFlight waits for the call that is due; nil when ctx ends.
func (s *Stage) nextFlight(ctx context.Context) *flight {
	for ctx.Err() == nil {
		s.mu.Lock()
		wait := time.Hour
		if len(s.queue) > 0 {
			if wait = s.queue[0].due.Sub(s.cfg.Now()); wait <= 0 {
				f := s.queue.next()
				s.mu.Unlock()
				return f
			}
		}
		changed := s.changed
		s.mu.Unlock()
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// do asks, makes the answers durable, and tells all who wait. Its error may
// be gone at the next attempt, which begins where this one failed.
func (s *Stage) do(ctx context.Context, f *flight) error {
	if f.found == nil {
		s.mu.Lock()
		s.counts.Lookups++
		q := f.any()
		s.mu.Unlock()
		found, err := s.ask(ctx, f, q)
		if err != nil {
			return err
		}
		if err := s.remember(ctx, found); err != nil {
			return err
		}
		s.cache.putAll(found)
		s.mu.Lock()
		f.found = found
		s.recovered(ctx)
		s.mu.Unlock()
	}
	box := &outbox{stage: s}
	for s.land(f, box) {
		if err := box.send(ctx); err != nil {
			s.takeBack(f, box)
			return err
		}
	}
	return nil
}

// land moves all who wait for f into box. When nobody does f is over.
func (s *Stage) land(f *flight, box *outbox) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	late := s.takeLate(f)
	if len(f.waiters) == 0 {
		delete(s.flights, f.name)
		s.wake()
		s.flyAgain(f, late)
		return false
	}
	for name, waiters := range f.waiters {
		k := f.found[name]
		if k == nil {
			// Its conversation does not have it, or the call was given up.
			k = s.none(s.cfg.Now().Truncate(time.Millisecond), "")
			f.found[name] = k
		}
		for _, w := range waiters {
			box.add(w, f.questions[name], k)
		}
	}
	clear(f.waiters)
	return true
}

// takeBack lets wait again who was not told.
func (s *Stage) takeBack(f *flight, box *outbox) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, item := range box.items {
		name := item.question.name()
		f.questions[name] = item.question
		f.found[name] = item.known
		f.waiters[name] = append(f.waiters[name], item.waiter)
	}
}

// commit stores the positions now and then.
func (s *Stage) commit(ctx context.Context) error {
	ticker := time.NewTicker(s.cfg.CommitEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err() //nolint:wrapcheck // this is how it ends
		case <-ticker.C:
		}
		s.mu.Lock()
		numbers := slices.Collect(maps.Keys(s.partitions))
		s.mu.Unlock()
		var errs []error
		for _, number := range numbers {
			errs = append(errs, s.Flush(ctx, number))
		}
		if err := errors.Join(errs...); err != nil && ctx.Err() == nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "positions of the enricher could not be stored; it is tried again", slog.Any("error", err))
		}
	}
}
