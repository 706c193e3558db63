package engine

import (
	"context"
	"fmt"
	"io"
	"path"
	"time"

	"earwitness/cmd/earwitness/config"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
	"earwitness/sources/intake"
	"earwitness/sources/intake/notification"
	"earwitness/sources/intake/queue"
	"earwitness/sources/intake/s3objects"
)

// queued is a source that a queue feeds.
type queued struct {
	*queue.Source
	// name is the end of the queue's URL.
	name string
	// objects of the bucket that its messages tell of; nil where they are
	// evidence themselves.
	objects *s3objects.Objects
}

// openQueue opens a source that takes messages. It asks no server.
func (e *Engine) openQueue(ctx context.Context, src *source, s *config.Source, patterns *evidence.KeyPatterns, once bool) error {
	access, err := s.Queue.Access(e.log)
	if err != nil {
		return fmt.Errorf("open source %s: %w", s.Name, err)
	}
	opened := queued{name: path.Base(string(s.Queue.URL))}
	var carrier queue.Carrier
	src.unit = "message"
	if _, _, is := s.Objects(); is {
		if opened.objects, err = e.openObjects(ctx, s); err != nil {
			return err
		}
		carrier, err = e.notified(src, s, patterns, opened.objects)
	} else {
		carrier, err = e.carried(src, s, patterns)
	}
	if err != nil {
		return err
	}
	opened.Source, err = queue.New(ctx, queue.Config{
		Source: src.name, URL: string(s.Queue.URL), Access: access, Visibility: s.Queue.Visibility.Std(), InWork: s.Queue.InWork,
		Patience: s.Queue.Patience.Std(), Once: once, Carrier: carrier, Publisher: src.published, Delivered: src.scanned,
		Passing: bus.Transient, Logger: e.log,
	})
	if err != nil {
		return err
	}
	src.reader = opened
	src.reached = func() time.Time { return opened.Stats().Delivered }
	return nil
}

// notified reads the objects that messages tell of.
func (e *Engine) notified(src *source, s *config.Source, patterns *evidence.KeyPatterns, objects *s3objects.Objects) (queue.Carrier, error) {
	reopen := func(ctx context.Context, uri string) (io.ReadCloser, error) { return intake.Reopen(ctx, objects, uri) }
	decoder, err := e.decoderOf(s, src, patterns, reopen)
	if err != nil {
		return nil, err
	}
	name, prefix, _ := s.Objects()
	delivery, err := intake.NewDelivery(intake.DeliveryConfig{
		Source: src.name, Objects: objects, Bucket: name, Decoder: decoder, Publisher: src.published, Logger: e.log,
	})
	if err != nil {
		return nil, err
	}
	return queue.NewObjects(notification.Scope{Bucket: name, Prefix: prefix}, delivery, s.S3.Parallel), nil
}

// carried takes messages that are evidence themselves.
func (e *Engine) carried(src *source, s *config.Source, patterns *evidence.KeyPatterns) (queue.Carrier, error) {
	decoder, err := e.decoderOf(s, src, patterns, nil)
	if err != nil {
		return nil, err
	}
	return &queue.Bodies{Queue: string(s.Queue.URL), Decoder: decoder, Publisher: src.published}, nil
}

// Run takes messages, and then lets go of the server.
func (q queued) Run(ctx context.Context) error {
	if q.objects != nil {
		defer q.objects.Close()
	}
	return q.Source.Run(ctx)
}

// Failures are those of requests to the bucket.
func (q queued) Failures() map[string]int64 {
	if q.objects == nil {
		return nil
	}
	return q.objects.Failures()
}

// Progress counts the attempts of single requests too.
func (q queued) Progress() intake.Progress {
	p := q.Source.Progress()
	if q.objects != nil {
		p.Retries += q.objects.Retries()
	}
	return p
}
