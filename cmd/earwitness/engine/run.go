package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"earwitness/pipeline/bus"
)

// Once takes in what the sources hold now, waits until every sink holds
// everything, and says what was done.
func (e *Engine) Once(ctx context.Context) (Result, error) {
	err := e.serve(ctx, func(ctx context.Context, c *consumers) error {
		if err := e.readSources(ctx); err != nil {
			return err
		}
		if err := e.coverOnce(ctx, e.began); err != nil {
			return err
		}
		if err := e.awaitAnswers(ctx, c); err != nil {
			return err
		}
		return e.passBarrier(ctx, c)
	})
	return e.result(), err
}

// Watch reads until ctx ends, and brings what was read by then to the sinks.
func (e *Engine) Watch(ctx context.Context) (Result, error) {
	if e.partitions == nil {
		err := e.share(ctx)
		return e.result(), err
	}
	err := e.serve(context.WithoutCancel(ctx), func(serving context.Context, c *consumers) error {
		if err := e.watchSources(ctx, serving); err != nil {
			return err
		}
		drain, cancel := context.WithTimeout(serving, Grace)
		defer cancel()
		return e.passBarrier(drain, c)
	})
	return e.result(), err
}

// watchSources reads until stop ends, or serving does because something
// failed.
func (e *Engine) watchSources(stop, serving context.Context) error {
	reading, cancel := context.WithCancelCause(serving)
	defer cancel(nil)
	unhook := context.AfterFunc(stop, func() { cancel(context.Canceled) })
	defer unhook()
	group, reading := errgroup.WithContext(reading)
	state := e.stateCoverage
	if e.config.Shared() {
		state = e.stateProgress
	}
	leave, err := state(reading, group)
	if err == nil {
		group.Go(func() error { return e.readSources(reading) })
		group.Go(func() error { return e.trimNowAndThen(reading) })
		group.Go(func() error {
			e.attend(reading)
			return nil
		})
		err = group.Wait()
		leave(serving)
	}
	if stop.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil // it was told to stop before it had begun
	}
	if serving.Err() != nil {
		return context.Cause(serving)
	}
	// What ends with stop ends without an error.
	return err
}

// stateCoverage lets each source say how far it has delivered: nobody else
// reads it.
func (e *Engine) stateCoverage(ctx context.Context, group *errgroup.Group) (leave func(context.Context), err error) {
	names := make([]string, len(e.sources))
	for i, s := range e.sources {
		names[i] = s.name
	}
	e.covered.begin(e.config, names, 1)
	for _, s := range e.sources {
		group.Go(func() error { return e.coverWatched(ctx, s) })
	}
	return func(context.Context) {}, nil
}

// stateProgress takes a lease before anything is read, and renews it.
func (e *Engine) stateProgress(ctx context.Context, group *errgroup.Group) (leave func(context.Context), err error) {
	a := newAnnouncer(e)
	if err := a.begin(ctx); err != nil {
		return nil, fmt.Errorf("take a lease on the sources: %w", err)
	}
	for _, s := range e.sources {
		group.Go(func() error {
			a.follow(ctx, s)
			return nil
		})
	}
	group.Go(func() error {
		a.run(ctx)
		return nil
	})
	return a.leave, nil
}

// serve opens the epoch and follows the topics while work goes on, then
// flushes and trims.
func (e *Engine) serve(ctx context.Context, work func(context.Context, *consumers) error) error {
	err := e.followWhile(ctx, func(ctx context.Context, c *consumers) error {
		if err := e.start(ctx); err != nil {
			return err
		}
		return work(ctx, c)
	})
	if err != nil {
		return err
	}
	return e.trim(ctx)
}

// followWhile follows the topics while work goes on, then flushes.
func (e *Engine) followWhile(ctx context.Context, work func(context.Context, *consumers) error) error {
	hear, err := e.ends(ctx, e.partitions)
	if err != nil {
		return err
	}
	hard, abort := context.WithCancel(ctx)
	defer abort()
	soft, stop := context.WithCancel(hard)
	defer stop()
	c := e.consume(soft, hard, e.partitions, hear)
	e.tend(c.ctx, c.group)
	working, fail := context.WithCancelCause(hard)
	defer fail(nil)
	// A consumer that fails for good ends the work.
	unhook := context.AfterFunc(c.ctx, func() {
		if soft.Err() == nil {
			fail(errConsumer)
		}
	})
	defer unhook()
	err = work(working, c)
	stop()
	if err != nil {
		// What the sinks have begun may end, but not for ever.
		defer time.AfterFunc(Grace, abort).Stop()
	}
	failed := c.group.Wait()
	if failed != nil {
		// The cause, rather than that it ended the work.
		return failed
	}
	if err != nil {
		return err
	}
	return e.flush(hard, e.partitions)
}

