package bucket

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"earwitness/pipeline/amazon"
	"earwitness/sinks/worm"
)

// Store is a worm.Store in a bucket. It is safe for concurrent use.
type Store struct {
	config Config
	client *s3.Client
	clock  *clock
	// closeIdle ends connections that wait for another request.
	closeIdle func()
	// reading says that nothing may be written.
	reading bool
}

var _ worm.Store = (*Store)(nil)

// Open opens a bucket to archive in. It refuses one that does not keep what
// it is given.
func Open(ctx context.Context, c Config) (*Store, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("configure archive in %s: %w", c.Location, err)
	}
	s, err := newStore(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := s.check(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("open archive: %w", err)
	}
	s.config.Logger.Info("archive is a bucket with Object Lock", slog.String("bucket", c.Bucket), slog.String("prefix", c.Prefix),
		slog.String("mode", string(c.Mode)), slog.Duration("retention", c.Retention))
	return s, nil
}

// check asks for everything that an archive needs.
func (s *Store) check(ctx context.Context) error {
	for _, check := range []func(context.Context) error{s.checkVersioning, s.checkLock, s.checkListing} {
		err := check(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		// A wrong clock makes other errors, so it is named first.
		if wrong := s.clock.check(); wrong != nil {
			return wrong
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Read opens a bucket for reading alone: Put fails, and what only writing
// needs is neither asked for nor checked.
func Read(ctx context.Context, c Config) (*Store, error) {
	if err := c.validateReading(); err != nil {
		return nil, fmt.Errorf("configure reading of %s: %w", c.Location, err)
	}
	s, err := newStore(ctx, c)
	if err != nil {
		return nil, err
	}
	s.reading = true
	if err := s.checkListing(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("open archive: %w", err)
	}
	return s, nil
}

// OpenURL opens the store that s3://BUCKET/PREFIX names, for reading alone;
// see ParseURL.
func OpenURL(ctx context.Context, text string, logger *slog.Logger) (*Store, error) {
	c, err := ParseURL(text)
	if err != nil {
		return nil, err
	}
	c.Logger = logger
	return Read(ctx, c)
}

func newStore(ctx context.Context, c Config) (*Store, error) {
	c = c.withDefaults()
	s := &Store{config: c, clock: &clock{server: c.server(), allowed: c.ClockSkew, now: c.Now}}
	var err error
	if s.client, s.closeIdle, err = amazon.NewS3(ctx, c.access(), s.clock.option); err != nil {
		return nil, fmt.Errorf("open archive in %s: %w", c.Location, err)
	}
	if endpoint := s.client.Options().BaseEndpoint; endpoint != nil {
		// The environment or the profile may have named it.
		s.config.Endpoint = *endpoint
		s.clock.server = *endpoint
	}
	return s, nil
}

// Close ends the connections that wait for another request. The store stays
// usable.
func (s *Store) Close() { s.closeIdle() }

// server is what errors call the other side.
func (c Config) server() string {
	if c.Endpoint != "" {
		return c.Endpoint
	}
	return "S3"
}

func (c Config) owner() *string {
	if c.Owner == "" {
		return nil
	}
	return aws.String(c.Owner)
}

func (s *Store) checkVersioning(ctx context.Context) error {
	out, err := s.client.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{
		Bucket: &s.config.Bucket, ExpectedBucketOwner: s.config.owner(),
	}, amazon.Limit(s.config.Timeout, 0))
	if err != nil {
		return s.explain(ctx, "ask for versioning of", "", err)
	}
	if out.Status != types.BucketVersioningStatusEnabled {
		return s.refuse("the bucket keeps no versions", "an overwritten segment would be lost; take a bucket that was made with Object Lock, which brings versioning")
	}
	return nil
}

func (s *Store) checkLock(ctx context.Context) error {
	out, err := s.client.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{
		Bucket: &s.config.Bucket, ExpectedBucketOwner: s.config.owner(),
	}, amazon.Limit(s.config.Timeout, 0))
	missing := "the bucket has no Object Lock"
	if amazon.Code(err) == "ObjectLockConfigurationNotFoundError" ||
		err == nil && (out.ObjectLockConfiguration == nil ||
			out.ObjectLockConfiguration.ObjectLockEnabled != types.ObjectLockEnabledEnabled) {
		return s.refuse(missing, "nothing would protect what is archived; make one with it (aws s3api create-bucket --object-lock-enabled-for-bucket), or keep the archive in a directory and know what that is worth")
	}
	if err != nil {
		return s.explain(ctx, "ask for Object Lock of", "", err)
	}
	return nil
}

// checkListing finds out whether listing by versions is allowed and works.
func (s *Store) checkListing(ctx context.Context) error {
	_, err := s.page(ctx, s.config.folder(), "", "", 1)
	return err
}

// refuse is about the bucket itself: another attempt ends the same.
func (s *Store) refuse(why, advice string) error {
	return &Error{
		Operation: "use", Object: s.config.Location.String(), Server: s.config.server(), Advice: advice,
		Err: errors.New(why), Lasting: true,
	}
}
