package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/enrich"
	"earwitness/pipeline/evidence"
	"earwitness/sinks/index"
	"earwitness/sinks/worm"
)

// consumers are all that follows some partitions of the topics, each in its
// own goroutines.
type consumers struct {
	group      *errgroup.Group
	ctx        context.Context //nolint:containedctx // that of group, which ends when a consumer fails
	partitions []int
	hear       offsets
	places     map[string][]place // by topic, those of the enricher by its name
}

// offsets in partitions of topics.
type offsets map[topicPartition]*int64

type topicPartition struct {
	topic     string
	partition int
}

// ends are those of the topics now, where others may write to the same sinks
// and barriers are to be heard; else none.
func (e *Engine) ends(ctx context.Context, partitions []int) (offsets, error) {
	if !e.config.Shared() {
		return nil, nil
	}
	all := make(offsets)
	for _, topic := range bus.Topics() {
		for _, partition := range partitions {
			_, end, err := e.client.Bounds(ctx, topic, partition)
			if err != nil {
				return nil, fmt.Errorf("find end of %s/%d: %w", topic, partition, err)
			}
			all[topicPartition{topic, partition}] = &end
		}
	}
	return all, nil
}

// consume starts to follow; the correlator does where there is one. soft ends
// the following; what a sink has begun it may finish until hard ends. From
// the offsets in hear on barriers are told, whoever else writes to the sinks.
func (e *Engine) consume(soft, hard context.Context, partitions []int, hear offsets) *consumers {
	group, ctx := errgroup.WithContext(soft)
	c := &consumers{group: group, ctx: ctx, partitions: partitions, hear: hear, places: make(map[string][]place)}
	kept := bus.PartitionConfig{FetchBytes: fetchBytes, KeepBytes: keepBytes}
	for _, partition := range partitions {
		heard := bus.NewPartition(e.client, bus.TopicEvidence, partition, decodeEvidence, kept)
		if e.stage != nil {
			follow(hard, e, c, heard, bus.TopicEvidence, partition, bus.Sink[*evidence.Evidence](&loyal{e.stage, e}))
		}
		follow(hard, e, c, heard, bus.TopicEvidence, partition, bus.Sink[*evidence.Evidence](e.worm.evidence))
		if e.enricher != nil {
			follow(hard, e, c, heard, bus.TopicEvidence, partition, bus.Sink[*evidence.Evidence](e.enricher))
		}
		told := bus.NewPartition(e.client, bus.TopicAccess, partition, e.accessDecoder(), kept)
		for _, sink := range e.records {
			follow(hard, e, c, told, bus.TopicAccess, partition, bus.Sink[*access.Record](sink))
		}
		follow(hard, e, c, told, bus.TopicAccess, partition, bus.Sink[*access.Record](e.worm.access))
		dead := bus.NewPartition(e.client, bus.TopicDeadLetter, partition, bus.DecodeDeadLetter, kept)
		follow(hard, e, c, dead, bus.TopicDeadLetter, partition, bus.Sink[*evidence.DeadLetter](&noted{e.worm.deadLetters, e}))
	}
	if e.config.Shared() && e.stage != nil && !e.options.Once && slices.Contains(partitions, 0) {
		group.Go(func() error {
			e.oversee(ctx)
			return nil
		})
	}
	e.letters.begin(partitions)
	if !e.options.Once {
		group.Go(func() error {
			e.readWaiting(ctx, partitions)
			return nil
		})
	}
	e.following.Store(true)
	return c
}

// tend does what sinks need while nothing comes, in goroutines of a group,
// until ctx ends.
func (e *Engine) tend(ctx context.Context, group *errgroup.Group) {
	runs := []func(context.Context) error{e.worm.evidence.Run, e.worm.access.Run, e.worm.deadLetters.Run}
	if e.stage != nil {
		runs = append(runs, e.stage.Run)
	}
	if e.enricher != nil {
		runs = append(runs, e.enricher.Run)
	}
	for _, run := range runs {
		group.Go(func() error {
			if err := run(ctx); ctx.Err() == nil {
				return err
			}
			return nil
		})
	}
	if len(e.kept) > 0 {
		group.Go(func() error {
			e.renewPositions(ctx)
			return nil
		})
	}
}

