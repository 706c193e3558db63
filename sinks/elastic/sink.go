package elastic

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
)

// Sink writes records to Elasticsearch. It is a bus.Sink[*access.Record].
type Sink struct {
	cfg     Config
	log     *slog.Logger
	client  *client
	names   names
	indices *indices
	waits   *waits
	room    *semaphore.Weighted
	queue   *queue

	mu         sync.Mutex
	partitions map[int]*partition

	encoders sync.Pool
	counts   counts

	ended    chan struct{}
	shutdown func() error
}

var _ bus.Sink[*access.Record] = (*Sink)(nil)

// counts of what became of documents.
type counts struct {
	stored, superseded, buried, bytes, requests atomic.Uint64
}

// Stats count since the sink was opened.
type Stats struct {
	// Stored documents, and those whose revision was not newer than what was
	// there.
	Stored, Superseded uint64
	// DeadLetters that were handed over.
	DeadLetters uint64
	// Requests that were answered, and Bytes sent in them, retries included.
	Requests, Bytes uint64
	// Retries of requests and of items in them.
	Retries uint64
	// Waiting is why requests wait at the moment, and WaitingSince for how
	// long some have.
	Waiting      error
	WaitingSince time.Time
	// Partitions that were written to, by their number.
	Partitions map[int]PartitionStats
}

// PartitionStats are those of one partition.
type PartitionStats struct {
	// Done is the offset before which the result of everything is known; -1
	// where nothing was written yet.
	Done int64
	// DeadLetters that were made of its records.
	DeadLetters uint64
}

// Open starts a sink. It asks nothing of Elasticsearch yet: Prepare does, or
// the first write.
func Open(ctx context.Context, cfg Config) (*Sink, error) {
	cfg.setDefaults()
	err := cfg.check()
	if cfg.Positions == nil || cfg.DeadLetters == nil {
		err = errors.Join(err, errors.New("the sink needs a keeper of positions and one of dead letters"))
	}
	if err != nil {
		return nil, fmt.Errorf("open Elasticsearch sink: %w", err)
	}
	c, err := newClient(&cfg)
	if err != nil {
		return nil, fmt.Errorf("open Elasticsearch sink: %w", err)
	}
	s := &Sink{
		cfg: cfg, log: cfg.Logger, client: c, names: names{cfg.Prefix, cfg.version},
		room: semaphore.NewWeighted(cfg.InFlightBytes), queue: newQueue(cfg.BulkBytes),
		partitions: map[int]*partition{}, ended: make(chan struct{}),
		waits: &waits{log: cfg.Logger, now: cfg.Now, causes: map[*backoff]error{}},
	}
	s.indices = newIndices(c, s.names, cfg.OnlyCheckTemplates)
	s.encoders.New = func() any { return newEncoder(s.names) }
	// What is under way outlives ctx, so that a flush at the end can wait for
	// it: Close ends the sink.
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	for range cfg.Requests {
		wg.Go(func() { s.send(running) })
	}
	wg.Go(func() { s.sealOld(running) })
	wg.Go(func() { s.storePositions(running) })
	s.shutdown = sync.OnceValue(func() error {
		close(s.ended)
		cancel()
		s.queue.close()
		wg.Wait()
		return c.close(context.WithoutCancel(ctx))
	})
	return s, nil
}

// Close ends the sink: what was not flushed is delivered again from Position.
func (s *Sink) Close() error { return s.shutdown() }

// Name of the sink.
func (s *Sink) Name() string { return Stage }

// Prepare sees to the templates and to the indices that are there. It waits
// while Elasticsearch can't be reached, and fails for what waiting does not
// mend: a password that is refused, templates that are missing. Without it,
// the first write does the same.
func (s *Sink) Prepare(ctx context.Context) error {
	var b backoff
	defer s.waits.drop(&b)
	for {
		err := s.indices.prepare(ctx)
		if err == nil {
			s.waits.end(ctx, &b)
			return nil
		}
		if !temporary(err) {
			return fmt.Errorf("prepare Elasticsearch: %w", err)
		}
		if err := s.wait(ctx, &b, err); err != nil {
			return err
		}
	}
}

// wait pauses because of cause.
func (s *Sink) wait(ctx context.Context, b *backoff, cause error) error {
	d := b.next()
	s.waits.begin(ctx, b, cause, d)
	return s.cfg.Pause(ctx, d)
}

// Stats tells what was done.
func (s *Sink) Stats() Stats {
	retries, since, cause := s.waits.state()
	return Stats{
		Stored: s.counts.stored.Load(), Superseded: s.counts.superseded.Load(), DeadLetters: s.counts.buried.Load(),
		Requests: s.counts.requests.Load(), Bytes: s.counts.bytes.Load(), Retries: retries, Waiting: cause, WaitingSince: since,
		Partitions: s.partitionStats(),
	}
}

func (s *Sink) partitionStats() map[int]PartitionStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[int]PartitionStats, len(s.partitions))
	for n, p := range s.partitions {
		all[n] = PartitionStats{Done: p.settled(), DeadLetters: p.buried.Load()}
	}
	return all
}

// open fails when the sink was closed or ctx has ended.
func (s *Sink) open(ctx context.Context) error {
	select {
	case <-s.ended:
		return ErrClosed
	default:
		return ctx.Err()
	}
}
