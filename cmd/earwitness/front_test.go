//go:build servers

package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"
)

// front stands before a server and passes on what it is asked, unless a fault
// is set. It is safe for concurrent use.
type front struct {
	t       *testing.T
	address string
	pass    *httputil.ReverseProxy

	mu     sync.Mutex
	server *http.Server
	fault  fault
	// answers counts what processes were answered, by status.
	answers map[int]int
}

// fault answers in place of the server, or hands the request on by pass.
type fault func(w http.ResponseWriter, r *http.Request, pass http.Handler)

// newFront stands before the server at an address.
func newFront(t *testing.T, of string) *front {
	t.Helper()
	behind, err := url.Parse(of)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 32, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	f := &front{t: t, address: "127.0.0.1:0", answers: map[int]int{}}
	f.pass = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(behind)
			r.Out.Host = r.In.Host // signatures cover it
		},
		Transport: transport,
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {
			panic(http.ErrAbortHandler) // a process gave up, or was killed
		},
	}
	f.up()
	t.Cleanup(f.down)
	return f
}

func (f *front) url() string { return "http://" + f.address }

// up takes connections, at the same address each time.
func (f *front) up() {
	f.t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(context.WithoutCancel(f.t.Context()), "tcp", f.address)
	if err != nil {
		f.t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(f.serve), ReadHeaderTimeout: time.Minute}
	f.mu.Lock()
	f.address, f.server = listener.Addr().String(), server
	f.mu.Unlock()
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			f.t.Error(err)
		}
	}()
}

// down refuses connections, and breaks those that there are.
func (f *front) down() {
	f.mu.Lock()
	server := f.server
	f.mu.Unlock()
	_ = server.Close() // what it was answering is cut off, as it should
}

// set makes a fault; nil heals it.
func (f *front) set(does fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = does
}

// answered says how often a status was given.
func (f *front) answered(status int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.answers[status]
}

func (f *front) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	does := f.fault
	f.mu.Unlock()
	counted := &countedWriter{ResponseWriter: w, front: f}
	if does == nil {
		f.pass.ServeHTTP(counted, r)
		return
	}
	does(counted, r, f.pass)
}

// countedWriter counts the status.
type countedWriter struct {
	http.ResponseWriter
	front *front
	once  sync.Once
}

func (w *countedWriter) WriteHeader(status int) {
	w.once.Do(func() {
		w.front.mu.Lock()
		defer w.front.mu.Unlock()
		w.front.answers[status]++
	})
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *countedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// answering gives everybody one answer.
func answering(status int, contentType, body string) fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // whoever asked may have gone
	}
}

// slowly hands everything on, late.
func slowly(by time.Duration) fault {
	return func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		timer := time.NewTimer(by)
		defer timer.Stop()
		select {
		case <-timer.C:
			pass.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	}
}

// losing has the server do what a method asks, and loses the first answer
// about each path.
func losing(method string) fault {
	var lost sync.Map
	return func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		if r.Method != method {
			pass.ServeHTTP(w, r)
			return
		}
		if _, again := lost.LoadOrStore(r.URL.Path, true); again {
			pass.ServeHTTP(w, r)
			return
		}
		pass.ServeHTTP(&deaf{header: http.Header{}}, r)
		panic(http.ErrAbortHandler)
	}
}

// deaf hears no answer.
type deaf struct{ header http.Header }

func (d *deaf) Header() http.Header         { return d.header }
func (d *deaf) Write(p []byte) (int, error) { return len(p), nil }
func (d *deaf) WriteHeader(int)             {}
