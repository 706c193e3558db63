package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"earwitness/cmd/earwitness/config"
	"earwitness/pipeline/evidence"
	"earwitness/sources/cloudtrail"
)

// missingAfter is how long a watched source may lack a file that a digest
// tells of, before that is said: files are copied in any order.
const missingAfter = time.Hour

// trail is a source of CloudTrail with its digests.
type trail struct {
	verified *cloudtrail.Verified
	chain    *cloudtrail.Chain
	// listed has an item when a listing has ended.
	listed chan struct{}
}

func openTrail(s *config.Source, patterns *evidence.KeyPatterns, dir string, reopen cloudtrail.Reopen) (*trail, error) {
	var buckets []string
	for _, pattern := range s.Buckets {
		buckets = append(buckets, string(pattern))
	}
	decoder, err := cloudtrail.New(cloudtrail.Config{Patterns: patterns, Buckets: buckets})
	if err != nil {
		return nil, err
	}
	var keys cloudtrail.Keys
	if path := string(s.DigestKeys); path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read digest-keys: %w", err)
		}
		if keys, err = cloudtrail.ParseKeys(data); err != nil {
			return nil, fmt.Errorf("read digest-keys %s: %w", path, err)
		}
	}
	chain, err := cloudtrail.OpenChain(cloudtrail.ChainConfig{Path: filepath.Join(dir, string(s.Name)+".digests"), Keys: keys})
	if err != nil {
		return nil, err
	}
	return &trail{verified: cloudtrail.NewVerified(decoder, chain, reopen), chain: chain, listed: make(chan struct{}, 1)}, nil
}

func (t *trail) wake() {
	select {
	case t.listed <- struct{}{}:
	default:
	}
}

// readSource runs a source until it ends or ctx does.
func (e *Engine) readSource(ctx context.Context, s *source) (err error) {
	if s.trail == nil {
		return s.reader.Run(ctx)
	}
	defer func() { err = errors.Join(err, s.trail.chain.Close()) }()
	if s.once {
		if err := s.reader.Run(ctx); err != nil {
			return err
		}
		if skipped := s.trail.verified.Skipped(); skipped > 0 {
			e.log.LogAttrs(ctx, slog.LevelInfo, "events of CloudTrail that say nothing about the buckets were passed over",
				slog.String("source", s.name), slog.Int64("events", skipped))
		}
		return s.reportMissing(ctx, 0)
	}
	watching, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		e.watchMissing(watching, s)
	}()
	err = s.reader.Run(ctx)
	stop()
	<-ended
	return err
}

// watchMissing says after listings which files have not come.
func (e *Engine) watchMissing(ctx context.Context, s *source) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.trail.listed:
		}
		if err := s.reportMissing(ctx, missingAfter); err != nil && ctx.Err() == nil {
			e.log.LogAttrs(ctx, slog.LevelWarn, "missing files of CloudTrail could not be reported; the next listing tries again",
				slog.String("source", s.name), slog.Any("error", err))
		}
	}
}

// reportMissing publishes what is missing, and notes that when it is durable.
func (s *source) reportMissing(ctx context.Context, grace time.Duration) error {
	batch, reported := s.trail.verified.Missing(grace)
	if batch.Records == 0 {
		return nil
	}
	settled := make(chan error, 1)
	if err := s.published.Publish(ctx, batch, func(err error) { settled <- err }); err != nil {
		return fmt.Errorf("publish missing files: %w", err)
	}
	select {
	case err := <-settled:
		if err != nil {
			return fmt.Errorf("publish missing files: %w", err)
		}
		return reported()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
