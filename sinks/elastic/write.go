package elastic

import (
	"context"
	"fmt"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
)

// pieceBytes is how much of a chunk is encoded before it joins what others
// have written.
const pieceBytes = 256 << 10

// Position is the offset to read next, as it was stored; -1 where nothing
// was. It begins a new delivery and ends the state of failure that a Write or
// Flush reported.
func (s *Sink) Position(ctx context.Context, n int) (int64, error) {
	if err := s.open(ctx); err != nil {
		return 0, err
	}
	at, err := s.cfg.Positions.Load(ctx, n)
	if err != nil {
		return 0, fmt.Errorf("load position of Elasticsearch in partition %d: %w", n, err)
	}
	s.partition(n).restart(at)
	return at, nil
}

// Leave ends what the sink does for a partition that another process gets:
// it stores no position of it any more, until it is asked for it again.
func (s *Sink) Leave(ctx context.Context, n int) error {
	p := s.partition(n)
	if err := p.lock(ctx); err != nil {
		return err
	}
	defer p.unlock()
	p.restart(-1)
	return nil
}

func (s *Sink) partition(n int) *partition {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.partitions[n]
	if p == nil {
		p = &partition{number: n, stored: -1, storing: make(chan struct{}, 1)}
		s.partitions[n] = p
	}
	return p
}

// Write encodes a chunk and hands it to those who send. It blocks while too
// many bytes are under way. What Elasticsearch refused as a whole fails the
// next Write and Flush of each partition that it held, until Position is
// asked.
func (s *Sink) Write(ctx context.Context, n int, chunk *bus.Chunk[*access.Record]) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	from := chunk.Next
	if len(chunk.Messages) > 0 {
		from = chunk.Messages[0].Offset
	}
	r := s.partition(n).current(from)
	next, err := r.wanted()
	if err != nil {
		return err
	}
	e := s.encoders.Get().(*encoder)
	defer s.encoders.Put(e)
	e.reset()
	most, now := min(pieceBytes, s.cfg.BulkBytes), s.cfg.Now()
	for i := range chunk.Messages {
		m := &chunk.Messages[i]
		if m.Offset < next || i < len(chunk.Controls) && chunk.Controls[i] != nil {
			continue
		}
		e.take(n, chunk, i, now)
		if len(e.body) >= most {
			if err := s.submit(ctx, n, r, e, m.Offset+1); err != nil {
				return err
			}
			e.reset()
		}
	}
	return s.submit(ctx, n, r, e, chunk.Next)
}

// submit puts what was encoded under way. On an error nothing of it is.
func (s *Sink) submit(ctx context.Context, n int, r *run, e *encoder, to int64) error {
	next, err := r.wanted()
	if err != nil || to <= next {
		return err
	}
	if err := s.bury(ctx, e.letters); err != nil {
		return err
	}
	s.partition(n).buried.Add(uint64(len(e.letters)))
	p := &piece{run: r, to: to, left: len(e.items), bytes: min(int64(len(e.body)), s.cfg.InFlightBytes)}
	if !s.room.TryAcquire(p.bytes) {
		// What fills the room may be waiting for company.
		s.queue.seal()
		if err := s.room.Acquire(ctx, p.bytes); err != nil {
			return err
		}
	}
	r.add(p)
	if p.left > 0 {
		s.queue.add(p, e)
	}
	return nil
}

// Flush waits until the result of all that was written to the partition is
// known, and stores the position.
func (s *Sink) Flush(ctx context.Context, n int) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	p := s.partition(n)
	p.mu.Lock()
	r := p.run
	p.mu.Unlock()
	if r == nil {
		return nil
	}
	next, err := r.wanted()
	if err != nil {
		return err
	}
	s.queue.seal()
	if err := r.await(ctx, next, s.ended); err != nil {
		return err
	}
	return s.store(ctx, p)
}
