package engine

import (
	"context"
	"fmt"
	"io"

	"earwitness/cmd/earwitness/config"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
	"earwitness/sources/intake"
	"earwitness/sources/intake/s3objects"
)

// listing is a source whose objects are found by listing a bucket.
type listing struct {
	*intake.Bucket
	objects *s3objects.Objects
}

// openObjects gives the bucket of a source. It asks no server.
func (e *Engine) openObjects(ctx context.Context, s *config.Source) (*s3objects.Objects, error) {
	name, _, _ := s.Objects()
	access, err := s.S3.Access(e.log)
	if err != nil {
		return nil, fmt.Errorf("open source %s: %w", s.Name, err)
	}
	objects, err := s3objects.Open(ctx, s3objects.Config{Bucket: name, Access: access, Owner: string(s.S3.Owner)})
	if err != nil {
		return nil, fmt.Errorf("open source %s: %w", s.Name, err)
	}
	return objects, nil
}

// openListing opens a source of objects.
func (e *Engine) openListing(ctx context.Context, src *source, s *config.Source, patterns *evidence.KeyPatterns, once bool) error {
	objects, err := e.openObjects(ctx, s)
	if err != nil {
		return err
	}
	reopen := func(ctx context.Context, uri string) (io.ReadCloser, error) { return intake.Reopen(ctx, objects, uri) }
	decoder, err := e.decoderOf(s, src, patterns, reopen)
	if err != nil {
		return err
	}
	name, prefix, _ := s.Objects()
	settings := intake.BucketConfig{
		Source: src.name, Objects: objects, Bucket: name, Prefix: prefix, StateDir: e.config.PositionsDir(), Once: once,
		Decoder: decoder, Publisher: src.published, Logger: e.log, Scanned: src.scanned, Passing: bus.Transient,
		PastDays: s.S3.PastDays, Poll: s.S3.Every.Std(), Parallel: s.S3.Parallel,
		Mine: src.share.mine(),
	}
	if b := e.options.Backfill; b != nil {
		settings.From, settings.To, settings.State, settings.Ended = b.From, b.To, b.state(src.name), true
		settings.Mine = b.Share.mine()
		settings.Objects = intake.Throttle(objects, b.ObjectsPerSecond, b.BytesPerSecond)
	}
	bucket, err := intake.NewBucket(settings)
	if err != nil {
		return err
	}
	src.reader, src.unit = listing{bucket, objects}, "object"
	return nil
}

// Run reads, and then lets go of the server.
func (l listing) Run(ctx context.Context) error {
	defer l.objects.Close()
	return l.Bucket.Run(ctx)
}

// Failures are those of requests to the bucket.
func (l listing) Failures() map[string]int64 { return l.objects.Failures() }

// Progress counts the attempts of single requests too.
func (l listing) Progress() intake.Progress {
	p := l.Bucket.Progress()
	p.Retries += l.objects.Retries()
	return p
}
