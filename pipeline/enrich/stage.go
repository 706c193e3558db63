package enrich

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
)

// Topic takes the records of one topic. Nil means that all in-sync replicas
// have them.
type Topic interface {
	// ProduceSync writes records of one partition in their order. It retries
	// by itself. Safe concurrently; it keeps nothing of records. On cancel
	// they may be written or not.
	ProduceSync(ctx context.Context, partition int, records []bus.Record) (first int64, err error)
}

// Memory is the topic of what was answered, which has one partition.
type Memory interface {
	Topic
	// ReadAll gives all that is in it, the oldest first. It retries until ctx
	// ends.
	ReadAll(ctx context.Context) ([]bus.Message, error)
}

// Positions keeps how far each partition was read. Safe for concurrent use.
type Positions interface {
	// Load gives -1 where nothing was ever stored.
	Load(ctx context.Context, partition int) (int64, error)
	// Store returns when it is durable. Before offset nothing waits.
	Store(ctx context.Context, partition int, offset int64) error
}

// Config of a Stage.
type Config struct {
	Sources Sources
	// Evidence takes the answers, Memory keeps them.
	Evidence  Topic
	Memory    Memory
	Positions Positions
	// Lineage of the topics: what subjects were told in another life of them
	// does not count.
	Lineage [16]byte
	// Own says that a piece of evidence is a read of our own, which asks for
	// nothing; nil: none is.
	Own func(*evidence.Evidence) bool
	// TTL is how long an answer is not asked for again [24 h], NegativeTTL
	// how long that there is none is [1 h].
	TTL, NegativeTTL time.Duration
	// Retell is after how long a subject that is met again is told once more
	// of what it was told before: the fold forgets what is beyond its horizon
	// [8 days].
	Retell time.Duration
	// CacheBytes bound the answers in memory [64 MiB].
	CacheBytes int64
	// Tellings are how many are remembered at least [500,000, 64 bytes each].
	Tellings int
	// Waiting is how many calls may wait; then the stage reads no further
	// [50,000].
	Waiting int
	// Calls are how many are under way at a time [4].
	Calls int
	// GiveUp is after how long what fails is not tried again, but asked for
	// by the next evidence about it [24 h].
	GiveUp time.Duration
	// CommitEvery is how often positions are stored [5 s].
	CommitEvery time.Duration
	Logger      *slog.Logger
	// Now is the clock [time.Now].
	Now func() time.Time
}

func (c *Config) setDefaults() {
	duration := func(d *time.Duration, fallback time.Duration) {
		if *d <= 0 {
			*d = fallback
		}
	}
	number := func(n *int, fallback int) {
		if *n <= 0 {
			*n = fallback
		}
	}
	duration(&c.TTL, 24*time.Hour)
	duration(&c.NegativeTTL, time.Hour)
	duration(&c.Retell, 8*24*time.Hour)
	duration(&c.GiveUp, 24*time.Hour)
	duration(&c.CommitEvery, 5*time.Second)
	number(&c.Tellings, 500_000)
	number(&c.Waiting, 50_000)
	number(&c.Calls, 4)
	if c.CacheBytes <= 0 {
		c.CacheBytes = 64 << 20
	}
	if c.Own == nil {
		c.Own = func(*evidence.Evidence) bool { return false }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
}

// Stage is the enricher as a sink of the evidence topic. It is safe for
// concurrent use.
type Stage struct {
	cfg   Config
	log   *slog.Logger
	cache *cache

	mu         sync.Mutex
	partitions map[int]*partition
	told       *ledger
	flights    map[string]*flight
	queue      queue
	turns      uint64
	// scanAfter is when the inventory may be read again.
	scanAfter time.Time
	// changed is closed when something did.
	changed chan struct{}
	// warmed is when the memory was read last.
	warmed     time.Time
	counts     Counts
	trouble    error
	since      time.Time
	saidDenied time.Time
}

var _ bus.Sink[*evidence.Evidence] = (*Stage)(nil)

// Name of the stage.
const Name = "enrich"

// New opens nothing yet: Position does.
func New(cfg Config) (*Stage, error) {
	cfg.setDefaults()
	if cfg.Evidence == nil || cfg.Memory == nil || cfg.Positions == nil {
		return nil, errors.New("make enricher: it needs the evidence topic, a memory and positions")
	}
	answers, err := newCache(cfg.CacheBytes, cfg.Now)
	if err != nil {
		return nil, err
	}
	return &Stage{
		cfg: cfg, log: cfg.Logger, cache: answers, partitions: make(map[int]*partition), told: newLedger(cfg.Tellings),
		flights: make(map[string]*flight), changed: make(chan struct{}),
	}, nil
}

// Close gives back what the cache holds. Run must have ended.
func (s *Stage) Close() { s.cache.close() }

// Name implements bus.Sink.
func (s *Stage) Name() string { return Name }

// Position implements bus.Sink. What waited is forgotten: it is asked for
// again by what comes.
func (s *Stage) Position(ctx context.Context, number int) (int64, error) {
	s.mu.Lock()
	p := s.partitions[number]
	at := int64(-1)
	if p != nil {
		at = p.position()
		p.gone = true
	}
	s.mu.Unlock()
	if p == nil {
		if err := s.warm(ctx); err != nil {
			return 0, err
		}
		var err error
		if at, err = s.cfg.Positions.Load(ctx, number); err != nil {
			return 0, fmt.Errorf("find position in partition %d: %w", number, err)
		}
	}
	fresh := newPartition(number, at)
	if p != nil {
		fresh.stored = p.stored
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.partitions[number] = fresh
	s.wake()
	return at, nil
}

// Leave lets go of a partition that another process follows now.
func (s *Stage) Leave(number int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.partitions[number]; p != nil {
		p.gone = true
		delete(s.partitions, number)
		s.wake()
	}
}

// Flush implements bus.Sink: it stores the position, which waits for nothing.
func (s *Stage) Flush(ctx context.Context, number int) error {
	s.mu.Lock()
	p := s.partitions[number]
	if p == nil {
		s.mu.Unlock()
		return nil
	}
	at := p.position()
	due := at != p.stored && !(at == 0 && p.stored < 0)
	s.mu.Unlock()
	if !due {
		return nil
	}
	if err := s.cfg.Positions.Store(ctx, number, at); err != nil {
		return fmt.Errorf("store position of partition %d: %w", number, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p.stored = at
	return nil
}

// Durable is the offset where a restart would begin; -1 for none stored.
func (s *Stage) Durable(ctx context.Context, number int) (int64, error) {
	if at := s.Stored(number); at >= 0 {
		return at, nil
	}
	at, err := s.cfg.Positions.Load(ctx, number)
	if err != nil {
		return 0, fmt.Errorf("find position in partition %d: %w", number, err)
	}
	return at, nil
}

// Stored is the position that this process stored or found last; -1 for none.
// It asks nobody.
func (s *Stage) Stored(number int) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.partitions[number]; p != nil {
		return p.stored
	}
	return -1
}

// Settle returns when nothing waits for an answer. When ctx ends it says how
// much still does: the next run asks for it.
func (s *Stage) Settle(ctx context.Context) (waiting int) {
	for {
		s.mu.Lock()
		waiting = s.waits()
		changed := s.changed
		s.mu.Unlock()
		if waiting == 0 {
			return 0
		}
		select {
		case <-ctx.Done():
			return waiting
		case <-changed:
		}
	}
}

func (s *Stage) waits() (n int) {
	for _, p := range s.partitions {
		n += p.waits()
	}
	return n
}

// wake tells who waits that something changed; mu is held.
func (s *Stage) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}
