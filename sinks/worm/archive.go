package worm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"earwitness/pipeline/bus"
)

// Archive keeps one topic in a store, as a sink of the bus.
type Archive[T any] struct {
	config Config[T]
	codec  *codec
	trees  tree
	// buffered bytes over all partitions.
	buffered atomic.Int64
	counts   counts

	mu         sync.Mutex
	partitions map[int]*partition
}

// New makes an archive; it reads nothing yet.
func New[T any](config Config[T]) (*Archive[T], error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	codec, err := newCodec()
	if err != nil {
		return nil, err
	}
	return &Archive[T]{
		config: config.withDefaults(), codec: codec, trees: newTree(), partitions: make(map[int]*partition),
	}, nil
}

// partition is one log and what is gathered for its next segment.
type partition struct {
	log Log
	// size of the builder in bytes, for whoever looks for the largest.
	size atomic.Int64
	// sealed is end.next as of the last call, for whoever looks on.
	sealed atomic.Int64

	mu sync.Mutex
	// opened: end is that of the store, as far as this process knows.
	opened bool
	end    end
	// builder is nil when nothing is gathered.
	builder *builder
}

func (a *Archive[T]) partition(number int) (*partition, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p := a.partitions[number]; p != nil {
		return p, nil
	}
	log := Log{Lineage: a.config.Lineage, Topic: a.config.Topic, Partition: number}
	if err := log.Validate(); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	p := &partition{log: log}
	p.sealed.Store(-1)
	a.partitions[number] = p
	return p, nil
}

// Name implements bus.Sink.
func (a *Archive[T]) Name() string { return "worm-" + a.config.Topic }

// Position implements bus.Sink: the offset behind the last sealed segment of
// the store, also when another process sealed it.
func (a *Archive[T]) Position(ctx context.Context, number int) (int64, error) {
	p, err := a.partition(number)
	if err != nil {
		return 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := a.refresh(ctx, p); err != nil {
		return 0, err
	}
	p.sealed.Store(p.end.next)
	return p.end.next, nil
}

// Write implements bus.Sink. It gathers, and seals what is full or too old.
// Messages that are archived or gathered already are passed over; one that
// lies behind the next offset is a *PositionError. An empty log may begin
// anywhere.
func (a *Archive[T]) Write(ctx context.Context, number int, chunk *bus.Chunk[T]) error {
	p, err := a.partition(number)
	if err != nil {
		return err
	}
	if err := a.checkLineage(chunk); err != nil {
		return err
	}
	if err := a.gather(ctx, p, chunk); err != nil {
		return err
	}
	return a.relieve(ctx)
}

func (a *Archive[T]) checkLineage(chunk *bus.Chunk[T]) error {
	for _, control := range chunk.Controls {
		lineage := control.GetEpoch().GetLineage()
		if len(lineage) == 0 {
			continue
		}
		if string(lineage) != string(a.config.Lineage[:]) {
			found := [16]byte{}
			copy(found[:], lineage)
			return &LineageError{Topic: a.config.Topic, Archive: a.config.Lineage, Found: found}
		}
	}
	return nil
}

func (a *Archive[T]) gather(ctx context.Context, p *partition, chunk *bus.Chunk[T]) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := a.open(ctx, p); err != nil {
		return err
	}
	for i := range chunk.Messages {
		message := &chunk.Messages[i]
		// Sealing may find that another writer is further than this one.
		next := p.next()
		if message.Offset < next {
			continue
		}
		if next >= 0 && message.Offset > next {
			return &PositionError{Log: p.log, Want: next, Got: message.Offset}
		}
		if p.builder == nil {
			a.begin(p, message.Offset)
		}
		if a.config.Keep == nil || a.config.Keep(i, chunk) {
			if err := p.builder.add(message); err != nil {
				a.drop(p)
				return err
			}
		} else {
			p.builder.skip(message.Offset + 1)
		}
		if p.builder.full(a.config.SegmentBytes) {
			if err := a.seal(ctx, p); err != nil {
				return err
			}
		}
	}
	return a.sealIfDue(ctx, p)
}

// next is the offset behind what is sealed or gathered; -1 when the log is
// empty.
func (p *partition) next() int64 {
	if p.builder != nil {
		return p.builder.next
	}
	return p.end.next
}

func (a *Archive[T]) begin(p *partition, first int64) {
	p.builder = &builder{
		codec: a.codec, trees: a.trees, log: p.log, filtered: a.config.Keep != nil,
		compression: a.config.Compression.format(), kind: kindRecords,
		first: first, next: first, begun: a.config.Now(),
		leaves: newLeafHasher(), segment: a.trees.empty(p.end.size),
	}
}

// drop forgets what was gathered: it is read again from the topic. The end
// is looked for anew.
func (a *Archive[T]) drop(p *partition) {
	p.builder, p.opened = nil, false
	a.account(p)
}

func (a *Archive[T]) account(p *partition) {
	size := int64(0)
	if p.builder != nil {
		size = p.builder.bytes()
	}
	a.buffered.Add(size - p.size.Swap(size))
}

func (a *Archive[T]) sealIfDue(ctx context.Context, p *partition) error {
	a.account(p)
	if p.builder == nil {
		return nil
	}
	if p.builder.full(a.config.SegmentBytes) || a.config.Now().Sub(p.builder.begun) >= a.config.SegmentAge {
		return a.seal(ctx, p)
	}
	return nil
}

// relieve seals the largest partitions while all together hold too much.
func (a *Archive[T]) relieve(ctx context.Context) error {
	for a.buffered.Load() > a.config.BufferBytes {
		largest := a.largest()
		if largest == nil {
			return nil
		}
		if err := a.sealNow(ctx, largest); err != nil {
			return err
		}
	}
	return nil
}

func (a *Archive[T]) largest() *partition {
	a.mu.Lock()
	defer a.mu.Unlock()
	var largest *partition
	size := int64(0)
	for _, p := range a.partitions {
		if n := p.size.Load(); n > size {
			largest, size = p, n
		}
	}
	return largest
}

func (a *Archive[T]) sealNow(ctx context.Context, p *partition) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return a.seal(ctx, p)
}

// Flush implements bus.Sink: it seals what was gathered of the partition.
func (a *Archive[T]) Flush(ctx context.Context, number int) error {
	p, err := a.partition(number)
	if err != nil {
		return err
	}
	return a.sealNow(ctx, p)
}

// Leave forgets what was gathered of a partition that another process follows
// now: it reads that again, from the end of the store.
func (a *Archive[T]) Leave(number int) error {
	p, err := a.partition(number)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	a.drop(p)
	return nil
}

// Run seals what is older than SegmentAge while no messages come, until ctx
// ends, and then returns its error. What cannot be stored is logged, dropped
// and read again: the next Write is refused with a *PositionError. It does
// not seal at its end; the caller flushes.
func (a *Archive[T]) Run(ctx context.Context) error {
	ticker := time.NewTicker(max(a.config.SegmentAge/8, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		for _, p := range a.all() {
			p.mu.Lock()
			err := a.sealIfDue(ctx, p)
			p.mu.Unlock()
			if err != nil && !errors.Is(err, context.Cause(ctx)) {
				a.config.Logger.Error("archive could not seal an old segment; it will be read again from the topic",
					slog.String("log", p.log.String()), slog.Any("error", err))
			}
		}
	}
}

func (a *Archive[T]) all() []*partition {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := make([]*partition, 0, len(a.partitions))
	for _, p := range a.partitions {
		list = append(list, p)
	}
	return list
}
