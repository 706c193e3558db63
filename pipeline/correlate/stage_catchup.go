package correlate

import (
	"context"
	"errors"
	"fmt"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
)

// catchUp finds out what was published already, and applies what only the
// archive still holds.
func (s *Stage) catchUp(ctx context.Context, p *stagePartition) error {
	p.quiet = 0
	if s.cfg.Positions != nil {
		at, err := s.cfg.Positions.Load(ctx, p.number)
		if err != nil {
			return fmt.Errorf("find out what is published: %w", err)
		}
		p.quiet = max(at, 0)
	}
	if s.cfg.Archive == nil {
		return nil
	}
	return s.cfg.Archive.Replay(ctx, p.number, p.fold.Next(), func(chunk *bus.Chunk[*evidence.Evidence]) error {
		if len(chunk.Messages) == 0 {
			p.fold.pass(chunk.Next)
			return nil
		}
		if s.cfg.Positions != nil {
			return s.write(ctx, p, chunk)
		}
		err := p.fold.Apply(chunk)
		if err == nil {
			return p.fold.keepQuiet()
		}
		var poison *PoisonError
		if errors.As(err, &poison) {
			return p.skip(poison)
		}
		return err
	})
}

// AcceptGap goes on at an offset although what lies before it was never
// applied: somebody has decided that it is lost.
func (s *Stage) AcceptGap(number int, next int64) error {
	p := s.partition(number)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fold == nil {
		return p.notOpen("pass a gap")
	}
	p.fold.pass(next)
	return nil
}

// pass goes on at an offset, if it lies ahead.
func (f *Fold) pass(next int64) { f.next = max(f.next, next) }

// keepQuiet takes what was touched as published.
func (f *Fold) keepQuiet() error {
	return f.Publish(true, nil)
}
