package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
	"earwitness/sources/intake"
)

// publisher puts batches of the sources on the bus: evidence by its subject,
// dead letters by their identity.
type publisher struct {
	evidence, deadLetters *bus.Producer
	partitions            int
	letters               atomic.Int64
	// arenas holds *bus.Arena between batches.
	arenas sync.Pool
}

var _ intake.Publisher = (*publisher)(nil)

// Publish implements intake.Publisher.
func (p *publisher) Publish(ctx context.Context, batch evidence.Batch, done func(error)) error {
	arena, _ := p.arenas.Get().(*bus.Arena)
	if arena == nil {
		arena = new(bus.Arena)
	}
	defer p.arenas.Put(arena)
	defer arena.Reset()
	records, err := p.records(arena, batch.Evidence)
	if err != nil {
		return err
	}
	letters, err := p.deadLetterRecords(batch.DeadLetters)
	if err != nil {
		return err
	}
	both := &both{done: done, open: 2}
	if err := p.evidence.Produce(ctx, records, both.settle); err != nil {
		return err
	}
	if err := p.deadLetters.Produce(ctx, letters, both.settle); err != nil {
		// The evidence is on its way, so the batch is answered for.
		both.settle(err)
	}
	p.letters.Add(int64(len(letters)))
	return nil
}

// both calls done when two things are settled.
type both struct {
	mu   sync.Mutex
	done func(error)
	open int
	err  error
}

func (b *both) settle(err error) {
	b.mu.Lock()
	b.err = errors.Join(b.err, err)
	b.open--
	last, joined := b.open == 0, b.err
	b.mu.Unlock()
	if last {
		b.done(joined)
	}
}

// records are good until the arena is reset.
func (p *publisher) records(arena *bus.Arena, pieces []*evidence.Evidence) ([]bus.Record, error) {
	records := make([]bus.Record, 0, len(pieces))
	for _, e := range pieces {
		value := arena.Take(e.SizeVT())
		if _, err := e.MarshalToSizedBufferVT(value); err != nil {
			return nil, fmt.Errorf("marshal evidence: %w", err)
		}
		key := arena.Take(evidence.SubjectKeyLen(e.SubjectKind, e.SubjectId))
		evidence.SubjectKey(key[:0], e.SubjectKind, e.SubjectId)
		records = append(records, bus.Record{Partition: bus.PartitionOf(key, p.partitions), Key: key, Value: value})
	}
	return records, nil
}

func (p *publisher) deadLetterRecords(letters []*evidence.DeadLetter) ([]bus.Record, error) {
	records := make([]bus.Record, 0, len(letters))
	for _, letter := range letters {
		value, err := letter.MarshalVT()
		if err != nil {
			return nil, fmt.Errorf("marshal dead letter: %w", err)
		}
		records = append(records, bus.Record{Partition: bus.PartitionOf(letter.Id, p.partitions), Key: letter.Id, Value: value})
	}
	return records, nil
}

// bury keeps what a sink could not take, and returns when it is durable.
func (p *publisher) bury(ctx context.Context, letters []*evidence.DeadLetter) error {
	records, err := p.deadLetterRecords(letters)
	if err != nil {
		return err
	}
	settled := make(chan error, 1)
	if err := p.deadLetters.Produce(ctx, records, func(err error) { settled <- err }); err != nil {
		return err
	}
	select {
	case err = <-settled:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if err == nil {
		p.letters.Add(int64(len(letters)))
	}
	return err
}
