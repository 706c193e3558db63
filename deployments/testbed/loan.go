package testbed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// loanVariable names, in the environment of a command, the socket at which it
// asks for servers.
const loanVariable = "EARWITNESS_TESTBED"

// Loan lends servers to a command and to all that it starts: each is started
// once, when it is first asked for, and ends with the loan. It is safe for
// concurrent use.
type Loan struct {
	cache  cache
	place  *place
	ctx    context.Context //nolint:containedctx // servers end with the loan, not with the request that started them
	cancel context.CancelFunc
	desk   *http.Server
	socket string
	served chan struct{}

	mu   sync.Mutex
	lent map[string]*lentServer
}

// lentServer is one that was asked for; those who ask later wait for it.
type lentServer struct {
	once   sync.Once
	server *Server
	err    error
}

// Lend begins a loan and has the servers of some names ready; others are
// started when they are asked for. Each is told of when it is ready.
func Lend(ctx context.Context, names []string, say Say) (_ *Loan, err error) {
	c, err := userCache()
	if err != nil {
		return nil, err
	}
	var speaking sync.Mutex
	c.say = func(format string, args ...any) {
		speaking.Lock()
		defer speaking.Unlock()
		say(format, args...)
	}
	if err := checkNames(names...); err != nil {
		return nil, err
	}
	if err := c.missing(ctx, names); err != nil {
		return nil, err
	}
	l := &Loan{cache: c, served: make(chan struct{}), lent: map[string]*lentServer{}}
	if l.place, err = newPlace(ctx, c, "loan"); err != nil {
		return nil, err
	}
	l.ctx, l.cancel = context.WithCancel(ctx)
	l.socket = l.place.path("desk")
	if err := l.open(); err != nil {
		l.cancel()
		return nil, errors.Join(fmt.Errorf("lend servers: %w", err), l.place.remove())
	}
	if err := l.prepare(names); err != nil {
		return nil, errors.Join(err, l.End())
	}
	return l, nil
}

func (l *Loan) open() error {
	listener, err := (&net.ListenConfig{}).Listen(l.ctx, "unix", l.socket)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{name}", l.answer)
	l.desk = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() {
		defer close(l.served)
		l.desk.Serve(listener) //nolint:errcheck // it ends by Close
	}()
	return nil
}

func (l *Loan) prepare(names []string) error {
	starts, _ := errgroup.WithContext(l.ctx)
	starts.SetLimit(startsAtOnce)
	for _, name := range names {
		starts.Go(func() error {
			_, err := l.get(name)
			if err != nil {
				l.cancel() // the others would only delay the news
			}
			return err
		})
	}
	return starts.Wait()
}

// get gives a server that runs.
func (l *Loan) get(name string) (*Server, error) {
	if err := checkNames(name); err != nil {
		return nil, err
	}
	l.mu.Lock()
	s := l.lent[name]
	if s == nil {
		s = &lentServer{}
		l.lent[name] = s
	}
	l.mu.Unlock()
	s.once.Do(func() {
		began := time.Now()
		how := "found running, looked for in"
		if s.server, s.err = l.cache.find(l.ctx, name); s.server == nil && s.err == nil {
			how = "started in"
			s.server, s.err = l.start(name)
		}
		if s.err == nil {
			l.cache.say("%s: %s; %s %s", name, s.server, how, time.Since(began).Round(10*time.Millisecond))
		}
	})
	return s.server, s.err
}

func (l *Loan) start(name string) (*Server, error) {
	p, err := newPlace(l.ctx, l.cache, name)
	if err != nil {
		return nil, err
	}
	return startServer(l.ctx, p, name)
}

// answer tells a process how to reach a server.
func (l *Loan) answer(w http.ResponseWriter, r *http.Request) {
	server, err := l.get(r.PathValue("name"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	json.NewEncoder(w).Encode(server) //nolint:errcheck // whoever asked has gone
}

// Variable is what the command finds the loan by, in its environment.
func (l *Loan) Variable() string { return loanVariable + "=" + l.socket }

// End stops what the loan has started, and nothing else. Its error tells of
// servers that had ended by themselves, too.
func (l *Loan) End() error {
	l.cancel()
	err := l.desk.Close()
	<-l.served
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.lent {
		s.once.Do(func() {}) // waits for a start under way
		if s.server != nil {
			err = errors.Join(err, s.server.endedByItself(), s.server.Stop())
		}
	}
	return errors.Join(err, l.place.remove())
}
