package index

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
)

// work for the writer: a chunk, or a call.
type work struct {
	partition int
	run       uint64
	chunk     chunkRows
	bytes     int64
	call      func(context.Context) error
	reply     chan error
}

// Position is the offset to read next; -1 where nothing was ever written. It
// also ends the state of failure that a Write or Flush reported.
func (x *Index) Position(_ context.Context, n int) (int64, error) {
	if err := x.checkPartition(n); err != nil {
		return 0, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.partitions[n].err = nil
	return x.partitions[n].next, nil
}

// Durable is the offset before which everything is on disk; -1 where nothing
// was ever written. Unlike Position it may be asked by anybody at any time.
func (x *Index) Durable(_ context.Context, n int) (int64, error) {
	if err := x.checkPartition(n); err != nil {
		return 0, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.partitions[n].next, nil
}

func (x *Index) checkPartition(n int) error {
	if n < 0 || n >= len(x.partitions) {
		return fmt.Errorf("index %s has partitions 0 to %d, asked for %d", x.cfg.Path, len(x.partitions)-1, n)
	}
	return nil
}

// Write queues a chunk for the next transaction and blocks while the queue is
// full. A failed transaction fails the next Write and Flush of each partition
// that it held, until Position is asked.
func (x *Index) Write(ctx context.Context, n int, chunk *bus.Chunk[*access.Record]) error {
	run, next, err := x.ready(ctx, n)
	if err != nil {
		return err
	}
	rows := x.digest(n, chunk, next)
	size := min(rows.bytes, queueBytes)
	if err := x.room.Acquire(ctx, size); err != nil {
		return err
	}
	if err := x.send(ctx, work{partition: n, run: run, chunk: rows, bytes: size}); err != nil {
		x.room.Release(size)
		return err
	}
	return nil
}

// Flush waits until all that was written to the partition is on disk.
func (x *Index) Flush(ctx context.Context, n int) error {
	if _, _, err := x.ready(ctx, n); err != nil {
		return err
	}
	// The writer commits what it has gathered before it makes a call.
	return x.do(ctx, func(context.Context) error {
		x.mu.Lock()
		defer x.mu.Unlock()
		return x.partitions[n].err
	})
}

// ready gives the run and the position of a partition that can be written.
func (x *Index) ready(ctx context.Context, n int) (run uint64, next int64, err error) {
	if err := x.checkPartition(n); err != nil {
		return 0, 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	if x.ended.Err() != nil {
		return 0, 0, ErrClosed
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	p := &x.partitions[n]
	return p.run, p.next, p.err
}

// do has the writer call fn between transactions and waits for it.
func (x *Index) do(ctx context.Context, fn func(context.Context) error) error {
	reply := make(chan error, 1)
	if err := x.send(ctx, work{call: fn, reply: reply}); err != nil {
		return err
	}
	select {
	case err := <-reply:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-x.done:
		return ErrClosed
	}
}

func (x *Index) send(ctx context.Context, w work) error {
	select {
	case x.queue <- w:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-x.ended.Done():
		return ErrClosed
	}
}

// run is the writer: it gathers chunks into transactions until ctx ends.
func (x *Index) run(ctx context.Context) {
	defer close(x.done)
	purge := time.NewTicker(purgeEvery)
	defer purge.Stop()
	var batch []work
	for {
		batch = batch[:0]
		var call work
		select {
		case <-ctx.Done():
			return
		case now := <-purge.C:
			x.expire(ctx, now)
			continue
		case w := <-x.queue:
			batch, call = x.gather(ctx, batch, w)
		}
		x.commit(batch)
		for i := range batch {
			x.room.Release(batch[i].bytes)
		}
		clear(batch)
		if call.call != nil {
			call.reply <- call.call(ctx)
		}
		if err := x.store.compactSmall(ctx); err != nil {
			x.log.ErrorContext(ctx, "compact index", slog.String("path", x.cfg.Path), slog.Any("error", err))
		}
	}
}

// gather takes chunks until there are enough, too much time has passed, or a
// call comes, which is given back to be made after the transaction.
func (x *Index) gather(ctx context.Context, batch []work, w work) ([]work, work) {
	linger := time.NewTimer(fewLinger)
	defer linger.Stop()
	records, bytes, many := 0, int64(0), false
	for w.call == nil {
		batch = append(batch, w)
		records += w.chunk.records
		bytes += w.bytes
		if records >= batchRecords || bytes >= batchBytes {
			return batch, work{}
		}
		more := false
		for !more {
			select {
			case w = <-x.queue:
				more = true
			case <-linger.C:
				if many || records <= fewRecords {
					return batch, work{}
				}
				many = true
				linger.Reset(batchLinger - fewLinger)
			case <-ctx.Done():
				return batch, work{}
			}
		}
	}
	return batch, w
}

func (x *Index) expire(ctx context.Context, now time.Time) {
	floor := int64(0)
	if x.cfg.Retention > 0 {
		floor = dayOf(now.Add(-x.cfg.Retention).UnixMilli())
	}
	if err := x.store.purge(ctx, floor); err != nil {
		x.log.ErrorContext(ctx, "purge index", slog.String("path", x.cfg.Path), slog.Any("error", err))
	}
}
