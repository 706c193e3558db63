package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// FollowConfig sets how a sink is driven. Every field may be left out.
type FollowConfig struct {
	Logger *slog.Logger
	// OnBarrier is called with a barrier's id when the sink holds all before
	// it. A barrier that is read twice is told twice.
	OnBarrier func(id []byte)
	// Barriers, when set, is the offset from which on barriers are told even
	// where the sink is ahead of them from the beginning, because another
	// process has written to what the sink keeps. Those that a sink passes
	// later are always told.
	Barriers *int64
	// OnProgress is called before and after the sink is given a chunk, when it
	// begins or begins again, when it waits for something, and when the topic
	// answers that there is nothing to read, at first and after a wait. It
	// must not block.
	OnProgress func(Progress)
	// AcceptGap is asked when messages that the sink wants are gone. Nil lets
	// it go on behind the gap; an error ends the follower. Without it each
	// gap ends the follower.
	AcceptGap func(ctx context.Context, gap *GapError) error
	// Fatal tells which errors of the sink no retry can mend.
	Fatal func(error) bool
	// Pause replaces the waiting between attempts.
	Pause func(ctx context.Context, d time.Duration) error
}

// Progress of one sink in one partition.
type Progress struct {
	Sink      string
	Topic     string
	Partition int
	// Next is the offset that the sink gets next, End the one behind the last
	// message that is known.
	Next, End int64
	// Known says that the topic has told its end since the sink began first:
	// before, End is no more than the sink's position.
	Known bool
	// Time of the append of the message at Next where that was read, else of
	// the one that the sink was given last; zero before the first.
	Time time.Time
	// Given is how many messages the sink was given, and Retried how often it
	// waited to try again, since the last call.
	Given, Retried int
	// Waiting is why the sink does not go on at the moment. It stays until a
	// message was given, or the topic has answered that there is none.
	Waiting error
}

// Lag is how many messages the sink has not got yet.
func (p Progress) Lag() int64 { return max(0, p.End-p.Next) }

const (
	followDelay     = 100 * time.Millisecond
	followDelayMost = 15 * time.Second
)

// Follow drives a sink through a partition from the sink's position on. What
// fails and may get better is tried again, with longer and longer pauses but
// after ErrMended, and a sink that failed is asked for its position again. It
// returns nil when ctx ends, and an error that no retry can mend: a *GapError,
// a *BeyondEndError, a *HoleError, a *CorruptError, what the broker refuses for
// good, and what Fatal says. It does not flush the sink at the end.
func Follow[T any](ctx context.Context, p *Partition[T], sink Sink[T], partition int, cfg FollowConfig) error {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Pause == nil {
		cfg.Pause = pause
	}
	f := &follower[T]{p: p, sink: sink, partition: partition, cfg: cfg}
	f.delays = backoff{first: followDelay, most: followDelayMost}
	for {
		err := f.run(ctx)
		var failed *sinkError
		if errors.As(err, &failed) && (cfg.Fatal == nil || !cfg.Fatal(failed.err)) {
			err = f.again(ctx, failed)
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // this is how it stops
		}
		if err != nil {
			return fmt.Errorf("follow %s/%d with %s: %w", p.topic, partition, sink.Name(), err)
		}
	}
}

// follower is a sink under way.
type follower[T any] struct {
	p         *Partition[T]
	sink      Sink[T]
	partition int
	cfg       FollowConfig

	next, end int64
	// at is when what the sink is at was appended.
	at time.Time
	// skipTo is where an accepted gap ends.
	skipTo int64
	// heard is the offset before which no barrier waits to be found.
	heard int64
	begun bool
	// barriers given to the sink that have not been told yet.
	barriers []barrier
	delays   backoff
	failures int
	// known is Progress.Known, told says that a report has said so, and
	// waiting is Progress.Waiting.
	known, told bool
	waiting     error
}

type barrier struct {
	offset int64
	id     []byte
}

// run writes chunk after chunk. It ends with a *sinkError, after which the
// sink has to begin again, or with an error that is final.
func (f *follower[T]) run(ctx context.Context) error {
	if err := f.begin(ctx); err != nil {
		var failed *sinkError
		if errors.As(err, &failed) {
			return err
		}
		return f.mend(ctx, err)
	}
	runner := f.p.enter()
	defer f.p.leave(runner)
	for {
		f.p.await(ctx, runner, f.next)
		chunk, err := f.p.next(ctx, f.next, func() { f.idle(ctx) })
		if err != nil {
			if err := f.mend(ctx, err); err != nil {
				return err
			}
			continue
		}
		f.p.given(runner, chunk.Next)
		f.known, f.end, f.at = true, chunk.End, chunk.Messages[0].Time
		// The sink may take long: what it has before it is known already.
		f.report(Progress{})
		if err := f.sink.Write(ctx, f.partition, chunk); err != nil {
			return &sinkError{"write", err}
		}
		f.next, f.at = chunk.Next, chunk.Messages[len(chunk.Messages)-1].Time
		f.heard = max(f.heard, f.next)
		if err := f.passBarriers(ctx, chunk); err != nil {
			return err
		}
		f.recovered(ctx)
		f.report(Progress{Given: len(chunk.Messages)})
	}
}

// begin starts where the sink says. A sink that holds nothing wants all.
func (f *follower[T]) begin(ctx context.Context) error {
	at, err := f.sink.Position(ctx, f.partition)
	if err != nil {
		return &sinkError{"position", err}
	}
	f.next = max(at, f.skipTo, 0)
	f.end = max(f.end, f.next)
	// What lies before the position is durable, even when the flush that
	// should have told so failed; the rest comes again.
	for _, b := range f.barriers {
		if b.offset < at {
			f.tell(b)
		}
	}
	f.barriers = nil
	// A sink that begins again has not got on yet.
	f.report(Progress{})
	return f.overtaken(ctx)
}

