package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/mod/sumdb/note"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/coverage"
	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/bus/embedded"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/enrich"
	"earwitness/pipeline/evidence"
	"earwitness/sinks/elastic"
	"earwitness/sinks/index"
	"earwitness/sinks/worm"
	"earwitness/sources/genesys/cloud"
)

const (
	// Grace is how long a stop may take to bring what was read to the sinks.
	Grace = 30 * time.Second
	// What is on its way may take so much memory: records that wait for the
	// broker, by topic; messages fetched and kept for the next reader, by
	// partition; and what is gathered for segments, by topic.
	producerBuffer = 16 << 20
	fetchBytes     = 256 << 10
	keepBytes      = 1 << 20
	segmentBuffer  = 16 << 20
	// patience is how long nothing may move before a barrier is given up.
	patience = 5 * time.Minute
)

// Engine is everything in one process on one data folder. Use it once.
type Engine struct {
	config  *config.Config
	log     *slog.Logger
	options Options
	lock    *flock.Flock
	epochs  epochs
	epoch   *epochFile
	tracker *tracker
	// view has epoch and stage for whoever looks on.
	view view
	// following says that the partitions to follow are known.
	following atomic.Bool
	// partitions that are followed by hand; nil where the group shares them
	// out.
	partitions []int

	// broker is the embedded one; nil where brokers are named.
	broker *embedded.Broker
	client *bus.Client
	// ledger is written by epochs alone, where there are brokers.
	ledger      *bus.Producer
	evidence    *bus.Producer
	access      *bus.Producer
	deadLetters *bus.Producer
	metadata    *bus.Producer // nil where nothing is looked up
	publisher   *publisher
	sources     []*source
	// clock is what coverage goes by, and covered what is stated of it.
	clock   *coverage.Clock
	covered covered
	// letters are the dead letters that wait.
	letters waitingLetters

	stage *correlate.Stage
	// records are the sinks of records: index, elastic, or both; each of
	// them is nil where it is not wanted.
	records []recordSink
	index   *index.Index
	elastic *elastic.Sink
	// enricher is nil where nothing is looked up, and sidecars where no files
	// are.
	enricher *enrich.Stage
	sidecars *sidecars
	// organisations are the clients of Genesys sources.
	organisations map[config.Name]*cloud.Client
	// kept are the positions that sinks and correlator keep at the brokers.
	kept []*groupPositions
	worm archives
	// keyMade says that the signing key was made in this run.
	keyMade bool
	began   time.Time
}

// archives are the logs of the WORM store.
type archives struct {
	store worm.Store
	// close lets go of the store's connections; nil where there are none.
	close       func()
	key         *worm.Key
	known       note.Verifiers
	evidence    *worm.Archive[*evidence.Evidence]
	access      *worm.Archive[*access.Record]
	deadLetters *worm.Archive[*evidence.DeadLetter]
}

// Options of a run that are not settings: they change nothing that is kept.
type Options struct {
	// Once reads what the sources hold now, and not what comes later.
	Once bool
	// Partitions to follow. None: all, or those that the group assigns where
	// several processes share them.
	Partitions []int
	// Backfill, when set, is all that is read, once; with brokers no partition
	// is followed.
	Backfill *Backfill
	// Share is the part of the sources' objects that is read; zero is all.
	Share Share
	// FollowOnly leaves the reading of the sources to other processes.
	FollowOnly bool
	// AcceptGaps goes on behind messages that neither a topic nor the archive
	// has any more, and archives that they are lost.
	AcceptGaps bool
	// Opening, when set, is told what Open is about to do.
	Opening func(step string)
	// rebuild says that records are judged anew.
	rebuild bool
	// decoder, when set, stands between a source and its decoder: a seam for
	// faults.
	decoder func(evidence.Decoder) evidence.Decoder
}

// Open locks the data folder and opens everything in it, and the sources to
// be read. Errors: *InUseError, *RulesChangedError, *UnfinishedRebuildError,
// *bus.TopicsError, and what the parts say.
func Open(ctx context.Context, c *config.Config, log *slog.Logger, options Options) (*Engine, error) {
	e, err := open(ctx, c, log, decideEpoch, options)
	if err != nil {
		return nil, err
	}
	if options.FollowOnly {
		return e, nil
	}
	e.tell("opening the sources")
	if err := e.openSources(ctx, options.Once); err != nil {
		return nil, errors.Join(err, e.Close(ctx))
	}
	return e, nil
}

