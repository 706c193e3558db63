package engine

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"earwitness/cmd/earwitness/config"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// Rebuild judges all archived evidence anew, under the present settings and
// in an epoch of its own. Use it once.
//
// Nothing is changed before the archive holds all that the bus does. From
// then until its end the epoch file says that it is under way: whatever
// interrupts it, the next rebuild starts anew, in a still later epoch, whose
// records replace all before; no run mixes with them meanwhile.
type Rebuild struct {
	engine *Engine
	// ends bound what is read of the archive, by partition: behind them lies
	// what the rebuild itself has sent.
	ends []int64
	// opened are the epoch records, by partition.
	opened openings
	// before is what was said of the accesses that stood.
	before standing

	mu   sync.Mutex
	done Rebuilt
	// passed and total count the archive's messages; followed is what the
	// sinks had got before.
	passed, total, followed int64
}

// Rebuilt is what a rebuild has done.
type Rebuilt struct {
	Epoch uint64
	// Pieces of evidence that were sent again; Repeated are those found a
	// second time, Reread those that could not be read when they came.
	Pieces, Repeated, Reread int64
	// Gaps are stretches that the archive says it never got.
	Gaps int64
	// Requests that were judged.
	Requests int64
	// Accesses are what became of those that stood, and new ones.
	Same, Changed, New, Retracted int64
	// Left are records of either kind that stand as they were, because
	// their evidence did not come again.
	Left int64
	// DeadLetters are pieces that could not be judged.
	DeadLetters int64
	Took        time.Duration
}

// NothingToRebuildError says that there is no epoch yet.
type NothingToRebuildError struct{ Place string }

func (e *NothingToRebuildError) Error() string {
	return fmt.Sprintf("rebuild %s: no run has written it yet; begin with \"earwitness run\", or name another folder with --data", e.Place)
}

// OpenRebuild locks the data folder and opens everything in it but the
// sources. opening, where it is not nil, is told what comes next. Errors:
// *NothingToRebuildError, and those of Open.
func OpenRebuild(ctx context.Context, c *config.Config, log *slog.Logger, opening func(step string)) (*Rebuild, error) {
	if !c.Shared() {
		// Before the folder is locked, which would make it.
		current, err := epochInFolder{string(c.Data)}.read(ctx)
		if err == nil {
			_, _, err = decideRebuild(c, current)
		}
		if err != nil {
			return nil, err
		}
	}
	e, err := open(ctx, c, log, decideRebuild, Options{Once: true, Opening: opening, rebuild: true})
	if err != nil {
		return nil, err
	}
	return &Rebuild{engine: e}, nil
}

// decideRebuild gives the next epoch, which begin puts in force. A rebuild
// needs no sources: where none are named they stay what they were.
func decideRebuild(c *config.Config, current *epochFile) (*epochFile, bool, error) {
	if current == nil {
		return nil, false, &NothingToRebuildError{Place: placeOf(c)}
	}
	if err := current.checkPartitions(c); err != nil {
		return nil, false, err
	}
	next := *current
	if names := c.SourceNames(); len(names) > 0 {
		next.Sources = names
	}
	next.Number, next.Rules, next.Reason, next.Rebuilding = current.Number+1, rulesOf(c), correlate.ReasonRebuild, true
	return &next, false, nil
}

// Close ends what is open.
func (r *Rebuild) Close(ctx context.Context) error { return r.engine.Close(ctx) }

// Run does it. What stands after an error is as good as it was, or the mark of
// an unfinished rebuild.
func (r *Rebuild) Run(ctx context.Context) (Rebuilt, error) {
	err := r.run(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done.Epoch, r.done.Took = r.engine.epoch.Number, time.Since(r.engine.began)
	if r.engine.stage != nil {
		r.done.DeadLetters = r.engine.stage.DeadLetters()
	}
	return r.done, err
}

func (r *Rebuild) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{r.catchUp, r.remember, r.begin} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if err := r.engine.followWhile(ctx, r.judge); err != nil {
		return err
	}
	e := r.engine
	ended := *e.epoch
	ended.Rebuilding = false
	if err := e.epochs.write(ctx, &ended); err != nil {
		return err
	}
	e.setEpoch(&ended)
	if e.config.Shared() {
		if err := e.dropRebuildIndex(); err != nil {
			return err
		}
	}
	return e.trim(ctx)
}