// decodeEvidence and decodeAccess leave texts in the message's bytes, which
// nobody changes.
func decodeEvidence(m *bus.Message) (*evidence.Evidence, error) {
	e := new(evidence.Evidence)
	if err := e.UnmarshalVTUnsafe(m.Value); err != nil {
		return nil, fmt.Errorf("decode evidence at offset %d: %w", m.Offset, err)
	}
	return e, nil
}

// accessDecoder gives what the sinks need: the index and the archive keep the
// bytes of a request and look at its outline, Elasticsearch wants it whole.
func (e *Engine) accessDecoder() func(*bus.Message) (*access.Record, error) {
	if e.elastic != nil {
		return decodeAccess
	}
	return func(m *bus.Message) (*access.Record, error) {
		r, err := access.UnmarshalOutline(m.Value)
		if err != nil {
			return nil, fmt.Errorf("decode record at offset %d: %w", m.Offset, err)
		}
		return r, nil
	}
}

func decodeAccess(m *bus.Message) (*access.Record, error) {
	r := new(access.Record)
	if err := r.UnmarshalVTUnsafe(m.Value); err != nil {
		return nil, fmt.Errorf("decode record at offset %d: %w", m.Offset, err)
	}
	return r, nil
}

// follow lets a sink follow one partition.
func follow[T any](hard context.Context, e *Engine, c *consumers, from *bus.Partition[T], topic string, partition int, sink bus.Sink[T]) {
	at := place{sink.Name(), topic, partition}
	if sink.Name() == enrich.Name {
		// Nobody waits for lookups but for a while.
		c.places[enrich.Name] = append(c.places[enrich.Name], at)
	} else {
		c.places[topic] = append(c.places[topic], at)
	}
	e.tracker.expect(at)
	c.group.Go(func() error {
		err := bus.Follow(c.ctx, from, bus.Sink[T](&steady[T]{Sink: sink, hard: hard}), partition, bus.FollowConfig{
			Logger: e.log, Fatal: isFatal,
			OnBarrier:  func(id []byte) { e.tracker.pass(at, id) },
			OnProgress: e.tracker.note,
			AcceptGap:  e.acceptor(sink, partition),
			Barriers:   c.hear[topicPartition{topic, partition}],
		})
		if beyond := (*bus.BeyondEndError)(nil); errors.As(err, &beyond) {
			return fmt.Errorf("%w; %s", err, e.howToGoOn())
		}
		return err
	})
}

// isFatal tells what no retry can mend.
func isFatal(err error) bool {
	var tamper *worm.TamperError
	var lineage *worm.LineageError
	var mismatch *index.MismatchError
	var missing *MissingError
	var another *correlate.LineageError
	var judged *JudgedElsewhereError
	return errors.As(err, &tamper) || errors.As(err, &lineage) || errors.As(err, &mismatch) || errors.As(err, &missing) ||
		errors.As(err, &another) || errors.As(err, &judged)
}

// steady lets a sink finish a write when the following ends, so that a stop
// does not throw away work.
type steady[T any] struct {
	bus.Sink[T]
	hard context.Context //nolint:containedctx // it replaces the one of each call
}

func (s *steady[T]) Write(_ context.Context, partition int, chunk *bus.Chunk[T]) error {
	return s.Sink.Write(s.hard, partition, chunk)
}

func (s *steady[T]) Flush(_ context.Context, partition int) error {
	return s.Sink.Flush(s.hard, partition)
}

// flush makes durable what the sinks were given, in the order of the topics.
func (e *Engine) flush(ctx context.Context, partitions []int) error {
	var flushes []func(ctx context.Context, partition int) error
	if e.stage != nil {
		flushes = append(flushes, e.stage.Flush)
	}
	if e.enricher != nil {
		flushes = append(flushes, e.enricher.Flush)
	}
	flushes = append(flushes, e.worm.evidence.Flush)
	for _, sink := range e.records {
		flushes = append(flushes, sink.Flush)
	}
	flushes = append(flushes, e.worm.access.Flush, e.worm.deadLetters.Flush)
	var errs []error
	for _, flush := range flushes {
		for _, partition := range partitions {
			errs = append(errs, flush(ctx, partition))
		}
	}
	return errors.Join(errs...)
}