// overtaken tells of the barriers that the sink is ahead of and was not given:
// another process has written what came before them.
func (f *follower[T]) overtaken(ctx context.Context) error {
	if !f.begun {
		f.begun, f.heard = true, f.next
		if f.cfg.Barriers != nil {
			f.heard = *f.cfg.Barriers
		}
	}
	if f.heard >= f.next {
		return nil
	}
	// A position beyond the end would be waited for without end.
	if err := f.p.has(ctx, f.next); err != nil {
		return err
	}
	for f.heard < f.next {
		chunk, err := f.p.Next(ctx, f.heard)
		var gap *GapError
		switch {
		case errors.As(err, &gap):
			f.heard = gap.First
			continue
		case err != nil:
			return err
		}
		for i, control := range chunk.Controls {
			if b := control.GetBarrier(); b != nil && chunk.Messages[i].Offset < f.next {
				f.tell(barrier{chunk.Messages[i].Offset, b.GetId()})
			}
		}
		f.heard = chunk.Next
	}
	return nil
}

// passBarriers flushes the sink when the chunk held a barrier.
func (f *follower[T]) passBarriers(ctx context.Context, chunk *Chunk[T]) error {
	for i, control := range chunk.Controls {
		if b := control.GetBarrier(); b != nil {
			f.barriers = append(f.barriers, barrier{chunk.Messages[i].Offset, b.GetId()})
		}
	}
	if len(f.barriers) == 0 {
		return nil
	}
	if err := f.sink.Flush(ctx, f.partition); err != nil {
		return &sinkError{"flush", err}
	}
	for _, b := range f.barriers {
		f.tell(b)
	}
	f.barriers = f.barriers[:0]
	return nil
}

func (f *follower[T]) tell(b barrier) {
	if f.cfg.OnBarrier != nil {
		f.cfg.OnBarrier(b.id)
	}
}

// report tells how far the sink is; p has what is new.
func (f *follower[T]) report(p Progress) {
	f.told = f.known
	if f.cfg.OnProgress != nil {
		p.Sink, p.Topic, p.Partition = f.sink.Name(), f.p.topic, f.partition
		p.Next, p.End, p.Known, p.Time, p.Waiting = f.next, f.end, f.known, f.at, f.waiting
		f.cfg.OnProgress(p)
	}
}

// idle notes that the topic has answered and has nothing to read. Where a
// broker was waited for it is there again, though no message may come for
// long.
func (f *follower[T]) idle(ctx context.Context) {
	if f.told && f.waiting == nil {
		return
	}
	f.known, f.end = true, max(f.end, f.next)
	f.recovered(ctx)
	f.report(Progress{})
}

// sinkError is a failure of the sink, not of the topic.
type sinkError struct {
	step string
	err  error
}

func (e *sinkError) Error() string { return e.step + ": " + e.err.Error() }
func (e *sinkError) Unwrap() error { return e.err }

// mend gives the error of a fetch back when it is final; else it has waited,
// or the gap is behind.
func (f *follower[T]) mend(ctx context.Context, err error) error {
	var gap *GapError
	if errors.As(err, &gap) && f.cfg.AcceptGap != nil {
		return f.pass(ctx, gap)
	}
	if !transient(err) {
		return err
	}
	return f.wait(ctx, err)
}

// pass goes on behind a gap that was accepted.
func (f *follower[T]) pass(ctx context.Context, gap *GapError) error {
	if err := f.cfg.AcceptGap(ctx, gap); err != nil {
		return fmt.Errorf("%w; it was not accepted: %w", gap, err)
	}
	f.cfg.Logger.WarnContext(ctx, "going on behind a gap", f.place(),
		slog.Int64("first_missing", gap.Want), slog.Int64("resumes_at", gap.First))
	f.skipTo = gap.First
	f.next = gap.First
	return nil
}

// again lets a sink that failed begin again.
func (f *follower[T]) again(ctx context.Context, failed *sinkError) error {
	if !errors.Is(failed, ErrMended) {
		return f.wait(ctx, failed)
	}
	f.report(Progress{Retried: 1})
	return nil
}

// wait pauses after an error and says so. When ctx ends it gives its error.
func (f *follower[T]) wait(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f.failures++
	delay := f.delays.next()
	f.waiting = err
	f.report(Progress{Retried: 1})
	// Once when it begins, then each time the pause has grown to its most.
	if f.failures == 1 || delay > followDelayMost/2 {
		f.cfg.Logger.WarnContext(ctx, "a sink waits", f.place(), slog.Int64("next", f.next),
			slog.Int("failures", f.failures), slog.Duration("retry_in", delay), slog.Any("error", err))
	}
	return f.cfg.Pause(ctx, delay)
}

// place says who reads what.
func (f *follower[T]) place() slog.Attr {
	return slog.GroupAttrs("", slog.String("sink", f.sink.Name()), slog.String("topic", f.p.topic), slog.Int("partition", f.partition))
}

func (f *follower[T]) recovered(ctx context.Context) {
	if f.failures > 0 {
		f.cfg.Logger.InfoContext(ctx, "a sink goes on", f.place(), slog.Int("failures", f.failures))
	}
	f.failures, f.waiting = 0, nil
	f.delays.reset()
}
