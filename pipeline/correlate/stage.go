package correlate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
)

// Topic takes the records of one topic. Nil means that all in-sync replicas
// have them.
type Topic interface {
	// ProduceSync writes records of one partition in their order and gives
	// the offset of the first. It retries by itself. Safe concurrently; it
	// keeps nothing of records. On cancel they may be written or not.
	ProduceSync(ctx context.Context, partition int, records []bus.Record) (first int64, err error)
}

// Archive gives back what the evidence topic no longer holds.
type Archive interface {
	// Replay calls fn with the archived messages of a partition from an
	// offset on, in order, until fn fails or the topic itself goes on; never,
	// where the topic holds that offset. What the topic still holds must stay
	// out. A chunk without messages goes on at its Next: what lies before was
	// lost, and somebody has accepted that.
	Replay(ctx context.Context, partition int, from int64, fn func(*bus.Chunk[*evidence.Evidence]) error) error
}

// Positions keeps up to where the records of each partition are published, so
// that another process goes on from there. Safe for concurrent use.
type Positions interface {
	// Load gives -1 where nothing was ever stored.
	Load(ctx context.Context, partition int) (int64, error)
	// Store is called with offsets before which all records have their acks.
	Store(ctx context.Context, partition int, offset int64) error
}

// StageConfig of the correlator.
type StageConfig struct {
	Rules Rules
	// Dir gives the folder of a partition's state.
	Dir func(partition int) string
	// Access and DeadLetters are where records and what could not be applied
	// go.
	Access, DeadLetters Topic
	// Archive, when set, is replayed where there is no state, or where the
	// topic has lost what comes behind it.
	Archive Archive
	// Positions, when set, say up to where evidence is applied without
	// publishing what it touches: somebody has. Without them that is so of
	// what the topic no longer holds, and of nothing else: whoever deletes
	// must have waited for the records.
	Positions Positions
	// HoldFor is how long records are held back while evidence waits to be
	// applied, so that what changes again meanwhile is published once
	// [500 ms]. What is caught up is published at once, unless Bulk is set:
	// then a barrier is waited for.
	HoldFor time.Duration
	Bulk    bool
	// SnapshotEvery and SnapshotRecords are when a snapshot is due [30 s,
	// 1 million messages].
	SnapshotEvery   time.Duration
	SnapshotRecords int64
	Logger          *slog.Logger
	// Now is the clock for snapshots [time.Now].
	Now func() time.Time
	// Step, when set, is called before each step of a commit with its name,
	// and its error ends the step: a seam for faults.
	Step func(partition int, step string) error
}

// The steps of a commit, in their order.
const (
	StepApply    = "apply"
	StepProduce  = "produce"
	StepBarrier  = "barrier"
	StepSnapshot = "snapshot"
	StepPosition = "position"
)

// Stage is the correlator as a sink of the evidence topic: it applies what it
// is given to the fold of the partition, publishes what that touches, and
// makes state durable now and then. Its position is that of the state in
// memory, or of the last snapshot after a failure: what lies between is
// applied again, and repeats records of the same id and revision.
type Stage struct {
	cfg StageConfig
	log *slog.Logger
	// letters counts dead letters.
	letters atomic.Int64
	// published counts records, with their repetitions.
	published atomic.Int64

	mu         sync.Mutex
	partitions map[int]*stagePartition
}

var _ bus.Sink[*evidence.Evidence] = (*Stage)(nil)

// stagePartition is one fold with what goes on around it.
type stagePartition struct {
	number int

	mu   sync.Mutex
	fold *Fold // nil before the first Position and after a failure
	// failed is why there is no fold.
	failed error
	// skipped evidence has made the fold panic.
	skipped []int64
	// quiet is the offset before which all records are published.
	quiet int64
	// published is when records were last, whole when nothing was held back,
	// saved when state was, and at which offset.
	published, whole, saved time.Time
	savedAt                 atomic.Int64
	seen                    seen
}

// NewStage opens nothing yet: Position does.
func NewStage(cfg StageConfig) *Stage {
	if cfg.HoldFor == 0 {
		cfg.HoldFor = 500 * time.Millisecond
	}
	if cfg.SnapshotEvery == 0 {
		cfg.SnapshotEvery = 30 * time.Second
	}
	if cfg.SnapshotRecords == 0 {
		cfg.SnapshotRecords = 1_000_000
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Step == nil {
		cfg.Step = func(int, string) error { return nil }
	}
	return &Stage{cfg: cfg, log: cfg.Logger, partitions: make(map[int]*stagePartition)}
}

// Name implements bus.Sink.
func (s *Stage) Name() string { return "correlate" }

func (s *Stage) partition(number int) *stagePartition {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.partitions[number]
	if p == nil {
		p = &stagePartition{number: number}
		s.partitions[number] = p
	}
	return p
}

// Position implements bus.Sink. It opens the fold, and applies what only the
// archive still holds.
func (s *Stage) Position(ctx context.Context, number int) (int64, error) {
	p := s.partition(number)
	p.mu.Lock()
	defer p.mu.Unlock()
	untouched := p.fold == nil && p.failed == nil
	if p.fold == nil {
		if err := s.open(p); err != nil {
			return 0, fmt.Errorf("open state of partition %d: %w", number, err)
		}
	}
	if err := s.catchUp(ctx, p); err != nil {
		err = fmt.Errorf("compute state of partition %d: %w", number, err)
		if untouched && ctx.Err() != nil {
			// Whoever was told to stop has nothing to flush.
			return 0, errors.Join(err, p.close())
		}
		return 0, p.drop(err)
	}
	return p.fold.Next(), nil
}

func (s *Stage) open(p *stagePartition) error {
	fold, err := Open(Config{Rules: s.cfg.Rules, Partition: p.number, Dir: s.cfg.Dir(p.number), Logger: s.log})
	if err != nil {
		return err
	}
	for _, offset := range p.skipped {
		fold.Skip(offset)
	}
	p.fold, p.failed, p.saved = fold, nil, s.cfg.Now()
	p.published = p.saved
	p.savedAt.Store(fold.Next())
	p.look()
	return nil
}

// Release lets go of a partition that another process follows now. What was
// not saved it applies again.
func (s *Stage) Release(number int) error {
	s.mu.Lock()
	p := s.partitions[number]
	delete(s.partitions, number)
	s.mu.Unlock()
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.close()
}

// Saved is the offset where a restart of a partition begins: the records of
// all before it are published. It waits for nothing.
func (s *Stage) Saved(number int) int64 { return s.partition(number).savedAt.Load() }

// DeadLetters that the stage has made.
func (s *Stage) DeadLetters() int64 { return s.letters.Load() }

// Close gives back what the folds hold open; it saves nothing: Flush does.
func (s *Stage) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, p := range s.partitions {
		p.mu.Lock()
		errs = append(errs, p.close())
		p.mu.Unlock()
	}
	return errors.Join(errs...)
}

func (p *stagePartition) close() error {
	fold := p.fold
	p.fold = nil
	if fold == nil {
		return nil
	}
	return fold.Close()
}

// drop forgets what is in memory after a failure, which it gives back: what
// was not saved is applied again from the last snapshot.
func (p *stagePartition) drop(failure error) error {
	p.failed = errors.Join(failure, p.close())
	return p.failed
}
