package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"earwitness/pipeline/evidence"
)

// Grace is how long a stop waits for what is in work.
const Grace = 20 * time.Second

// Publisher takes batches on.
//
// Publish returns nil when it has accepted the batch, and blocks until it
// can. It then calls done exactly once, from any goroutine and in any order
// among batches: with nil when all of the batch is durable, else with why it
// never will be. When Publish returns an error done is not called. It may
// keep the batch, and is called concurrently. When ctx ends, a batch that was
// accepted is still answered for.
type Publisher interface {
	Publish(ctx context.Context, batch evidence.Batch, done func(error)) error
}

// Config of a Server.
type Config struct {
	// Name of the source; it stands in the URI of its evidence.
	Name string
	// Listen is host:port, Path what is posted to.
	Listen, Path string
	// TLS of the server; nil serves in clear.
	TLS *tls.Config
	// Secret gives what the sender proves to know. It is asked for each
	// request, so that it may be changed.
	Secret func() (string, error)
	// Header that holds the secret itself. Empty: requests are signed.
	Header string
	// Window is how far the time of a signed request may be off [5 min].
	Window time.Duration
	// MaxBody is the longest body in bytes [1 MiB], InWork how many are in
	// work at once [64].
	MaxBody int64
	InWork  int
	// Timeout of one request, from its first byte to the acknowledgement of
	// its evidence [30 s].
	Timeout   time.Duration
	Decoder   evidence.Decoder
	Publisher Publisher
	// Heard, when set, is told now and then up to when all that was taken is
	// durable.
	Heard func(until time.Time)
	// Logger; nil logs nothing.
	Logger *slog.Logger
}

func (c *Config) setDefaults() {
	if c.Window <= 0 {
		c.Window = 5 * time.Minute
	}
	if c.MaxBody <= 0 {
		c.MaxBody = 1 << 20
	}
	if c.InWork <= 0 {
		c.InWork = 64
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.Heard == nil {
		c.Heard = func(time.Time) {}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
}

// Stats count requests since the server was made.
type Stats struct {
	// Taken requests, with their Records and DeadLetters.
	Taken, Records, DeadLetters int64
	// Refused for their proof, their form or their size; Replayed among them.
	Refused, Replayed int64
	// Busy: told to come again, as the publisher or the server had no room.
	Busy int64
}

// Server is a webhook. Run may be called once.
type Server struct {
	config   Config
	listener net.Listener
	room     chan struct{}
	replays  replays
	// waiting are those who wait for the publisher's answers.
	waiting sync.WaitGroup

	taken, records, letters, refused, replayed, busy atomic.Int64
}

// New listens, and serves nobody before Run.
func New(ctx context.Context, config Config) (*Server, error) {
	if config.Secret == nil || config.Decoder == nil || config.Publisher == nil {
		return nil, errors.New("open webhook: it needs a secret, a decoder and a publisher")
	}
	config.setDefaults()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", config.Listen)
	if err != nil {
		return nil, fmt.Errorf("open webhook of source %s: %w; is the port taken?", config.Name, err)
	}
	if config.TLS != nil {
		listener = tls.NewListener(listener, config.TLS)
	}
	return &Server{config: config, listener: listener, room: make(chan struct{}, config.InWork)}, nil
}

// Addr is where it listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Stats is safe to call at any time.
func (s *Server) Stats() Stats {
	return Stats{
		Taken: s.taken.Load(), Records: s.records.Load(), DeadLetters: s.letters.Load(),
		Refused: s.refused.Load(), Replayed: s.replayed.Load(), Busy: s.busy.Load(),
	}
}

// heardEvery is how often Heard is told.
const heardEvery = 10 * time.Second

// Run serves until ctx ends, and gives nil then.
func (s *Server) Run(ctx context.Context) error {
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: s.config.Timeout,
		WriteTimeout: s.config.Timeout + 10*time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(s.config.Logger.Handler(), slog.LevelDebug),
	}
	s.config.Logger.LogAttrs(ctx, slog.LevelInfo, "taking audits that are posted", slog.String("source", s.config.Name),
		slog.String("address", s.Addr().String()), slog.String("path", s.config.Path), slog.Bool("tls", s.config.TLS != nil))
	served := make(chan error, 1)
	go func() { served <- server.Serve(s.listener) }()
	ticker := time.NewTicker(heardEvery)
	defer ticker.Stop()
	for {
		select {
		case err := <-served:
			return fmt.Errorf("serve webhook: %w", err)
		case now := <-ticker.C:
			// What is in work may have come before now.
			s.config.Heard(now.Add(-s.config.Timeout))
		case <-ctx.Done():
			return s.stop(ctx, server, served)
		}
	}
}

func (s *Server) stop(ctx context.Context, server *http.Server, served <-chan error) error {
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), Grace)
	defer cancel()
	err := server.Shutdown(stopping)
	if err != nil {
		// Who is cut off has not heard 2xx, and sends again.
		err = server.Close()
	}
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	s.waiting.Wait()
	if err != nil {
		return fmt.Errorf("stop webhook: %w", err)
	}
	return nil
}
