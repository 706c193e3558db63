package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// PartitionConfig sets what a reader of a partition may use. Zero values
// stand for the defaults.
type PartitionConfig struct {
	// FetchBytes is what one request asks for, compressed; 1 MiB.
	FetchBytes int
	// FetchWait is how long the broker holds a request when there is nothing
	// to read; 500 ms. A shorter one costs more requests and brings nothing.
	FetchWait time.Duration
	// KeepBytes bounds the messages of the chunks that are kept for readers
	// that come later; 4 MiB.
	KeepBytes int
	// Fetch replaces the request to the broker: a seam for faults.
	Fetch func(ctx context.Context, r FetchRequest) (FetchResult, error)
}

const (
	defaultFetchBytes = 1 << 20
	defaultFetchWait  = 500 * time.Millisecond
	defaultKeepBytes  = 4 << 20
)

// Partition is one partition of one topic for all its readers in the process.
// Readers that ask for the same offset share one fetch and one decode; the
// chunks read last are kept, so that a reader a little behind finds them too.
// It has no goroutine: readers fetch for each other. It is safe for concurrent
// use.
type Partition[T any] struct {
	topic     string
	partition int
	decode    func(*Message) (T, error)
	cfg       PartitionConfig

	mu      sync.Mutex
	flights map[int64]*flight[T]
	// kept chunks, the oldest first, and the bytes of their messages.
	kept      []*Chunk[T]
	keptBytes int
	// runners read beside each other; stepped is closed when one has moved.
	runners map[*runner]struct{}
	stepped chan struct{}
}

// flight is a fetch under way. Its result may be read once done is closed.
type flight[T any] struct {
	done  chan struct{}
	chunk *Chunk[T]
	err   error
}

// NewPartition reads partition of topic. decode may keep parts of a message;
// control records are decoded without it.
func NewPartition[T any](client *Client, topic string, partition int, decode func(*Message) (T, error), cfg PartitionConfig) *Partition[T] {
	if cfg.FetchBytes == 0 {
		cfg.FetchBytes = defaultFetchBytes
	}
	if cfg.FetchWait == 0 {
		cfg.FetchWait = defaultFetchWait
	}
	if cfg.KeepBytes == 0 {
		cfg.KeepBytes = defaultKeepBytes
	}
	if cfg.Fetch == nil {
		cfg.Fetch = client.Fetch
	}
	return &Partition[T]{topic: topic, partition: partition, decode: decode, cfg: cfg, flights: make(map[int64]*flight[T]), runners: make(map[*runner]struct{}), stepped: make(chan struct{})}
}

// Next blocks until there is a message at offset, and gives a chunk that
// begins with it. It tries once: an error may be gone at the next call, but
// not a *GapError, a *BeyondEndError, a *HoleError or a *CorruptError.
func (p *Partition[T]) Next(ctx context.Context, offset int64) (*Chunk[T], error) {
	return p.next(ctx, offset, func() {})
}

// next calls idle each time that there was nothing to read.
func (p *Partition[T]) next(ctx context.Context, offset int64, idle func()) (*Chunk[T], error) {
	if offset < 0 {
		return nil, fmt.Errorf("read %s/%d: offset %d is not possible", p.topic, p.partition, offset)
	}
	for {
		chunk, f, mine := p.join(offset)
		if chunk != nil {
			return chunk, nil
		}
		if mine {
			p.fly(ctx, f, offset)
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		switch {
		case f.err != nil && !mine && isContextError(f.err) && ctx.Err() == nil:
			// Who fetched for us went away: fetch ourselves.
		case f.err != nil:
			return nil, f.err
		case f.chunk != nil:
			return f.chunk, nil
		}
		// Nothing came in time: ask again.
		if f.err == nil {
			idle()
		}
	}
}

func isContextError(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// join finds the offset in a kept chunk or in a fetch under way, or opens a
// fetch, which is the caller's to make.
func (p *Partition[T]) join(offset int64) (chunk *Chunk[T], f *flight[T], mine bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.kept) - 1; i >= 0; i-- {
		if c := p.kept[i]; c.Messages[0].Offset <= offset && offset < c.Next {
			return c.from(offset), nil, false
		}
	}
	if f := p.flights[offset]; f != nil {
		return nil, f, false
	}
	f = &flight[T]{done: make(chan struct{})}
	p.flights[offset] = f
	return nil, f, true
}

// from gives the part of a chunk that begins at offset.
func (c *Chunk[T]) from(offset int64) *Chunk[T] {
	n := int(offset - c.Messages[0].Offset)
	if n == 0 {
		return c
	}
	return &Chunk[T]{
		Messages: c.Messages[n:], Values: c.Values[n:], Controls: c.Controls[n:], Errs: c.Errs[n:],
		Next: c.Next, End: c.End,
	}
}

// fly makes a fetch and lands it, whatever happens.
func (p *Partition[T]) fly(ctx context.Context, f *flight[T], offset int64) {
	f.err = fmt.Errorf("read %s/%d at %d: decoding panicked", p.topic, p.partition, offset)
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.flights, offset)
		if f.chunk != nil {
			p.keep(f.chunk)
		}
		close(f.done)
	}()
	f.chunk, f.err = p.fetch(ctx, offset)
}

// keep makes room by forgetting the chunks read first. One chunk is kept in
// any case. One that lies before others is not: who reads it comes to them.
func (p *Partition[T]) keep(c *Chunk[T]) {
	if n := len(p.kept); n > 0 && c.Next <= p.kept[n-1].Messages[0].Offset {
		return
	}
	p.kept = append(p.kept, c)
	p.keptBytes += c.bytes()
	drop := 0
	for p.keptBytes > p.cfg.KeepBytes && drop < len(p.kept)-1 {
		p.keptBytes -= p.kept[drop].bytes()
		drop++
	}
	p.kept = append(p.kept[:0], p.kept[drop:]...)
	clear(p.kept[len(p.kept):cap(p.kept)])
}

func (c *Chunk[T]) bytes() int {
	n := 0
	for i := range c.Messages {
		n += len(c.Messages[i].Key) + len(c.Messages[i].Value)
	}
	return n
}

// has fails as Next would for an offset that the topic lacks, and waits for
// nothing. The one behind the last message is none of these.
func (p *Partition[T]) has(ctx context.Context, offset int64) error {
	_, err := p.cfg.Fetch(ctx, FetchRequest{Topic: p.topic, Partition: p.partition, Offset: offset, MaxBytes: 1})
	return err
}

// fetch gives no chunk when nothing came in time.
func (p *Partition[T]) fetch(ctx context.Context, offset int64) (*Chunk[T], error) {
	result, err := p.cfg.Fetch(ctx, FetchRequest{
		Topic: p.topic, Partition: p.partition, Offset: offset,
		MaxBytes: p.cfg.FetchBytes, MaxWait: p.cfg.FetchWait,
	})
	if err != nil {
		return nil, err
	}
	r := reading{topic: p.topic, partition: p.partition, next: offset}
	messages, err := r.messages(result.Batches)
	if len(messages) == 0 {
		return nil, err
	}
	// What is right before an error is given first; the error comes again.
	return decodeChunk(messages, result.End, p.decode), nil
}
