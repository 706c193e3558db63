package correlate

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"time"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
)

// StageName is the stage that dead letters of this package name.
const StageName = "correlate"

// The causes of this package's dead letters: a closed set.
const (
	causeUndecodable = "undecodable"
	causePanic       = "panic"
)

// giveUp makes a dead letter durable.
func (s *Stage) giveUp(
	ctx context.Context, p *stagePartition, cause, detail string, origin *evidence.Origin, raw []byte, kind evidence.Kind,
) error {
	sum := sha256.Sum256(raw)
	id := evidence.DeadLetterID(StageName, cause, sum)
	letter := &evidence.DeadLetter{
		Id: id[:], Stage: StageName, Cause: cause, Detail: detail, Origin: origin, Raw: raw, Kind: kind,
		TimeMs: s.cfg.Now().UnixMilli(),
	}
	value, err := letter.MarshalVT()
	if err != nil {
		return fmt.Errorf("marshal dead letter: %w", err)
	}
	record := bus.Record{Partition: p.number, Key: letter.Id, Value: value}
	if _, err := s.cfg.DeadLetters.ProduceSync(ctx, p.number, []bus.Record{record}); err != nil {
		return fmt.Errorf("produce dead letter: %w", err)
	}
	s.letters.Add(1)
	p.seen.letters.Add(1)
	return nil
}

// isDue says whether a snapshot is: its cost is that of the state, so it also
// waits until an eighth of that is new.
func (s *Stage) isDue(p *stagePartition) bool {
	fresh := p.fold.Next() - p.savedAt.Load()
	if fresh < int64(p.fold.Requests()/8) {
		return false
	}
	return fresh >= s.cfg.SnapshotRecords || fresh > 0 && s.cfg.Now().Sub(p.saved) >= s.cfg.SnapshotEvery
}

// save publishes everything and makes state durable.
func (s *Stage) save(ctx context.Context, p *stagePartition) error {
	if err := s.publish(ctx, p, true); err != nil {
		return err
	}
	if p.fold.Next() == p.savedAt.Load() {
		return nil
	}
	if err := s.cfg.Step(p.number, StepSnapshot); err != nil {
		return err
	}
	if err := p.fold.Snapshot(); err != nil {
		return err
	}
	p.saved = s.cfg.Now()
	p.savedAt.Store(p.fold.Next())
	p.look()
	if s.cfg.Positions == nil || p.fold.Next() <= p.quiet {
		return nil
	}
	if err := s.cfg.Step(p.number, StepPosition); err != nil {
		return err
	}
	return s.cfg.Positions.Store(ctx, p.number, p.fold.Next())
}

// Flush implements bus.Sink: everything is published, and state is durable.
// After a failure it has nothing to flush and says so: what was lost in memory
// comes again from Position.
func (s *Stage) Flush(ctx context.Context, number int) error {
	p := s.partition(number)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.fold == nil && p.failed == nil:
		return nil // it was never opened
	case p.fold == nil:
		return p.notOpen("flush state")
	}
	if err := s.save(ctx, p); err != nil {
		return p.drop(err)
	}
	return nil
}

// Run publishes what was held back, and saves, while no evidence comes, until
// ctx ends, whose error it gives. What fails is logged; the next Write of that
// partition opens it again.
func (s *Stage) Run(ctx context.Context) error {
	ticker := time.NewTicker(wholeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		for _, p := range s.all() {
			if err := s.tend(ctx, p); err != nil && ctx.Err() == nil {
				s.log.LogAttrs(ctx, slog.LevelError, "could not publish what was held back; it comes again",
					slog.Int("partition", p.number), slog.Any("error", err))
			}
		}
	}
}

func (s *Stage) all() []*stagePartition {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*stagePartition, 0, len(s.partitions))
	for _, p := range s.partitions {
		list = append(list, p)
	}
	return list
}

// tend leaves a partition alone that is at work.
func (s *Stage) tend(ctx context.Context, p *stagePartition) error {
	if !p.mu.TryLock() {
		return nil
	}
	defer p.mu.Unlock()
	if p.fold == nil {
		return nil
	}
	var err error
	switch {
	case s.isDue(p):
		err = s.save(ctx, p)
	case !s.cfg.Bulk && s.cfg.Now().Sub(p.whole) >= wholeEvery:
		err = s.publish(ctx, p, true)
	}
	if err != nil {
		return p.drop(err)
	}
	return nil
}
