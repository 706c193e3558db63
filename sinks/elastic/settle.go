package elastic

import (
	"context"
	"fmt"
	"log/slog"

	"earwitness/pipeline/evidence"
)

// settlement gathers items of one piece after another, so that each piece is
// told once.
type settlement struct {
	sink  *Sink
	piece *piece
	items int
}

func (t *settlement) add(it *item) {
	if it.piece != t.piece {
		t.end()
		t.piece = it.piece
	}
	t.items++
}

func (t *settlement) end() {
	if t.items > 0 && t.piece.settle(t.items) {
		t.sink.room.Release(t.piece.bytes)
	}
	t.piece, t.items = nil, 0
}

// fail ends the deliveries of all partitions that have items left in b. They
// come again.
func (s *Sink) fail(ctx context.Context, b *bulk, err error) {
	s.log.ErrorContext(ctx, "Elasticsearch refuses to take records", slog.Int("records", len(b.items)), slog.Any("error", err))
	gone := settlement{sink: s}
	for i := range b.items {
		b.items[i].piece.run.fail(err)
	}
	for i := range b.items {
		gone.add(&b.items[i])
	}
	gone.end()
}

// bury hands dead letters over.
func (s *Sink) bury(ctx context.Context, letters []*evidence.DeadLetter) error {
	if len(letters) == 0 {
		return nil
	}
	if err := s.cfg.DeadLetters(ctx, letters); err != nil {
		return fmt.Errorf("hand over %d dead letters of Elasticsearch: %w", len(letters), err)
	}
	s.counts.buried.Add(uint64(len(letters)))
	return nil
}

// buryAll does so until it works or ctx ends.
func (s *Sink) buryAll(ctx context.Context, letters []*evidence.DeadLetter) error {
	var patience backoff
	defer s.waits.drop(&patience)
	for {
		err := s.bury(ctx, letters)
		if err == nil {
			s.waits.end(ctx, &patience)
			return nil
		}
		if err := s.wait(ctx, &patience, err); err != nil {
			return err
		}
	}
}
