package intake

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"sync"

	"earwitness/pipeline/evidence"
)

// DeliveryConfig of a Delivery.
type DeliveryConfig struct {
	// Source names the source in logs.
	Source  string
	Objects Objects
	// Bucket is its name, for URIs.
	Bucket    string
	Decoder   evidence.Decoder
	Publisher Publisher
	// Logger; nil logs nothing.
	Logger *slog.Logger
}

// Delivery reads single objects of a bucket, and says when what they hold is
// durable: it is for whoever is told of an object, and keeps no state. It is
// safe for concurrent use.
type Delivery struct {
	objects Objects
	bucket  string
	decoder evidence.Decoder
	spaces  spaces
	feed
}

// NewDelivery asks no server.
func NewDelivery(config DeliveryConfig) (*Delivery, error) {
	if config.Objects == nil || config.Decoder == nil || config.Publisher == nil {
		return nil, errors.New("open intake: it needs a bucket, a decoder and a publisher")
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	return &Delivery{
		objects: config.Objects, bucket: config.Bucket, decoder: config.Decoder,
		feed: newFeed(config.Source, config.Publisher, config.Logger),
	}, nil
}

// uri of a key.
func (d *Delivery) uri(key string) string {
	return (&url.URL{Scheme: "s3", Host: d.bucket, Path: "/" + key}).String()
}

// Read hands on what an object holds, from its start. It returns nil when the
// object was read to its end, or as far as it can be unpacked, for which a
// dead letter stands then. After that it calls settled exactly once, from any
// goroutine: with nil when all of it is durable, else with why it never will
// be. With an error settled is not called, and what was handed on is answered
// for: a *RefusalError (see Refuse) and a *TransferError come from Objects,
// other errors from ctx or the publisher. An object without an ETag is read
// in the state in which it is found.
func (d *Delivery) Read(ctx context.Context, o Listed, settled func(error)) error {
	ctx, fail := context.WithCancelCause(ctx)
	s := &settling{left: 1, done: func(err error) {
		fail(nil)
		settled(err)
	}}
	d.filesTotal.Add(1)
	d.bytesTotal.Add(o.Size)
	read := d.newDownload(o, extent{}, fail, func(position) error { return nil })
	read.settling = s
	if err := read.run(ctx); err != nil {
		fail(err)
		read.answered.Wait()
		return err
	}
	s.answer(nil)
	return nil
}

// Refuse publishes a dead letter for an object that Read was refused, and
// calls settled when it is durable, as Read does.
func (d *Delivery) Refuse(ctx context.Context, o Listed, why *RefusalError, settled func(error)) error {
	s := &settling{left: 1, done: settled}
	return d.refuse(ctx, s.answer, o, why)
}

// settling calls done when all that an object came to is answered for.
type settling struct {
	mu   sync.Mutex
	left int
	err  error
	done func(error)
}

func (s *settling) add() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left++
}

func (s *settling) answer(err error) {
	s.mu.Lock()
	if s.err == nil {
		s.err = err
	}
	s.left--
	last, err := s.left == 0, s.err
	s.mu.Unlock()
	if last {
		s.done(err)
	}
}
