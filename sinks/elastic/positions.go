package elastic

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

func (p *partition) lock(ctx context.Context) error {
	select {
	case p.storing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *partition) unlock() { <-p.storing }

// store tells the keeper of positions how far the partition is.
func (s *Sink) store(ctx context.Context, p *partition) error {
	if err := p.lock(ctx); err != nil {
		return err
	}
	defer p.unlock()
	p.mu.Lock()
	r, stored := p.run, p.stored
	p.mu.Unlock()
	if r == nil {
		return nil
	}
	r.mu.Lock()
	done := r.done
	r.mu.Unlock()
	if done <= stored {
		return nil
	}
	if err := s.cfg.Positions.Store(ctx, p.number, done); err != nil {
		return fmt.Errorf("store position %d of Elasticsearch in partition %d: %w", done, p.number, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.run == r {
		p.stored = done
	}
	return nil
}

// storePositions does so from time to time, until ctx ends: a partition in
// which nothing more comes has its position stored too.
func (s *Sink) storePositions(ctx context.Context) {
	tick := time.NewTicker(s.cfg.StoreEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		s.mu.Lock()
		partitions := make([]*partition, 0, len(s.partitions))
		for _, p := range s.partitions {
			partitions = append(partitions, p)
		}
		s.mu.Unlock()
		slices.SortFunc(partitions, func(a, b *partition) int { return a.number - b.number })
		for _, p := range partitions {
			if err := s.store(ctx, p); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "storing a position of Elasticsearch, will be tried again", slog.Int("partition", p.number), slog.Any("error", err))
			}
		}
	}
}

// sealOld sends what has waited for company long enough.
func (s *Sink) sealOld(ctx context.Context) {
	tick := time.NewTicker(s.cfg.BulkWait)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.queue.seal()
		case <-ctx.Done():
			return
		}
	}
}
