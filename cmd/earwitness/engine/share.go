package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"earwitness/pipeline/bus"
)

// handover is how long a write may go on when its partition goes to another
// process.
const handover = 10 * time.Second

// share reads the sources and follows the partitions that the group assigns,
// until ctx ends. Then the sources stop, and what was followed is flushed
// before the group is left, so that who takes over has little to do again.
// What lies on the bus and was not followed yet is theirs.
func (e *Engine) share(ctx context.Context) error {
	serving := context.WithoutCancel(ctx)
	if err := e.start(serving); err != nil {
		return err
	}
	following, stop := context.WithCancel(serving)
	defer stop()
	group, working := errgroup.WithContext(following)
	e.tend(working, group)
	member := &member{engine: e, stopping: following}
	group.Go(func() error {
		return e.client.Join(working, bus.GroupConfig{
			Group: string(e.config.Bus.Group), Topic: bus.TopicEvidence, SessionTimeout: e.config.Bus.SessionTimeout.Std(), Logger: e.log,
			OnWait: func(why error) { e.hindered(fmt.Errorf("join the group that assigns it: %w", why)) },
		}, member.follow)
	})
	group.Go(func() error {
		defer stop()
		return e.watchSources(ctx, working)
	})
	return group.Wait()
}

// errUnassigned is what partitions wait for between two generations of the
// group.
var errUnassigned = errors.New("the group that assigns it is being joined again")

// member is this process in the group.
type member struct {
	engine *Engine
	// stopping ends when the process is told to stop.
	stopping context.Context //nolint:containedctx // it outlives each generation
	held     []int
}

// follow follows partitions for one generation of the group. Those that it
// had before go on where they are: whoever had them meanwhile has said the
// same.
func (m *member) follow(ctx context.Context, partitions []int) error {
	e := m.engine
	lost := slices.DeleteFunc(slices.Clone(m.held), func(p int) bool { return slices.Contains(partitions, p) })
	for _, partition := range lost {
		if err := e.leave(ctx, partition); err != nil && ctx.Err() == nil {
			return fmt.Errorf("let go of partition %d: %w", partition, err)
		}
	}
	m.held = slices.DeleteFunc(m.held, func(p int) bool { return slices.Contains(lost, p) })
	e.log.LogAttrs(ctx, slog.LevelInfo, "following partitions", slog.Any("partitions", partitions), slog.Int("let_go", len(lost)))
	fresh := slices.DeleteFunc(slices.Clone(partitions), func(p int) bool { return slices.Contains(m.held, p) })
	if err := e.takeFresh(ctx, fresh); err != nil || ctx.Err() != nil {
		return err
	}
	m.held = slices.Clone(partitions)

	hard, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	unhook := context.AfterFunc(ctx, func() { time.AfterFunc(handover, abort) })
	defer unhook()
	if err := e.consume(ctx, hard, partitions, nil).group.Wait(); err != nil {
		return err
	}
	if m.stopping.Err() == nil {
		e.tracker.suspend(errUnassigned, 0)
		return nil
	}
	flushing, cancel := context.WithTimeout(context.WithoutCancel(ctx), Grace)
	defer cancel()
	err := e.flush(flushing, partitions)
	if errors.Is(err, context.Canceled) {
		// The stop came while something was being opened or written.
		e.log.LogAttrs(ctx, slog.LevelWarn, "not all that was followed is durable; nothing is lost, who takes over reads it again",
			slog.Any("error", err))
		return nil
	}
	if err != nil {
		return fmt.Errorf("flush what was followed: %w; nothing is lost, it is read again", err)
	}
	return nil
}

// hindered notes why nothing can be followed, where something is to be.
func (e *Engine) hindered(why error) {
	if e.tracker.suspend(why, 1) == 0 {
		e.following.Store(false)
	}
}

// takeFresh makes ready to follow partitions that came anew, and tries again
// while that may help and ctx goes on. An epoch that this opens is told to
// all.
func (e *Engine) takeFresh(ctx context.Context, fresh []int) error {
	before := e.epoch.Number
	for delay := time.Second; ; delay = min(2*delay, 15*time.Second) {
		err := e.take(ctx, fresh)
		if err == nil && e.epoch.Number != before {
			err = e.start(ctx)
		}
		if err == nil || ctx.Err() != nil {
			return nil //nolint:nilerr // a generation that has ended needs nothing
		}
		var beyond *bus.BeyondEndError
		if isFatal(err) || errors.As(err, &beyond) {
			return err
		}
		e.hindered(fmt.Errorf("take over partitions %v: %w", fresh, err))
		e.log.LogAttrs(ctx, slog.LevelWarn, "partitions that were assigned can't be followed yet; it is tried again",
			slog.Any("partitions", fresh), slog.Duration("after", delay), slog.Any("error", err))
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return nil
		}
	}
}
