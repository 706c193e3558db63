package auditquery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"earwitness/pipeline/evidence"
	"earwitness/sources/genesys/cloud"
)

// Client is what is asked for audits; *cloud.Client is one. It is called
// concurrently and retries by itself: an error is one that did not pass, or
// ctx's.
type Client interface {
	// Audits hands the parts of a query's results to take, in order.
	Audits(ctx context.Context, q cloud.Query, take func(cloud.Part) error) error
	ServiceMapping(ctx context.Context) ([]cloud.Service, error)
	Organization(ctx context.Context) (id, name string, err error)
	// Now is the time by the API's clock, once it has answered anything.
	Now() time.Time
}

// Publisher takes batches on.
//
// Publish returns nil when it has accepted the batch, and blocks until it
// can. It then calls done exactly once, from any goroutine and in any order
// among batches: with nil when all of the batch is durable, else with why it
// never will be; retrying is the publisher's own affair. When Publish returns
// an error done is not called. It may keep the batch, and is called
// concurrently. When ctx ends, a batch that was accepted is still answered
// for, soon, with its outcome or an error.
type Publisher interface {
	Publish(ctx context.Context, batch evidence.Batch, done func(error)) error
}

// Config of a Source.
type Config struct {
	// Name of the source; its positions are kept under that name.
	Name string
	// StateDir is the folder of the positions; made where it is missing.
	StateDir string
	// Once makes one pass and ends; else Run goes on until ctx ends.
	Once      bool
	Client    Client
	Decoder   evidence.Decoder
	Publisher Publisher
	// Services of the platform's API, and Entities (types) of the quality
	// API. An API without any is not asked.
	Services, Entities []string
	// Backfill is how far back the first pass goes [7 d].
	Backfill time.Duration
	// Interval is the longest that one query asks for [1 d].
	Interval time.Duration
	// Overlap is how long before its position each pass begins [1 h]. Recheck
	// is how long before it twice a day one does; 0 never.
	Overlap, Recheck time.Duration
	// Every is the pause between two passes [5 min].
	Every time.Duration
	// Delivered, when set, is told after passes up to when all streams have
	// been asked for. What is late within the overlap may still come.
	Delivered func(until time.Time)
	// Passing tells which failures of the publisher or of the positions may
	// pass: when watching they are waited for. Nil: none, and the first ends
	// Run.
	Passing func(error) bool
	// Logger; nil logs nothing.
	Logger *slog.Logger
}

func (c *Config) setDefaults() {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	for _, d := range []struct {
		to       *time.Duration
		fallback time.Duration
	}{
		{&c.Backfill, 7 * 24 * time.Hour}, {&c.Interval, 24 * time.Hour}, {&c.Overlap, time.Hour}, {&c.Every, 5 * time.Minute},
	} {
		if *d.to <= 0 {
			*d.to = d.fallback
		}
	}
	if c.Passing == nil {
		c.Passing = func(error) bool { return false }
	}
	if c.Delivered == nil {
		c.Delivered = func(time.Time) {}
	}
}

// Source queries audits. Run may be called once.
type Source struct {
	config  Config
	streams []*stream
	ledger  *ledger
	counts  counts
}

