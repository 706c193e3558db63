package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/coverage"
	"earwitness/cmd/earwitness/letters"
	"earwitness/sinks/worm"
	"earwitness/sources/intake/s3objects"
)

// Redelivery brings dead letters the way that their records should have gone,
// or settles them without. Use it once.
//
// Each is settled behind what it led to: when the bus, or the sink, has that.
// So what interrupts it loses nothing, and what is done again says the same.
type Redelivery struct {
	engine   *Engine
	options  RedeliveryOptions
	reader   *worm.Reader
	decoders *letters.Decoders
	// documents are delivered to Elasticsearch; nil until there are some.
	documents *documents
	// buckets are those that objects were read from.
	buckets map[*config.Source]*s3objects.Objects
	// seen has what became of each failure at each place.
	seen map[pieceKey]bool

	// unsettled ends the work before the first acknowledgement: a seam for
	// faults.
	unsettled bool

	mu            sync.Mutex
	done          Redelivered
	passed, total int64
}

// RedeliveryOptions of one.
type RedeliveryOptions struct {
	Filter letters.Filter
	// DryRun reads all again, and publishes, delivers and settles nothing.
	DryRun bool
	// Dismiss is the reason for which the letters are settled without being
	// read again; empty: they are.
	Dismiss string
	// Opening, when set, is told what comes next.
	Opening func(step string)
}

// errUnsettled stands for a process that is no more.
var errUnsettled = errors.New("ended before the acknowledgement")

// NothingRunError says that there are no topics to publish to.
type NothingRunError struct{ Place string }

func (e *NothingRunError) Error() string {
	return fmt.Sprintf("replay dead letters of %s: no run has written it yet; begin with \"earwitness run\", or name another folder with --data", e.Place)
}

// OpenRedelivery opens what it needs: the data folder with all that is in it
// but the sources, or the brokers, beside processes that run. reader is that
// of the archive. Errors: *NothingRunError, and those of Open.
func OpenRedelivery(ctx context.Context, c *config.Config, reader *worm.Reader, log *slog.Logger, options RedeliveryOptions) (*Redelivery, error) {
	decoders, err := letters.NewDecoders(c)
	if err != nil {
		return nil, err
	}
	r := &Redelivery{options: options, reader: reader, decoders: decoders, seen: map[pieceKey]bool{}, buckets: map[*config.Source]*s3objects.Objects{}}
	if c.Shared() {
		r.engine, err = reach(ctx, c, log, options)
	} else {
		r.engine, err = openWritten(ctx, c, log, options)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// openWritten opens a data folder that a run has written.
func openWritten(ctx context.Context, c *config.Config, log *slog.Logger, options RedeliveryOptions) (*Engine, error) {
	// Before the folder is locked, which would make it.
	current, err := epochInFolder{string(c.Data)}.read(ctx)
	if err == nil {
		_, _, err = options.decide(c, current)
	}
	if err != nil {
		return nil, err
	}
	return open(ctx, c, log, options.decide, Options{Once: true, Opening: options.Opening})
}

// reach opens the brokers and nothing else.
func reach(ctx context.Context, c *config.Config, log *slog.Logger, options RedeliveryOptions) (*Engine, error) {
	e := &Engine{config: c, log: log, options: Options{Opening: options.Opening}, tracker: newTracker(), clock: coverage.NewClock(), began: time.Now()}
	e.tell("opening the bus")
	err := e.openBus(ctx)
	if err == nil {
		err = e.settleEpoch(ctx, options.decide)
	}
	if err != nil {
		return nil, errors.Join(err, e.Close(ctx))
	}
	return e, nil
}

// decide takes the epoch in force as it is, its sources too: none is read. To
// dismiss letters nothing is judged, and the rules do not matter.
func (o *RedeliveryOptions) decide(c *config.Config, current *epochFile) (*epochFile, bool, error) {
	switch {
	case current == nil:
		return nil, false, &NothingRunError{Place: placeOf(c)}
	case current.Rebuilding:
		return nil, false, &UnfinishedRebuildError{Place: placeOf(c)}
	case current.checkPartitions(c) != nil:
		return nil, false, current.checkPartitions(c)
	case o.Dismiss == "" && current.Rules != rulesOf(c):
		return nil, false, &RulesChangedError{Place: placeOf(c)}
	}
	return current, false, nil
}

// Close ends what is open.
func (r *Redelivery) Close(ctx context.Context) error {
	var err error
	for _, objects := range r.buckets {
		objects.Close()
	}
	if r.documents != nil {
		err = r.documents.sink.Close()
	}
	return errors.Join(err, r.engine.Close(ctx))
}

// Run does it. In a data folder it also brings what comes of it to the sinks;
// with brokers those who follow the topics do.
func (r *Redelivery) Run(ctx context.Context) (Redelivered, error) {
	e := r.engine
	var err error
	switch {
	case e.config.Shared() || r.options.DryRun:
		err = r.work(ctx)
	case r.options.Dismiss != "":
		e.setStage(nil)
		err = e.followWhile(ctx, func(ctx context.Context, c *consumers) error {
			if err := r.work(ctx); err != nil {
				return err
			}
			return e.passBarriers(ctx, c)
		})
	default:
		err = e.serve(ctx, func(ctx context.Context, c *consumers) error {
			// What earlier runs have left is judged first.
			if err := e.passBarrier(ctx, c); err != nil {
				return err
			}
			if err := r.work(ctx); err != nil {
				return err
			}
			return e.passBarrier(ctx, c)
		})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done.Took = time.Since(e.began)
	if e.stage != nil {
		r.done.Correlator = e.stage.DeadLetters()
	}
	return r.done, err
}

// Progress is safe to call while Run goes on; its bytes are messages.
func (r *Redelivery) Progress() Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := Progress{BytesDone: r.passed, BytesTotal: max(r.total, 1)}
	for i := range r.done.Rows {
		p.Records += r.done.Rows[i].Replayed
	}
	return p
}

// work deals with all that are chosen and wait.
func (r *Redelivery) work(ctx context.Context) error {
	ledger, err := letters.Open(ctx, r.reader, lettersTail{r.engine})
	if err != nil {
		return fmt.Errorf("read dead letters: %w", err)
	}
	r.mu.Lock()
	r.total = ledger.Messages()
	r.mu.Unlock()
	g := &gathering{redelivery: r}
	err = ledger.Each(ctx, r.advance, func(l *letters.Letter) error {
		if l.Settled != nil || !r.options.Filter.Passes(l) {
			return nil
		}
		return g.take(ctx, l)
	})
	if err != nil {
		return err
	}
	return g.finish(ctx)
}

func (r *Redelivery) advance(passed int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.passed = passed
}
