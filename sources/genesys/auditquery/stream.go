package auditquery

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"earwitness/sources/genesys/cloud"
)

const (
	// firstPause is waited before what failed is tried again; it doubles.
	firstPause, longestPause = 5 * time.Second, 5 * time.Minute
	// recheckEvery is how often a pass goes back by Recheck.
	recheckEvery = 12 * time.Hour
	// seam is how much two intervals overlap, for it is not known whether the
	// API takes their ends as in or out, and times are cut to the second.
	seam = time.Second
)

// stream is one kind of query, with a position of its own.
type stream struct {
	source *Source
	name   string
	query  cloud.Query
}

// publishError is the publisher's or the ledger's. Unless it may pass, nothing
// mends it.
type publishError struct{ err error }

func (e *publishError) Error() string { return e.err.Error() }
func (e *publishError) Unwrap() error { return e.err }

// run makes passes.
func (s *stream) run(ctx context.Context) error {
	config := &s.source.config
	for pause := firstPause; ; {
		err := s.pass(ctx)
		var fatal *publishError
		switch {
		case err == nil:
			pause = firstPause
			s.source.counts.succeed(s.name)
			if until, all := s.source.ledger.delivered(); all {
				config.Delivered(until)
			}
			if config.Once {
				return nil
			}
			if err := wait(ctx, config.Every); err != nil {
				return err
			}
			continue
		case config.Once, ctx.Err() != nil, errors.As(err, &fatal) && !config.Passing(err):
			return err
		}
		s.source.trouble(ctx, s.name, pause, err)
		if err := wait(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, longestPause)
	}
}

// pass asks for all from before the position up to now, an interval after the
// other. The position moves with each.
func (s *stream) pass(ctx context.Context) error {
	config, ledger := &s.source.config, s.source.ledger
	now := config.Client.Now().Truncate(time.Second)
	position, rechecked := ledger.position(s.name)
	from := position.Add(-config.Overlap)
	deep := false
	switch {
	case position.IsZero():
		from, deep = now.Add(-config.Backfill), true
	case config.Recheck > 0 && now.Sub(rechecked) >= recheckEvery:
		from, deep = position.Add(-max(config.Recheck, config.Overlap)), true
	}
	for from.Before(now) {
		to := from.Add(config.Interval)
		if to.After(now) {
			to = now
		}
		if err := s.ask(ctx, from.Add(-seam), to); err != nil {
			return fmt.Errorf("ask %s for audits from %s to %s: %w", s.name, from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339), err)
		}
		if err := ledger.advance(s.name, to); err != nil {
			return &publishError{err}
		}
		from = to
	}
	if !deep {
		return nil
	}
	if err := ledger.recheck(s.name, now); err != nil {
		return &publishError{err}
	}
	return nil
}

// wait waits for about d, or until ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d - d/8 + rand.N(d/8+1))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