// catchUp brings everything that the bus holds to the archive and the index.
// The correlator stays out: what it has not judged yet will come again.
func (r *Rebuild) catchUp(ctx context.Context) error {
	e := r.engine
	e.setStage(nil)
	err := e.followWhile(ctx, e.passBarriers)
	if err != nil {
		return fmt.Errorf("bring the archive up to date: %w", err)
	}
	for partition := range e.config.Bus.Partitions {
		end, err := e.worm.evidence.Position(ctx, partition)
		if err != nil {
			return err
		}
		r.ends = append(r.ends, end)
		r.total += end
	}
	return nil
}

// begin opens the epoch: from here on there is no way back. The correlator
// starts with the epoch record, before which nothing counts.
func (r *Rebuild) begin(ctx context.Context) error {
	e := r.engine
	if err := e.epochs.write(ctx, e.epoch); err != nil {
		return err
	}
	r.opened = make(openings, e.config.Bus.Partitions)
	offsets := int64(0)
	for partition := range r.opened {
		if err := os.RemoveAll(e.config.StateDir(partition)); err != nil {
			return fmt.Errorf("remove former state: %w", err)
		}
		offset, err := e.evidence.ProduceSync(ctx, partition, []bus.Record{bus.ControlRecord(partition, e.epoch.control())})
		if err == nil {
			r.opened[partition], err = firstMessage(ctx, e.client, partition, offset)
		}
		if err != nil {
			return fmt.Errorf("open epoch %d: %w", e.epoch.Number, err)
		}
		offsets += offset
	}
	r.mu.Lock()
	r.followed = e.Progress().Followed + offsets
	r.mu.Unlock()
	e.setStage(e.newStage(r.opened))
	return nil
}

// judge sends everything again, and retracts what did not come of it.
func (r *Rebuild) judge(ctx context.Context, c *consumers) error {
	trimming, stop := context.WithCancel(ctx)
	defer stop()
	group, working := errgroup.WithContext(trimming)
	group.Go(func() error { return r.engine.trimNowAndThen(working) })
	group.Go(func() error {
		defer stop()
		coverage, err := r.resend(working)
		if err != nil {
			return fmt.Errorf("send archived evidence again: %w", err)
		}
		if err := r.cover(working, coverage); err != nil {
			return err
		}
		return r.engine.passBarrier(working, c)
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if err := r.retract(ctx); err != nil {
		return fmt.Errorf("retract what no longer holds: %w", err)
	}
	return r.engine.passBarrier(ctx, c)
}

// openings are the epoch records of a rebuild. To the correlator they are the
// archive: all that its state is made of when it has none.
type openings []*bus.Chunk[*evidence.Evidence]

// Replay implements correlate.Archive.
func (o openings) Replay(_ context.Context, partition int, from int64, fn func(*bus.Chunk[*evidence.Evidence]) error) error {
	if from >= o[partition].Next {
		return nil
	}
	return fn(o[partition])
}

// firstMessage reads the message at an offset, alone.
func firstMessage(ctx context.Context, client *bus.Client, partition int, offset int64) (*bus.Chunk[*evidence.Evidence], error) {
	from := bus.NewPartition(client, bus.TopicEvidence, partition, decodeEvidence, bus.PartitionConfig{})
	chunk, err := from.Next(ctx, offset)
	if err != nil {
		return nil, err
	}
	if chunk.Controls[0].GetEpoch() == nil {
		return nil, fmt.Errorf("read epoch record at offset %d of partition %d: something else is there", offset, partition)
	}
	return &bus.Chunk[*evidence.Evidence]{
		Messages: chunk.Messages[:1], Values: chunk.Values[:1], Controls: chunk.Controls[:1], Errs: chunk.Errs[:1],
		Next: offset + 1, End: offset + 1,
	}, nil
}

// Status is that of the engine that does it.
func (r *Rebuild) Status() Status { return r.engine.Status() }

// Progress is safe to call while Run goes on; its bytes are messages.
func (r *Rebuild) Progress() Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.engine.Progress()
	p.BytesDone, p.BytesTotal, p.Records = r.passed, max(r.total, 1), r.done.Pieces
	p.Followed = max(p.Followed-r.followed, 0)
	return p
}
