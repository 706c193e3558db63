package engine

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"earwitness/pipeline/bus"
)

// renewEvery is how often positions are stored again that have not moved:
// brokers forget what lies still for a week.
const renewEvery = time.Hour

// groupPositions keeps positions at the brokers, as the offsets of a group
// that has no members, so that everybody sees the lag who can see groups.
// They carry the lineage of the topics. One that is read may be older than what
// was stored last, or missing, where a broker takes itself for the coordinator
// that is none any more: so a sink that keeps its position here must be able to
// take again what it has had. Safe for concurrent use.
type groupPositions struct {
	client       *bus.Client
	group, topic string
	lineage      string

	mu sync.Mutex
	// stored is what this process stored last of the partitions that it has.
	stored map[int]int64
}

// keepPositions names the group after the sink.
func (e *Engine) keepPositions(sink, topic string) *groupPositions {
	lineage := e.epoch.lineage()
	p := &groupPositions{
		client: e.client, group: string(e.config.Bus.Group) + "-" + sink, topic: topic,
		lineage: hex.EncodeToString(lineage[:]), stored: make(map[int]int64),
	}
	e.kept = append(e.kept, p)
	return p
}

// Load gives -1 where nothing was stored, or for topics that are no more.
func (p *groupPositions) Load(ctx context.Context, partition int) (int64, error) {
	offset, lineage, err := p.client.CommittedOffset(ctx, p.group, p.topic, partition)
	if err != nil {
		return 0, err
	}
	if offset < 0 || lineage != p.lineage && lineage != "" {
		// A person who resets offsets leaves no lineage.
		return -1, nil
	}
	return offset, nil
}

// Store commits.
func (p *groupPositions) Store(ctx context.Context, partition int, offset int64) error {
	if err := p.commit(ctx, partition, offset); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stored[partition] = offset
	return nil
}

func (p *groupPositions) commit(ctx context.Context, partition int, offset int64) error {
	return p.client.CommitOffset(ctx, p.group, p.topic, partition, offset, p.lineage)
}

// leave forgets a partition that another process has now.
func (p *groupPositions) leave(partition int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.stored, partition)
}

// renew stores again what was stored last.
func (p *groupPositions) renew(ctx context.Context) error {
	p.mu.Lock()
	stored := maps.Clone(p.stored)
	p.mu.Unlock()
	var errs []error
	for partition, offset := range stored {
		if err := p.commit(ctx, partition, offset); err != nil {
			errs = append(errs, fmt.Errorf("renew position %d of %s in %s/%d: %w", offset, p.group, p.topic, partition, err))
		}
	}
	return errors.Join(errs...)
}

// renewPositions does so now and then, until ctx ends.
func (e *Engine) renewPositions(ctx context.Context) {
	ticker := time.NewTicker(renewEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for _, p := range e.kept {
			if err := p.renew(ctx); err != nil && ctx.Err() == nil {
				e.log.LogAttrs(ctx, slog.LevelWarn, "positions could not be stored again; it is tried again",
					slog.Duration("after", renewEvery), slog.Any("error", err))
			}
		}
	}
}
