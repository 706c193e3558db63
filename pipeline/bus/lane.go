package bus

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// delivery is what one call waits for.
type delivery struct {
	open    atomic.Int64
	once    sync.Once
	err     error
	done    func(error)
	release func()
	// sync calls learn the offset of their first record.
	sync  bool
	first int64
}

// settle takes n records off what is open. The last one calls done.
func (d *delivery) settle(n int, err error) {
	if err != nil {
		d.once.Do(func() { d.err = err })
	}
	if d.open.Add(int64(-n)) == 0 {
		d.release()
		// Each settle has noted its error before it took its records off.
		d.done(d.err)
	}
}

// lane is the queue of one partition. Its goroutine sends one batch at a
// time.
type lane struct {
	p         *Producer
	partition int
	log       *slog.Logger
	wake      chan struct{}

	mu    sync.Mutex
	queue []*pending
	// urgent: what is queued does not wait for more.
	urgent bool
	ended  bool
	stats  ProducerStats

	// encoder is owned by run.
	encoder *encoder
}

// pending is a batch that is being filled or waits to be sent.
type pending struct {
	records []byte
	count   int
	born    time.Time
	parts   []part
}

// part is a run of records of one delivery.
type part struct {
	d *delivery
	// at is the place of the first in the batch, n how many there are.
	at, n int
	// head: the first record of the delivery is the first here.
	head bool
}

// leastSpace of a batch that grows.
const leastSpace = 64 << 10

// grow makes room for size more bytes. It doubles, up to what a full batch
// takes, where append would leave five times as much behind.
func (b *pending) grow(size, most int) {
	need := len(b.records) + size
	if need <= cap(b.records) {
		return
	}
	space := make([]byte, len(b.records), max(need, min(most, max(leastSpace, 2*cap(b.records)))))
	copy(space, b.records)
	b.records = space
}

func newLane(p *Producer, partition int, log *slog.Logger) *lane {
	return &lane{
		p: p, partition: partition, log: log,
		wake: make(chan struct{}, 1), encoder: newEncoder(p.cfg.Uncompressed),
	}
}

// add encodes records behind what is queued.
func (l *lane) add(records []Record, d *delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range records {
		r := &records[i]
		b := l.open(r.size())
		b.grow(r.size(), l.p.cfg.BatchBytes)
		b.records = appendRecord(b.records, b.count, r.Key, r.Value)
		head := i == 0 && d.sync
		if last := len(b.parts) - 1; last >= 0 && b.parts[last].d == d && !head {
			b.parts[last].n++
		} else {
			b.parts = append(b.parts, part{d: d, at: b.count, n: 1, head: head})
		}
		b.count++
	}
}

// open gives the batch that has room for size more bytes.
func (l *lane) open(size int) *pending {
	if n := len(l.queue); n > 0 {
		if b := l.queue[n-1]; len(b.records)+size <= l.p.cfg.BatchBytes {
			return b
		}
	}
	b := &pending{records: l.p.spares.take(), born: time.Now()}
	l.queue = append(l.queue, b)
	// There is a first batch to wait for, or one that is full.
	l.signal()
	return b
}

func (l *lane) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// hurry sends what is queued without waiting for more.
func (l *lane) hurry() {
	l.mu.Lock()
	l.urgent = true
	l.mu.Unlock()
	l.signal()
}

// end lets run return once the queue is empty.
func (l *lane) end() {
	l.mu.Lock()
	l.ended = true
	l.mu.Unlock()
	l.signal()
}

// run sends batches until the lane has ended and is empty.
func (l *lane) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		b, wait, ended := l.next()
		switch {
		case b != nil:
			l.deliver(ctx, b)
		case ended:
			return
		default:
			timer.Reset(wait)
			select {
			case <-l.wake:
			case <-timer.C:
			}
		}
	}
}

// next takes a batch that is due, or says how long to wait for one.
func (l *lane) next() (b *pending, wait time.Duration, ended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		l.urgent = false
		return nil, time.Hour, l.ended
	}
	b = l.queue[0]
	if len(l.queue) == 1 && !l.urgent && !l.ended {
		if wait = l.p.cfg.Linger - time.Since(b.born); wait > 0 {
			return nil, wait, false
		}
	}
	last := copy(l.queue, l.queue[1:])
	l.queue[last] = nil
	l.queue = l.queue[:last]
	return b, 0, false
}

// deliver sends a batch and tells those who wait for it.
func (l *lane) deliver(ctx context.Context, b *pending) {
	first, err := l.send(ctx, b)
	var behind []*pending
	if err != nil && (transient(err) || ctx.Err() != nil) {
		// It may be tried again by whoever gave it. Until then nothing that
		// came after it may be written. What comes once they know is another
		// matter, so the queue is taken before they are told.
		behind = l.takeAll()
	}
	b.settle(first, err)
	for _, b := range behind {
		b.settle(0, err)
	}
	l.p.spares.give(b.records)
}

func (l *lane) takeAll() []*pending {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.queue
	l.queue = nil
	return all
}

func (b *pending) settle(first int64, err error) {
	for _, part := range b.parts {
		if part.head {
			part.d.first = first + int64(part.at)
		}
		part.d.settle(part.n, err)
	}
}

// send tries a batch until the broker has it, refuses it for good, or the
// time for retries is over.
func (l *lane) send(ctx context.Context, b *pending) (int64, error) {
	began := time.Now()
	delays := backoff{first: 50 * time.Millisecond, most: 5 * time.Second}
	for attempt := 1; ; attempt++ {
		request := l.encoder.encode(b.records, b.count, time.Now())
		first, err := l.p.cfg.Send(ctx, l.partition, request)
		if err == nil {
			l.recovered(ctx, attempt, began)
			return first, nil
		}
		// A request that timed out may still be on its way out: its bytes
		// must not change.
		l.encoder.forget()
		if ctx.Err() != nil || !transient(err) || time.Since(began) >= l.p.cfg.RetryFor {
			// What comes behind it has not been tried yet.
			l.goesOn()
			return 0, fmt.Errorf("produce %d records to %s/%d, attempt %d: %w", b.count, l.p.topic, l.partition, attempt, err)
		}
		if attempt == 1 {
			l.log.WarnContext(ctx, "waiting for the broker to take records", slog.String("topic", l.p.topic),
				slog.Int("partition", l.partition), slog.Int("records", b.count), slog.Any("error", err))
		}
		l.retries(err, began)
		// The end of ctx shows in the next attempt.
		pause(ctx, delays.next()) //nolint:errcheck // see above
	}
}

func (l *lane) recovered(ctx context.Context, attempt int, began time.Time) {
	if attempt > 1 {
		l.goesOn()
		l.log.InfoContext(ctx, "the broker takes records again", slog.String("topic", l.p.topic),
			slog.Int("partition", l.partition), slog.Int("attempts", attempt), slog.Duration("after", time.Since(began)))
	}
}
