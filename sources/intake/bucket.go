package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"earwitness/pipeline/evidence"
)

// BucketConfig of a Bucket.
type BucketConfig struct {
	// Source names the source; its state is kept under that name.
	Source  string
	Objects Objects
	// Bucket is its name, for URIs; Prefix is what the keys begin with, as it
	// is: without a / at its end it is no folder.
	Bucket, Prefix string
	// StateDir is the folder of the state; made where it is missing.
	StateDir string
	// Once reads what there is and ends; else Run lists until ctx ends.
	Once      bool
	Decoder   evidence.Decoder
	Publisher Publisher
	// Logger; nil logs nothing.
	Logger *slog.Logger
	// PastDays is how many days before the last complete listing are listed
	// again, for late objects land in old folders [10].
	PastDays int
	// Poll is the pause between two listings [5 min].
	Poll time.Duration
	// From and To are the first day that is read and the one behind the last,
	// at midnight UTC, in place of the days that PastDays makes. Neither or
	// both are set.
	From, To time.Time
	// State names the file of the state, without its end [Source]. Ended
	// removes it when a Run has read all.
	State string
	Ended bool
	// Mine, when set, tells which keys are read; another process reads the
	// others.
	Mine func(key string) bool
	// Scanned is Config.Scanned.
	Scanned func(began time.Time)
	// Parallel is how many objects are read at a time [16]. Each streams, and
	// holds a decoder's buffers, not the object.
	Parallel int
	// Attempts at one object in one listing, when its bytes do not come [4].
	// Those of Objects itself are besides.
	Attempts int
	// Passing tells which failures of the publisher or the state may pass;
	// what Objects says may pass does so anyway.
	Passing func(error) bool
	// Now is the clock [time.Now].
	Now func() time.Time
}

// Bucket reads the objects below a prefix. Run may be called once.
type Bucket struct {
	config  BucketConfig
	extents *extents
	// window is the first day that is listed, and until the one behind the
	// last; zero where there is none.
	window, until time.Time
	// listed says that a listing has come to its end in this run.
	listed bool
	*Delivery
}

// NewBucket gives a Bucket. It fails when the state can't be read, and asks no
// server.
func NewBucket(config BucketConfig) (*Bucket, error) {
	config.setDefaults()
	if config.State == "" || filepath.Base(config.State) != config.State {
		return nil, fmt.Errorf("open intake: source name %q can't name a file; use letters, digits and -", config.State)
	}
	if config.From.IsZero() != config.To.IsZero() || config.To.Before(config.From) {
		return nil, fmt.Errorf("open intake: the days from %s to %s are no range", config.From.Format(time.DateOnly), config.To.Format(time.DateOnly))
	}
	delivery, err := NewDelivery(DeliveryConfig{
		Source: config.Source, Objects: config.Objects, Bucket: config.Bucket,
		Decoder: config.Decoder, Publisher: config.Publisher, Logger: config.Logger,
	})
	if err != nil {
		return nil, err
	}
	m, err := openExtents(filepath.Join(config.StateDir, config.State+".objects"))
	if err != nil {
		return nil, err
	}
	return &Bucket{config: config, extents: m, Delivery: delivery}, nil
}

func (c *BucketConfig) setDefaults() {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.State == "" {
		c.State = c.Source
	}
	if c.PastDays <= 0 {
		c.PastDays = 10
	}
	if c.Poll <= 0 {
		c.Poll = 5 * time.Minute
	}
	if c.Parallel <= 0 {
		c.Parallel = 16
	}
	if c.Attempts <= 0 {
		c.Attempts = 4
	}
	if c.Passing == nil {
		c.Passing = func(error) bool { return false }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
}

// Run reads. First it lists without reading, so that Progress knows how much
// there is. With Once it returns nil when all that the bucket held in its
// window is acknowledged, and ctx's error when that ended first; else it
// lists again and again, and returns nil when ctx ends. A failure that may
// pass is waited for unless Once is set; what is refused before any listing
// came to its end is a mistake, and ends it.
func (b *Bucket) Run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, b.extents.close()) }()
	var pauses pauses
	for {
		began := b.config.Now()
		switch err := b.scan(ctx, began); {
		case ctx.Err() != nil && !b.config.Once:
			return nil
		case err == nil:
			b.goOn(ctx, &pauses)
			if b.config.Scanned != nil {
				b.config.Scanned(began)
			}
			if b.config.Once {
				return b.finish()
			}
		case b.config.Once || !b.passes(err):
			return err
		default:
			if b.pause(ctx, &pauses, err) != nil {
				return nil
			}
			continue
		}
		if !Rest(ctx, b.config.Poll) {
			return nil
		}
	}
}

// finish ends a Run that has read all.
func (b *Bucket) finish() error {
	if !b.config.Ended {
		return nil
	}
	return b.extents.remove()
}

// passes tells whether it is worth while to list again after an error.
func (b *Bucket) passes(err error) bool {
	var transfer *TransferError
	var refused *RefusalError
	switch {
	case errors.As(err, &refused):
		return b.listed
	case errors.As(err, &transfer):
		return true
	}
	return b.config.Passing(err)
}