var errConsumer = errors.New("a consumer failed")

// passBarrier sends a barrier through every stage and waits until each sink
// holds what came before it; the dead letters last.
func (e *Engine) passBarrier(ctx context.Context, c *consumers) error {
	id, barrier := newBarrier()
	if err := control(ctx, e.evidence, c.partitions, barrier); err != nil {
		return fmt.Errorf("send barrier: %w", err)
	}
	places := append(append([]place(nil), c.places[bus.TopicEvidence]...), c.places[bus.TopicAccess]...)
	if err := e.tracker.await(ctx, id, places, patience); err != nil {
		return err
	}
	if err := control(ctx, e.deadLetters, c.partitions, barrier); err != nil {
		return fmt.Errorf("send barrier: %w", err)
	}
	return e.tracker.await(ctx, id, c.places[bus.TopicDeadLetter], patience)
}

// passBarriers sends a barrier to each topic, where nothing judges, and waits
// until each sink holds what came before it.
func (e *Engine) passBarriers(ctx context.Context, c *consumers) error {
	id, barrier := newBarrier()
	var places []place
	for _, to := range []*bus.Producer{e.evidence, e.access, e.deadLetters} {
		if err := control(ctx, to, c.partitions, barrier); err != nil {
			return fmt.Errorf("send barrier: %w", err)
		}
	}
	for _, at := range c.places {
		places = append(places, at...)
	}
	return e.tracker.await(ctx, id, places, patience)
}

// trimEvery is how often the bus is freed of what all have passed.
const trimEvery = time.Minute

// trimNowAndThen frees the bus until ctx ends. What fails is tried again: the
// bus grows meanwhile, and nothing else depends on it.
func (e *Engine) trimNowAndThen(ctx context.Context) error {
	ticker := time.NewTicker(trimEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := e.trim(ctx); err != nil && ctx.Err() == nil {
			e.log.LogAttrs(ctx, slog.LevelWarn, "the bus could not be freed of what all have passed; it is tried again",
				slog.Duration("after", trimEvery), slog.Any("error", err))
		}
	}
}

// trim deletes from the embedded bus what the archive, every sink and a
// snapshot have passed. Brokers that others use too keep by time.
func (e *Engine) trim(ctx context.Context) error {
	if e.config.Shared() {
		return nil
	}
	holders := []func(context.Context, int) (int64, error){e.worm.access.Position}
	for _, sink := range e.records {
		holders = append(holders, sink.Durable)
	}
	read := []func(context.Context, int) (int64, error){e.worm.evidence.Position}
	if e.enricher != nil {
		read = append(read, e.enricher.Durable)
	}
	for partition := range e.config.Bus.Partitions {
		saved := func(context.Context, int) (int64, error) { return e.stage.Saved(partition), nil }
		for _, t := range []struct {
			topic     string
			positions []func(context.Context, int) (int64, error)
		}{
			{bus.TopicEvidence, append(read[:len(read):len(read)], saved)},
			{bus.TopicAccess, holders},
			{bus.TopicDeadLetter, []func(context.Context, int) (int64, error){e.worm.deadLetters.Position}},
		} {
			least := int64(-1)
			for i, position := range t.positions {
				at, err := position(ctx, partition)
				if err != nil {
					return fmt.Errorf("trim %s/%d: %w", t.topic, partition, err)
				}
				if i == 0 || at < least {
					least = at
				}
			}
			if least <= 0 {
				continue
			}
			if err := e.client.DeleteRecords(ctx, t.topic, partition, least); err != nil {
				return fmt.Errorf("trim %s/%d before %d: %w", t.topic, partition, least, err)
			}
		}
	}
	return nil
}