func open(ctx context.Context, c *config.Config, log *slog.Logger, decide decision, options Options) (*Engine, error) {
	e := &Engine{config: c, log: log, options: options, tracker: newTracker(), clock: coverage.NewClock(), began: time.Now()}
	if err := e.choosePartitions(); err != nil {
		return nil, err
	}
	var err error
	if e.lock, err = lockFolder(string(c.Data)); err != nil {
		return nil, err
	}
	settle := func(ctx context.Context) error { return e.settleEpoch(ctx, decide) }
	steps := []opening{
		{"opening the bus", e.openBus},
		{"settling the epoch", settle},
		{"opening the archive", e.openArchives},
		{"opening the sinks of records", e.openSinks},
	}
	if !c.Shared() {
		// What is in the folder is refused before a broker opens it.
		e.epochs = epochInFolder{string(c.Data)}
		steps[0], steps[1] = steps[1], steps[0]
	}
	if e.looksUp() {
		steps = append(steps, opening{"opening the enricher", e.openEnricher})
	}
	if e.partitions != nil {
		steps = append(steps, opening{
			"holding the sinks against the topics, and filling them from the archive where they lack something",
			func(ctx context.Context) error { return e.take(ctx, e.partitions) },
		})
	}
	for _, step := range steps {
		e.tell(step.name)
		if err := step.run(ctx); err != nil {
			return nil, errors.Join(err, e.Close(ctx))
		}
	}
	e.setStage(e.newStage(&archive{client: e.client, store: e.worm.store, known: e.worm.known, lineage: e.epoch.lineage(), acceptGaps: options.AcceptGaps}))
	return e, nil
}

// opening is a step of it.
type opening struct {
	name string
	run  func(context.Context) error
}

// tell says what comes next to whoever wants to know.
func (e *Engine) tell(step string) {
	if e.options.Opening != nil {
		e.options.Opening(step)
	}
}

// choosePartitions settles who assigns them: the group, where processes share
// them and none are named.
func (e *Engine) choosePartitions() error {
	n := e.config.Bus.Partitions
	for _, partition := range e.options.Partitions {
		if partition < 0 || partition >= n {
			return fmt.Errorf("follow partition %d: there are %d, numbered from 0; name others, or set bus.partitions to what the topics have", partition, n)
		}
	}
	switch {
	case len(e.options.Partitions) > 0 && !e.config.Shared():
		return errors.New("follow some partitions: without bus.brokers this process has the bus to itself, and must follow all; leave the partitions out")
	case len(e.options.Partitions) > 0:
		e.partitions = e.options.Partitions
	case !e.config.Shared() || e.options.Once && e.options.Backfill == nil:
		e.partitions = allPartitions(e.config)
	}
	return nil
}

// newStage makes the correlator; what its state is computed from where it is
// missing comes from archive.
func (e *Engine) newStage(archive correlate.Archive) *correlate.Stage {
	bulk := e.options.Once
	stage := correlate.StageConfig{
		Rules: e.config.Rules(), Dir: e.config.StateDir, Access: e.access, DeadLetters: e.deadLetters, Logger: e.log,
		Bulk: bulk, HoldFor: holdFor(bulk), Archive: archive,
	}
	if e.config.Shared() {
		stage.Positions = e.keepPositions(correlate.StageName, bus.TopicEvidence)
	}
	return correlate.NewStage(stage)
}

// holdFor is how long records may be held back: in bulk nobody waits for them
// but the end.
func holdFor(bulk bool) time.Duration {
	if bulk {
		return time.Minute
	}
	return 0 // the default
}

// Close ends what is open, in the order in which it hangs together. It saves
// nothing that Once and Watch have not.
func (e *Engine) Close(ctx context.Context) error {
	var errs []error
	if e.elastic != nil {
		errs = append(errs, e.elastic.Close())
	}
	for _, p := range []*bus.Producer{e.evidence, e.access, e.deadLetters, e.metadata, e.ledger} {
		if p != nil {
			errs = append(errs, p.Close(ctx))
		}
	}
	if e.stage != nil {
		errs = append(errs, e.stage.Close())
	}
	e.closeEnricher()
	if e.index != nil {
		errs = append(errs, e.index.Close())
	}
	if e.worm.close != nil {
		e.worm.close()
	}
	if e.client != nil {
		e.client.Close()
	}
	if e.broker != nil {
		errs = append(errs, e.broker.Close())
	}
	if e.lock != nil {
		errs = append(errs, e.lock.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close data folder %s: %w", e.config.Data, err)
	}
	return nil
}

// start sends the epoch record, again where it was sent before.
func (e *Engine) start(ctx context.Context) error {
	if err := control(ctx, e.evidence, allPartitions(e.config), e.epoch.control()); err != nil {
		return fmt.Errorf("open epoch %d: %w", e.epoch.Number, err)
	}
	return nil
}

func allPartitions(c *config.Config) []int {
	all := make([]int, c.Bus.Partitions)
	for partition := range all {
		all[partition] = partition
	}
	return all
}