// New gives a Source, and asks nothing yet. It fails when the positions can't
// be read.
func New(config Config) (*Source, error) {
	if config.Name == "" || filepath.Base(config.Name) != config.Name {
		return nil, fmt.Errorf("open audit queries: source name %q can't name a file; use letters, digits and -", config.Name)
	}
	if config.Client == nil || config.Decoder == nil || config.Publisher == nil {
		return nil, errors.New("open audit queries: it needs a client, a decoder and a publisher")
	}
	config.setDefaults()
	s := &Source{config: config}
	for _, service := range config.Services {
		s.streams = append(s.streams, &stream{source: s, name: string(cloud.Platform) + "/" + service, query: cloud.Query{API: cloud.Platform, Service: service}})
	}
	for _, entity := range config.Entities {
		s.streams = append(s.streams, &stream{source: s, name: string(cloud.Quality) + "/" + entity, query: cloud.Query{API: cloud.Quality, EntityType: entity}})
	}
	if len(s.streams) == 0 {
		return nil, fmt.Errorf("open audit queries of source %s: there is nothing to ask for; name services or entities", config.Name)
	}
	var err error
	keep := max(config.Overlap, config.Recheck) + config.Overlap
	if s.ledger, err = openLedger(filepath.Join(config.StateDir, config.Name+".audits"), s.names(), keep); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Source) names() []string {
	names := make([]string, len(s.streams))
	for i, stream := range s.streams {
		names[i] = stream.name
	}
	return names
}

// Run queries. With Once it returns nil when all that could be found at its
// start is acknowledged, and ctx's error when that ended first; else nil when
// ctx ends. Wrong credentials at the start are an error in either case.
func (s *Source) Run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, s.ledger.close()) }()
	if err := s.connect(ctx); err != nil {
		if ctx.Err() != nil && !s.config.Once {
			return nil
		}
		return err
	}
	group, running := errgroup.WithContext(ctx)
	for _, stream := range s.streams {
		group.Go(func() error { return stream.run(running) })
	}
	err = group.Wait()
	if !s.config.Once && ctx.Err() != nil {
		return nil
	}
	return err
}

// connect learns the API's clock and what there is to ask for. When watching,
// what may pass is waited for.
func (s *Source) connect(ctx context.Context) error {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := s.meet(ctx)
		if err == nil {
			s.counts.succeed("all")
		}
		if err == nil || s.config.Once || ctx.Err() != nil || cloud.Denied(err) {
			return err
		}
		s.trouble(ctx, "all", pause, err)
		if err := wait(ctx, pause); err != nil {
			return err
		}
	}
}

func (s *Source) meet(ctx context.Context) error {
	id, name, err := s.config.Client.Organization(ctx)
	if err != nil {
		return err
	}
	s.config.Logger.LogAttrs(ctx, slog.LevelInfo, "asking Genesys Cloud for audits", slog.String("source", s.config.Name),
		slog.String("organization", id), slog.String("name", name), slog.Any("streams", s.names()))
	if len(s.config.Services) == 0 {
		return nil
	}
	services, err := s.config.Client.ServiceMapping(ctx)
	if err != nil {
		return err
	}
	s.hold(ctx, services)
	return nil
}

// hold holds the services that are asked for against those that there are.
func (s *Source) hold(ctx context.Context, services []cloud.Service) {
	actions, known := map[string][]string{}, map[string]bool{}
	for _, service := range services {
		known[service.Name] = true
		for _, entity := range service.Entities {
			actions[service.Name+"/"+entity.Name] = entity.Actions
		}
	}
	for _, wanted := range s.config.Services {
		if !known[wanted] {
			s.config.Logger.LogAttrs(ctx, slog.LevelWarn, "the organisation's service mapping has no such service; it is asked for all the same",
				slog.String("source", s.config.Name), slog.String("service", wanted))
		}
	}
	if recording, has := actions["Quality/Recording"]; has {
		s.config.Logger.LogAttrs(ctx, slog.LevelInfo, "acts on recordings that the platform audits", slog.String("source", s.config.Name), slog.Any("actions", recording))
	}
}

// trouble notes and logs what failed and is tried again.
func (s *Source) trouble(ctx context.Context, stream string, pause time.Duration, err error) {
	s.counts.fail(stream, err)
	s.config.Logger.LogAttrs(ctx, slog.LevelWarn, "Genesys Cloud can't be asked for audits; it is tried again, and nothing counts as delivered meanwhile", slog.String("source", s.config.Name), slog.String("stream", stream),
		slog.Duration("after", pause), slog.Any("error", err))
}
