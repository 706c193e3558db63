package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/mod/sumdb/note"

	"earwitness/cmd/earwitness/config"
	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/bus/embedded"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
	"earwitness/sinks/index"
	"earwitness/sinks/worm"
)

const (
	// Grace is how long a stop may take to bring what was read to the sinks.
	Grace = 30 * time.Second
	// What is on its way may take so much memory: records that wait for the
	// broker, by topic; messages fetched and kept for the next reader, by
	// partition; and what is gathered for segments, by topic.
	producerBuffer = 16 << 20
	fetchBytes     = 256 << 10
	keepBytes      = 2 << 20
	segmentBuffer  = 32 << 20
	// patience is how long nothing may move before a barrier is given up.
	patience = 5 * time.Minute
)

// Engine is everything in one process on one data folder. Use it once.
type Engine struct {
	config  *config.Config
	log     *slog.Logger
	lock    *flock.Flock
	epoch   *epochFile
	tracker *tracker

	broker      *embedded.Broker
	client      *bus.Client
	evidence    *bus.Producer
	access      *bus.Producer
	deadLetters *bus.Producer
	publisher   *publisher
	sources     []*source

	stage *correlate.Stage
	index *index.Index
	worm  archives
	// keyMade says that the signing key was made in this run.
	keyMade bool
	began   time.Time
}

// archives are the logs of the WORM store.
type archives struct {
	store       worm.Store
	key         *worm.Key
	known       note.Verifiers
	evidence    *worm.Archive[*evidence.Evidence]
	access      *worm.Archive[*access.Record]
	deadLetters *worm.Archive[*evidence.DeadLetter]
}

// Open locks the data folder and opens everything in it, and the sources to
// be read once or watched. Errors: *InUseError, *RulesChangedError,
// *UnfinishedRebuildError, and what the parts say.
func Open(ctx context.Context, c *config.Config, log *slog.Logger, once bool) (*Engine, error) {
	e, err := open(ctx, c, log, decideEpoch, once)
	if err != nil {
		return nil, err
	}
	if err := e.openSources(once); err != nil {
		return nil, errors.Join(err, e.Close(ctx))
	}
	return e, nil
}

func open(ctx context.Context, c *config.Config, log *slog.Logger, decide func(*config.Config) (*epochFile, error), bulk bool) (*Engine, error) {
	e := &Engine{config: c, log: log, tracker: newTracker(), began: time.Now()}
	var err error
	if e.lock, err = lockFolder(string(c.Data)); err != nil {
		return nil, err
	}
	if e.epoch, err = decide(c); err != nil {
		return nil, errors.Join(err, e.lock.Close())
	}
	for _, step := range []func(context.Context) error{e.openBus, e.openArchives, e.openIndex, e.checkPositions, e.refillIndex} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, e.Close(ctx))
		}
	}
	e.stage = e.newStage(bulk, &archive{client: e.client, store: e.worm.store, known: e.worm.known, lineage: e.epoch.lineage()})
	return e, nil
}

// newStage makes the correlator; what its state is computed from where it is
// missing comes from archive.
func (e *Engine) newStage(bulk bool, archive correlate.Archive) *correlate.Stage {
	return correlate.NewStage(correlate.StageConfig{
		Rules: e.config.Rules(), Dir: e.config.StateDir, Access: e.access, DeadLetters: e.deadLetters, Logger: e.log,
		Bulk: bulk, HoldFor: holdFor(bulk), Archive: archive,
	})
}

// holdFor is how long records may be held back: in bulk nobody waits for them
// but the end.
func holdFor(bulk bool) time.Duration {
	if bulk {
		return time.Minute
	}
	return 0 // the default
}

func (e *Engine) openBus(ctx context.Context) error {
	var err error
	if e.broker, err = embedded.Open(ctx, embedded.Config{Dir: e.config.BusDir(), Logger: e.log}); err != nil {
		return err
	}
	e.client = bus.NewClient(e.broker.ClientConfig())
	n := e.config.Bus.Partitions
	if err := e.client.EnsureTopics(ctx, n); err != nil {
		return err
	}
	buffer := bus.ProducerConfig{BufferBytes: producerBuffer}
	e.evidence = bus.NewProducer(e.client, bus.TopicEvidence, n, buffer)
	e.access = bus.NewProducer(e.client, bus.TopicAccess, n, buffer)
	e.deadLetters = bus.NewProducer(e.client, bus.TopicDeadLetter, n, buffer)
	e.publisher = &publisher{evidence: e.evidence, deadLetters: e.deadLetters, partitions: n}
	return nil
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

// Close ends what is open, in the order in which it hangs together. It saves
// nothing that Once and Watch have not.
func (e *Engine) Close(ctx context.Context) error {
	var errs []error
	for _, p := range []*bus.Producer{e.evidence, e.access, e.deadLetters} {
		if p != nil {
			errs = append(errs, p.Close(ctx))
		}
	}
	if e.stage != nil {
		errs = append(errs, e.stage.Close())
	}
	if e.index != nil {
		errs = append(errs, e.index.Close())
	}
	if e.client != nil {
		e.client.Close()
	}
	if e.broker != nil {
		errs = append(errs, e.broker.Close())
	}
	errs = append(errs, e.lock.Close())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close data folder %s: %w", e.config.Data, err)
	}
	return nil
}

// start sends the epoch record, again where it was sent before.
func (e *Engine) start(ctx context.Context) error {
	if err := control(ctx, e.evidence, e.config.Bus.Partitions, e.epoch.control()); err != nil {
		return fmt.Errorf("open epoch %d: %w", e.epoch.Number, err)
	}
	return nil
}
