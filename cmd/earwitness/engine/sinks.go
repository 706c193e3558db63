package engine

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/sinks/elastic"
	"earwitness/sinks/index"
)

// recordSink is a sink of records that can be filled from the archive.
type recordSink interface {
	bus.Sink[*access.Record]
	// Durable is the offset before which the sink holds everything that it
	// keeps; -1 where it holds nothing of the partition. It asks what is
	// stored, and begins no delivery.
	Durable(ctx context.Context, partition int) (int64, error)
}

// openSinks opens the sinks of records.
func (e *Engine) openSinks(ctx context.Context) error {
	if !e.config.Shared() {
		if err := e.openIndex(ctx); err != nil {
			return err
		}
		e.records = append(e.records, e.index)
	}
	if !e.config.Elastic.Enabled() {
		return nil
	}
	return e.openElastic(ctx)
}

func (e *Engine) openIndex(ctx context.Context) error {
	lineage := e.epoch.lineage()
	var err error
	e.index, err = index.Open(ctx, index.Config{
		Path: string(e.config.Index.Path), Lineage: lineage[:], Partitions: e.config.Bus.Partitions,
		Retention: e.config.Index.Retention.Std(), Logger: e.log,
	})
	return err
}

// elasticSink is Elasticsearch, whose positions are kept elsewhere.
type elasticSink struct {
	*elastic.Sink
	positions elastic.Positions
}

// Durable implements recordSink.
func (s *elasticSink) Durable(ctx context.Context, partition int) (int64, error) {
	return s.positions.Load(ctx, partition)
}

// prepareFor is how long a start waits for Elasticsearch: what is wrong for
// good is said at once, what may get better is waited for by the sink alone.
const prepareFor = 10 * time.Second

func (e *Engine) openElastic(ctx context.Context) error {
	settings, err := e.config.Elastic.SinkConfig(e.log)
	if err != nil {
		return err
	}
	settings.DeadLetters = e.publisher.bury
	if e.config.Shared() {
		settings.Positions = e.keepPositions(elastic.Stage, bus.TopicAccess)
	} else {
		settings.Positions = newFolderPositions(e.config.SinkPositionsDir(), elastic.Stage, e.epoch.lineage())
	}
	if e.elastic, err = elastic.Open(ctx, settings); err != nil {
		return err
	}
	e.records = append(e.records, &elasticSink{e.elastic, settings.Positions})
	preparing, cancel := context.WithTimeout(ctx, prepareFor)
	defer cancel()
	err = e.elastic.Prepare(preparing)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		e.log.LogAttrs(ctx, slog.LevelWarn, "Elasticsearch does not answer; its records wait on the bus, everything else goes on",
			slog.Duration("after", prepareFor), slog.Any("waiting", e.elastic.Stats().Waiting))
		return nil
	}
	return err
}
