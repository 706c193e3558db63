package bus

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// Record is what a producer takes. Without a key it is a control record.
type Record struct {
	Partition  int
	Key, Value []byte
}

// ProducerConfig sets what a producer may use. Zero values stand for the
// defaults.
type ProducerConfig struct {
	// Linger is how long a batch waits for more records; 20 ms.
	Linger time.Duration
	// BatchBytes is when a batch is full, before compression; 960 KiB,
	// which a topic with the usual limit takes whatever is in it.
	BatchBytes int
	// BufferBytes bounds what waits in all partitions together; 64 MiB.
	// Produce blocks when it is reached.
	BufferBytes int64
	// RetryFor is how long a batch is tried again before it fails; 2 min.
	RetryFor time.Duration
	// Uncompressed leaves out the compression by Snappy.
	Uncompressed bool
	// Send replaces the request to the broker: a seam for faults. It gives
	// the offset of the batch's first record.
	Send func(ctx context.Context, partition int, batch []byte) (int64, error)
}

const (
	defaultLinger      = 20 * time.Millisecond
	defaultBatchBytes  = 960 << 10
	defaultBufferBytes = 64 << 20
	defaultRetryFor    = 2 * time.Minute
)

// Producer writes to one topic. Records of one partition stay in the order of
// their acceptance: one request of a partition is under way at a time, and
// nothing behind a failed batch is written; all that waited behind it fails
// with it. A batch whose answer was lost is sent again, so records may lie in
// the topic twice. It is safe for concurrent use.
type Producer struct {
	topic  string
	cfg    ProducerConfig
	lanes  []*lane
	room   *semaphore.Weighted
	spares spares
	cancel context.CancelFunc
	done   sync.WaitGroup

	// mu is held for reading while records are accepted, so that Close sees
	// all or none of them.
	mu     sync.RWMutex
	closed bool
}

// NewProducer starts a goroutine for each partition, which Close ends.
func NewProducer(client *Client, topic string, partitions int, cfg ProducerConfig) *Producer {
	cfg.setDefaults()
	if cfg.Send == nil {
		cfg.Send = client.sender(topic)
	}
	ctx, cancel := context.WithCancel(context.Background()) //nolint:forbidigo // Close ends it
	p := &Producer{topic: topic, cfg: cfg, cancel: cancel, room: semaphore.NewWeighted(cfg.BufferBytes), spares: spares{most: int(cfg.BufferBytes)}}
	for n := range partitions {
		l := newLane(p, n, client.cfg.Logger)
		p.lanes = append(p.lanes, l)
		p.done.Go(func() { l.run(ctx) })
	}
	return p
}

func (cfg *ProducerConfig) setDefaults() {
	if cfg.Linger == 0 {
		cfg.Linger = defaultLinger
	}
	if cfg.BatchBytes == 0 {
		cfg.BatchBytes = defaultBatchBytes
	}
	if cfg.BufferBytes == 0 {
		cfg.BufferBytes = defaultBufferBytes
	}
	if cfg.RetryFor == 0 {
		cfg.RetryFor = defaultRetryFor
	}
}

// Produce accepts the records, all or none, and calls done exactly once, from
// any goroutine: with nil when all are durable on all in-sync replicas, else
// with why one of them is not; the others may be. It blocks while too much
// is waiting. When it returns an error nothing was accepted and done is not
// called. Nothing of records is kept.
func (p *Producer) Produce(ctx context.Context, records []Record, done func(error)) error {
	if len(records) == 0 {
		done(nil)
		return nil
	}
	d := &delivery{done: done}
	d.open.Store(int64(len(records)))
	return p.accept(ctx, records, d, func() {
		for i := range records {
			r := &records[i]
			p.lanes[r.Partition].add(records[i:i+1], d)
		}
	})
}

// ProduceSync writes the records of one partition in their order, without
// waiting for more, and gives the offset of the first when all are durable.
// When ctx ends before, they may be written or not.
func (p *Producer) ProduceSync(ctx context.Context, partition int, records []Record) (first int64, err error) {
	if len(records) == 0 {
		return 0, fmt.Errorf("produce to %s/%d: no records were given", p.topic, partition)
	}
	for i := range records {
		if records[i].Partition != partition {
			return 0, fmt.Errorf("produce to %s/%d: a record is of partition %d", p.topic, partition, records[i].Partition)
		}
	}
	settled := make(chan error, 1)
	d := &delivery{sync: true, done: func(err error) { settled <- err }}
	d.open.Store(int64(len(records)))
	err = p.accept(ctx, records, d, func() {
		p.lanes[partition].add(records, d)
		p.lanes[partition].hurry()
	})
	if err != nil {
		return 0, err
	}
	select {
	case err := <-settled:
		return d.first, err
	case <-ctx.Done():
		return 0, fmt.Errorf("await %d records in %s/%d: %w", len(records), p.topic, partition, ctx.Err())
	}
}

// accept has add pass the records to their lanes once there is room.
func (p *Producer) accept(ctx context.Context, records []Record, d *delivery, add func()) error {
	total, err := p.check(records)
	if err != nil {
		return err
	}
	// What is larger than the whole buffer goes alone.
	total = min(total, p.cfg.BufferBytes)
	if err := p.room.Acquire(ctx, total); err != nil {
		return fmt.Errorf("produce to %s: wait for room: %w", p.topic, err)
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.closed {
		p.room.Release(total)
		return fmt.Errorf("produce to %s: %w", p.topic, ErrClosed)
	}
	d.release = func() { p.room.Release(total) }
	add()
	return nil
}

// check gives what the records take.
func (p *Producer) check(records []Record) (int64, error) {
	total := int64(0)
	for i := range records {
		r := &records[i]
		if r.Partition < 0 || r.Partition >= len(p.lanes) {
			return 0, fmt.Errorf("produce to %s: there is no partition %d among %d", p.topic, r.Partition, len(p.lanes))
		}
		size := r.size()
		if limit := maxMessageBytes - batchHead; size > limit {
			return 0, &TooLargeError{Topic: p.topic, Size: size, Limit: limit}
		}
		total += int64(size)
	}
	return total, nil
}

func (r *Record) size() int { return len(r.Key) + len(r.Value) + recordOverhead }

// Close accepts no more and waits for what was accepted. When ctx ends before,
// what is left fails; it may be written or not.
func (p *Producer) Close(ctx context.Context) error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	for _, l := range p.lanes {
		l.end()
	}
	stop := context.AfterFunc(ctx, p.cancel)
	p.done.Wait()
	cut := !stop()
	p.cancel()
	if cut {
		return fmt.Errorf("close producer of %s: %w", p.topic, ctx.Err())
	}
	return nil
}
