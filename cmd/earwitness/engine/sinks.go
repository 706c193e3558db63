package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
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
	if !e.config.Shared() || e.options.rebuild {
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
	lineage, path := e.epoch.lineage(), string(e.config.Index.Path)
	if e.config.Shared() {
		path = filepath.Join(e.config.RebuildDir(), "records.db")
		if err := os.MkdirAll(e.config.RebuildDir(), 0o700); err != nil {
			return fmt.Errorf("make folder for the records that a rebuild compares: %w", err)
		}
	}
	var err error
	e.index, err = index.Open(ctx, index.Config{
		Path: path, Lineage: lineage[:], Partitions: e.config.Bus.Partitions,
		Retention: e.config.Index.Retention.Std(), Logger: e.log,
	})
	return err
}

// dropRebuildIndex removes the records that a rebuild has compared: where
// processes share the partitions there is no embedded index but for that.
func (e *Engine) dropRebuildIndex() error {
	err := e.index.Close()
	e.index = nil
	if err := errors.Join(err, os.RemoveAll(e.config.RebuildDir())); err != nil {
		return fmt.Errorf("remove the records that the rebuild compared: %w", err)
	}
	return nil
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
		settings.Positions, err = openFolderPositions(e.config.SinkPositionsDir(), elastic.Stage, e.epoch.lineage())
		if err != nil {
			return err
		}
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
