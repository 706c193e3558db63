package monitor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"
)

// Server answers at one address.
type Server struct {
	http  *http.Server
	addr  net.Addr
	ended chan error
}

// leaveFor is how long answers under way may take when it ends.
const leaveFor = 2 * time.Second

// Listen begins to answer at host:port.
func Listen(ctx context.Context, address string, m *Monitor, log *slog.Logger) (*Server, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		remedy := "name another address by http.listen or --http"
		if errors.Is(err, syscall.EADDRINUSE) {
			remedy = "another process has it; " + remedy
		}
		return nil, fmt.Errorf("listen at %s for those who ask for metrics and status: %w; %s", address, err, remedy)
	}
	s := &Server{addr: listener.Addr(), ended: make(chan error, 1), http: &http.Server{
		Handler: m.Handler(log), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}
	go func() { s.ended <- s.http.Serve(listener) }()
	log.LogAttrs(ctx, slog.LevelInfo, "telling metrics, health and status", slog.String("address", s.Address()))
	return s, nil
}

// Address that it answers at, with the port that was free.
func (s *Server) Address() string { return s.addr.String() }

// Close ends it, and waits a little for answers under way.
func (s *Server) Close(ctx context.Context) error {
	leaving, cancel := context.WithTimeout(ctx, leaveFor)
	defer cancel()
	if err := s.http.Shutdown(leaving); err != nil {
		err = s.http.Close()
		return errors.Join(err, s.await())
	}
	return s.await()
}

func (s *Server) await() error {
	if err := <-s.ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("answer at %s: %w", s.Address(), err)
	}
	return nil
}
