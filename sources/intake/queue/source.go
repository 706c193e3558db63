package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"earwitness/pipeline/amazon"
	"earwitness/sources/intake"
)

// Message is what a queue hands out.
type Message struct {
	// ID is the queue's, and the same when the message comes again.
	ID   string
	Body []byte
	// Sent to the queue; Received is the how manieth time it is.
	Sent     time.Time
	Received int

	handle string
	// asked is before the server began to hide it.
	asked time.Time
}

// Carrier brings what a message carries to the bus.
//
// Carry returns nil when all of it is durable. An *intake.RefusalError or a
// *notification.Error says that another attempt will end the same, an
// *intake.TransferError that one may succeed; other errors are the
// publisher's or ctx's. What was handed on before an error is repeated by
// another attempt, which has to do no harm. It is called concurrently, keeps
// no message, and ends soon when ctx does. Progress counts what was read
// outside the queue as files, and nothing where there is no such thing.
type Carrier interface {
	Carry(ctx context.Context, message Message) error
	Progress() intake.Progress
}

// Config of a Source.
type Config struct {
	// Source names the source in logs.
	Source string
	// URL of the queue.
	URL string
	// Access to the server; its endpoint is that of the URL.
	Access amazon.Access
	// Wait of a long poll [20 s], at most 20 s.
	Wait time.Duration
	// Visibility is for how long a message is hidden at a time [5 min].
	Visibility time.Duration
	// InWork is how many messages are in work at a time [64].
	InWork int
	// Patience is for how long a message is tried again that may yet succeed,
	// before it is given back [15 min].
	Patience time.Duration
	// Backoff is for how long a message is hidden that was given back for the
	// first time; it doubles each time [30 s].
	Backoff time.Duration
	// Once takes what there is and ends; else Run goes on until ctx ends.
	Once bool
	// Carrier of what messages carry.
	Carrier Carrier
	// Publisher of dead letters.
	Publisher intake.Publisher
	// Delivered, when set, is told now and then up to when all messages that
	// were sent are durable.
	Delivered func(until time.Time)
	// Passing tells which failures of the publisher may pass.
	Passing func(error) bool
	// Logger; nil logs nothing.
	Logger *slog.Logger
}

func (c *Config) setDefaults() {
	for _, d := range []struct {
		setting *time.Duration
		value   time.Duration
	}{{&c.Wait, 20 * time.Second}, {&c.Visibility, 5 * time.Minute}, {&c.Patience, 15 * time.Minute}, {&c.Backoff, 30 * time.Second}} {
		if *d.setting <= 0 {
			*d.setting = d.value
		}
	}
	if c.Once {
		// What does not succeed in some attempts makes the run fail.
		c.Wait, c.Patience = min(c.Wait, oncePoll), min(c.Patience, oncePatience)
	}
	if c.InWork <= 0 {
		c.InWork = 64
	}
	if c.Delivered == nil {
		c.Delivered = func(time.Time) {}
	}
	if c.Passing == nil {
		c.Passing = func(error) bool { return false }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
}

const (
	oncePoll     = 2 * time.Second
	oncePatience = 20 * time.Second
)

// Source takes messages from a queue. Run may be called once.
type Source struct {
	config Config
	client *client
	work   *work
	// finished are messages whose content is durable.
	finished chan *entry
	// drained is closed when Once has found the queue empty.
	drained chan struct{}
	counts
}

// New reads credentials and settings, and asks no server.
func New(ctx context.Context, config Config) (*Source, error) {
	if config.Carrier == nil || config.Publisher == nil {
		return nil, errors.New("open queue: it needs a carrier and a publisher")
	}
	config.setDefaults()
	if config.Visibility < time.Second || config.Visibility > longestHidden || config.Wait > 20*time.Second {
		return nil, fmt.Errorf("open queue of source %s: a visibility from 1 s to %s and a wait of up to 20 s are possible", config.Source, longestHidden)
	}
	c, err := newClient(ctx, config.URL, config.Access, config.Wait)
	if err != nil {
		return nil, fmt.Errorf("open queue of source %s: %w", config.Source, err)
	}
	return &Source{
		config: config, client: c, work: newWork(config.InWork),
		finished: make(chan *entry, config.InWork), drained: make(chan struct{}),
	}, nil
}

// longestHidden is for how long SQS hides a message, extensions included.
const longestHidden = 12 * time.Hour
