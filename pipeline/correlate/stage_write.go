package correlate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
)

const (
	// produceBytes is about how much is produced at a time: a batch.
	produceBytes = 900 << 10
	// wholeEvery is how long records may be held back while evidence comes
	// slowly.
	wholeEvery = time.Second
)

// Write implements bus.Sink: apply in memory, produce, await the acks. After
// an error the partition must be opened again by Position.
func (s *Stage) Write(ctx context.Context, number int, chunk *bus.Chunk[*evidence.Evidence]) error {
	p := s.partition(number)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fold == nil {
		return p.notOpen("apply evidence")
	}
	if err := s.write(ctx, p, chunk); err != nil {
		return p.drop(err)
	}
	p.look()
	return nil
}

func (p *stagePartition) notOpen(what string) error {
	if p.failed == nil {
		return fmt.Errorf("%s of partition %d: its state is not open", what, p.number)
	}
	return fmt.Errorf("%s of partition %d: its state has to be opened again after a failure: %w", what, p.number, p.failed)
}

func (s *Stage) write(ctx context.Context, p *stagePartition, chunk *bus.Chunk[*evidence.Evidence]) error {
	if err := s.cfg.Step(p.number, StepApply); err != nil {
		return err
	}
	if err := s.giveUpUndecodable(ctx, p, chunk); err != nil {
		return err
	}
	if err := p.fold.Apply(chunk); err != nil {
		return s.afterPoison(ctx, p, chunk, err)
	}
	if chunk.Next <= p.quiet {
		return p.fold.keepQuiet()
	}
	barriers := barriersOf(chunk, p.number)
	if len(barriers) > 0 || s.isReady(p, chunk.Next >= chunk.End) {
		if err := s.publish(ctx, p, len(barriers) > 0); err != nil {
			return err
		}
	}
	if len(barriers) > 0 {
		if err := s.cfg.Step(p.number, StepBarrier); err != nil {
			return err
		}
		if _, err := s.cfg.Access.ProduceSync(ctx, p.number, barriers); err != nil {
			return fmt.Errorf("pass on barrier: %w", err)
		}
	}
	if s.isDue(p) {
		return s.save(ctx, p)
	}
	return nil
}

// mostHeld is how many ids may be held back.
const mostHeld = 250_000

// isReady says whether what was touched should be held back no longer.
func (s *Stage) isReady(p *stagePartition, caughtUp bool) bool {
	return p.fold.Pending() >= mostHeld || caughtUp && !s.cfg.Bulk || s.cfg.Now().Sub(p.published) >= s.cfg.HoldFor
}

func barriersOf(chunk *bus.Chunk[*evidence.Evidence], number int) []bus.Record {
	var records []bus.Record
	for i, control := range chunk.Controls {
		if control.GetBarrier() != nil {
			records = append(records, bus.Record{Partition: number, Value: chunk.Messages[i].Value})
		}
	}
	return records
}

// publish produces what was touched, all of it or as much as should not be
// held back, and awaits the acks.
func (s *Stage) publish(ctx context.Context, p *stagePartition, all bool) error {
	if p.fold.Pending() == 0 {
		return nil
	}
	if err := s.cfg.Step(p.number, StepProduce); err != nil {
		return err
	}
	var batch []bus.Record
	var arena bus.Arena
	size := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		if _, err := s.cfg.Access.ProduceSync(ctx, p.number, batch); err != nil {
			return fmt.Errorf("produce records: %w", err)
		}
		s.published.Add(int64(len(batch)))
		batch, size = batch[:0], 0
		arena.Reset()
		return nil
	}
	err := p.fold.Publish(all, func(rec *access.Record) error {
		value := arena.Take(rec.SizeVT())
		if _, err := rec.MarshalToSizedBufferVT(value); err != nil {
			return fmt.Errorf("marshal record: %w", err)
		}
		key := arena.Take(evidence.SubjectKeyLen(rec.SubjectKind, rec.SubjectId))
		evidence.SubjectKey(key[:0], rec.SubjectKind, rec.SubjectId)
		batch = append(batch, bus.Record{Partition: p.number, Key: key, Value: value})
		if size += len(value); size >= produceBytes {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := flush(); err != nil {
		return err
	}
	p.published = s.cfg.Now()
	if all {
		p.whole = p.published
	}
	return nil
}

// giveUpUndecodable sends what is no evidence to the dead letters.
func (s *Stage) giveUpUndecodable(ctx context.Context, p *stagePartition, chunk *bus.Chunk[*evidence.Evidence]) error {
	for i, err := range chunk.Errs {
		if err == nil || chunk.Messages[i].Offset < max(p.fold.Next(), p.quiet) {
			continue
		}
		m := &chunk.Messages[i]
		origin := &evidence.Origin{
			Uri: fmt.Sprintf("kafka://%s/%d/%d", bus.TopicEvidence, p.number, m.Offset), Length: int64(len(m.Value)),
		}
		if err := s.giveUp(ctx, p, causeUndecodable, err.Error(), origin, m.Value, 0); err != nil {
			return err
		}
	}
	return nil
}

// afterPoison sends the evidence that made the fold panic to the dead letters;
// the fold, opened again, will pass over it.
func (s *Stage) afterPoison(ctx context.Context, p *stagePartition, chunk *bus.Chunk[*evidence.Evidence], err error) error {
	var poison *PoisonError
	if !errors.As(err, &poison) {
		return err
	}
	for i := range chunk.Messages {
		if chunk.Messages[i].Offset != poison.Offset || chunk.Values[i] == nil {
			continue
		}
		e := chunk.Values[i]
		if err := s.giveUp(ctx, p, causePanic, poison.Cause, e.Origin, e.Raw, e.Kind); err != nil {
			return err
		}
	}
	s.log.LogAttrs(ctx, slog.LevelError, "evidence goes to the dead letters; state is opened again without it",
		slog.Int("partition", p.number), slog.Int64("offset", poison.Offset))
	return p.skip(poison)
}

// skip lets the fold, opened again, pass over a piece. A pause that grows with
// each would hold up the partition for hours, and each comes here once.
func (p *stagePartition) skip(poison *PoisonError) error {
	p.skipped = append(p.skipped, poison.Offset)
	return fmt.Errorf("%w: %w", bus.ErrMended, poison)
}
