package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"earwitness/cmd/earwitness/config"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
	"earwitness/sources/cloudtrail"
	"earwitness/sources/genesys"
	"earwitness/sources/intake"
	"earwitness/sources/s3log"
)

// coverEvery is how often a source that is watched states how far it has
// delivered.
const coverEvery = 10 * time.Second

// reader is a source at work. Run reads until the source ends or ctx does;
// Progress is safe to call at any time.
type reader interface {
	Run(ctx context.Context) error
	Progress() intake.Progress
}

// source is one configured source, at work.
type source struct {
	name     string
	lateness time.Duration
	// share of its objects that is read here.
	share  Share
	reader reader
	// published counts what the source has put on the bus.
	published *metered
	// unit is what its progress counts as files.
	unit string
	// scans are the times up to which all is on the bus that the source held:
	// the beginnings of listings, say. Only the latest matters.
	scans chan time.Time
	once  bool
	// trail is what CloudTrail's digests are held against; nil for others.
	trail *trail
	// machine, when set, is what another machine's clock says at a moment of
	// this one's: a seam for steps.
	machine func(time.Time) time.Time
	// reached gives such a time when Once has read all; nil where that is
	// when the run began.
	reached func() time.Time
}

// openSources opens all, once or to watch.
func (e *Engine) openSources(ctx context.Context, once bool) error {
	patterns, err := e.config.KeyPatterns()
	if err != nil {
		return err
	}
	sources, err := e.chooseSources()
	if err != nil {
		return err
	}
	for _, s := range sources {
		share, reads := e.options.Share.of(s)
		if !reads {
			continue
		}
		src := &source{
			share: share,
			name:  string(s.Name), lateness: s.Lateness.Std(), scans: make(chan time.Time, 1), once: once,
			published: &metered{to: e.publisher},
		}
		switch s.Type {
		case config.GenesysCloud:
			err = e.openGenesys(src, s, once)
		case config.GenesysWebhook:
			err = e.openWebhook(ctx, src, s, once)
		default:
			err = e.openReading(ctx, src, s, patterns, once)
		}
		if err != nil {
			return err
		}
		e.sources = append(e.sources, src)
	}
	return nil
}

// openReading opens a source of files, of objects, or of messages. A backfill
// lists the bucket whose objects a queue tells of otherwise.
func (e *Engine) openReading(ctx context.Context, src *source, s *config.Source, patterns *evidence.KeyPatterns, once bool) error {
	switch {
	case s.Queued() && e.options.Backfill == nil:
		return e.openQueue(ctx, src, s, patterns, once)
	case s.OnDisk():
		return e.openDirectory(src, s, patterns, once)
	default:
		return e.openListing(ctx, src, s, patterns, once)
	}
}

// chooseSources gives those that are read in this run.
func (e *Engine) chooseSources() ([]*config.Source, error) {
	if e.options.Backfill != nil {
		return e.options.Backfill.Choose(e.config.Sources)
	}
	var all []*config.Source
	for i := range e.config.Sources {
		all = append(all, &e.config.Sources[i])
	}
	return all, nil
}

// openDirectory opens a source of files.
func (e *Engine) openDirectory(src *source, s *config.Source, patterns *evidence.KeyPatterns, once bool) error {
	reopen := func(_ context.Context, uri string) (io.ReadCloser, error) { return intake.Open(uri) }
	decoder, err := e.decoderOf(s, src, patterns, reopen)
	if err != nil {
		return err
	}
	if e.options.decoder != nil {
		decoder = e.options.decoder(decoder)
	}
	directory, err := intake.New(intake.Config{
		Source: src.name, Path: string(s.Path), StateDir: e.config.PositionsDir(), Once: once,
		Decoder: decoder, Publisher: src.published, Logger: e.log, Scanned: src.scanned, Passing: bus.Transient,
	})
	if err != nil {
		return err
	}
	src.reader, src.unit = directory, "file"
	return nil
}

// decoderOf gives the decoder of what a source delivers; reopen opens an
// object of it again.
func (e *Engine) decoderOf(s *config.Source, src *source, patterns *evidence.KeyPatterns, reopen cloudtrail.Reopen) (evidence.Decoder, error) {
	switch s.Type {
	case config.S3AccessLog:
		return s3log.New(s3log.Config{Patterns: patterns}), nil
	case config.CloudTrail:
		var err error
		if src.trail, err = openTrail(s, patterns, e.config.PositionsDir(), reopen); err != nil {
			return nil, fmt.Errorf("open source %s: %w", s.Name, err)
		}
		return src.trail.verified, nil
	default:
		return genesys.New(genesys.Config{}), nil
	}
}

func (s *source) scanned(began time.Time) {
	if s.trail != nil {
		s.trail.wake()
	}
	if s.machine != nil {
		began = s.machine(began)
	}
	for {
		select {
		case s.scans <- began:
			return
		case <-s.scans:
			// An older one that nobody has taken.
		}
	}
}

// readSources runs all sources until they end or ctx does.
func (e *Engine) readSources(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range e.sources {
		group.Go(func() error {
			if err := e.readSource(ctx, s); err != nil {
				return fmt.Errorf("read source %s: %w", s.name, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// coverOnce states that all sources have delivered up to a time, or as far as
// they did.
func (e *Engine) coverOnce(ctx context.Context, began time.Time) error {
	for _, s := range e.sources {
		until := e.clock.Until(began, time.Since(began))
		if s.reached != nil {
			if reached := s.reached(); reached.Before(until) {
				until = reached
			}
		}
		if err := e.cover(ctx, s.name, until); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) cover(ctx context.Context, name string, until time.Time) error {
	c := &bus.Control{Body: &bus.Control_Coverage{Coverage: &bus.Coverage{Source: name, UntilMs: until.UnixMilli()}}}
	if err := control(ctx, e.evidence, allPartitions(e.config), c); err != nil {
		return fmt.Errorf("state coverage of source %s: %w", name, err)
	}
	return nil
}

// coverWatched states how far a watched source has delivered, now and then.
func (e *Engine) coverWatched(ctx context.Context, s *source) error {
	ticker := time.NewTicker(coverEvery)
	defer ticker.Stop()
	for {
		var began time.Time
		select {
		case <-ctx.Done():
			return nil
		case began = <-s.scans:
		}
		until := e.clock.Until(began, time.Since(began)).Add(-s.lateness)
		err := e.cover(ctx, s.name, until)
		if err == nil {
			e.covered.advance(s.name, until)
		} else {
			if ctx.Err() != nil {
				return nil
			}
			if errors.Is(err, bus.ErrClosed) {
				return err
			}
			e.log.LogAttrs(ctx, slog.LevelWarn, "coverage could not be stated; the next one will do",
				slog.String("source", s.name), slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
