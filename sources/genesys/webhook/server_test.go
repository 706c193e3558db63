package webhook_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"earwitness/pipeline/evidence"
	"earwitness/sources/genesys"
	"earwitness/sources/genesys/webhook"
)

const (
	secret = "open sesame"
	event  = `{"detail":{"eventBody":{"id":"a1","eventTime":"2026-08-01T09:49:25.000Z","action":"Read","entityType":"Recording","entity":{"id":"r1"}}}}`
)

// bus keeps what it is given, unless it fails or stands still.
type bus struct {
	mu        sync.Mutex
	fail      error
	still     chan struct{}
	published map[string]int
	letters   int
}

func (b *bus) Publish(_ context.Context, batch evidence.Batch, done func(error)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		go done(b.fail)
		return nil
	}
	for _, e := range batch.Evidence {
		b.published[e.GetAct().GetAuditId()]++
	}
	b.letters += len(batch.DeadLetters)
	if still := b.still; still != nil {
		go func() {
			<-still
			done(nil)
		}()
		return nil
	}
	go done(nil)
	return nil
}

// hook is a webhook at work.
type hook struct {
	t      *testing.T
	bus    *bus
	server *webhook.Server
	url    string
	client *http.Client
	log    *bytes.Buffer
	stop   func() error
}

func newHook(t *testing.T, change func(*webhook.Config)) *hook {
	t.Helper()
	h := &hook{t: t, bus: &bus{published: map[string]int{}}, client: &http.Client{}, log: new(bytes.Buffer)}
	config := webhook.Config{
		Name: "events", Listen: "127.0.0.1:0", Path: "/genesys", Header: "X-Api-Key",
		Secret: func() (string, error) { return secret, nil }, Decoder: genesys.New(genesys.Config{}), Publisher: h.bus,
		Logger: slog.New(slog.NewTextHandler(h.log, nil)),
	}
	if change != nil {
		change(&config)
	}
	var err error
	if h.server, err = webhook.New(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	scheme := "http://"
	if config.TLS != nil {
		scheme = "https://"
	}
	h.url = scheme + h.server.Addr().String()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.server.Run(ctx) }()
	h.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := h.stop(); err != nil {
			t.Errorf("it ends with %v", err)
		}
		h.client.CloseIdleConnections()
	})
	return h
}

// post sends a body with headers, and gives the status.
func (h *hook) post(method, path, body string, headers ...string) int {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	got, err := h.client.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer got.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(got.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	if (got.StatusCode == http.StatusAccepted) != (len(text) == 0) || got.StatusCode == http.StatusServiceUnavailable && got.Header.Get("Retry-After") == "" {
		h.t.Errorf("%d with %q", got.StatusCode, text)
	}
	return got.StatusCode
}

func TestSecret(t *testing.T) {
	h := newHook(t, nil)
	for _, test := range []struct {
		name, method, path, body string
		headers                  []string
		want                     int
	}{
		{"right", "POST", "/genesys", event, []string{"X-Api-Key", secret}, 202},
		{"again", "POST", "/genesys", event, []string{"X-Api-Key", secret}, 202},
		{"as a bearer token", "POST", "/genesys", event + "\n" + event, []string{"X-Api-Key", "Bearer " + secret}, 202},
		{"no secret", "POST", "/genesys", event, nil, 401},
		{"a wrong one", "POST", "/genesys", event, []string{"X-Api-Key", secret + "!"}, 401},
		{"in another header", "POST", "/genesys", event, []string{"Authorization", secret}, 401},
		{"another method", "GET", "/genesys", "", []string{"X-Api-Key", secret}, 405},
		{"another path", "POST", "/", event, []string{"X-Api-Key", secret}, 404},
		{"another type", "POST", "/genesys", event, []string{"X-Api-Key", secret, "Content-Type", "text/plain"}, 415},
		{"compressed", "POST", "/genesys", event, []string{"X-Api-Key", secret, "Content-Encoding", "gzip"}, 415},
		{"nothing", "POST", "/genesys", " \n", []string{"X-Api-Key", secret}, 400},
		{"too long", "POST", "/genesys", strings.Repeat(" ", 1<<20) + event, []string{"X-Api-Key", secret}, 413},
		{"no audit", "POST", "/genesys", `{"hello":"world"}`, []string{"X-Api-Key", secret}, 202},
	} {
		if got := h.post(test.method, test.path, test.body, test.headers...); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
	if h.bus.published["a1"] != 4 || h.bus.letters != 1 {
		t.Errorf("the bus has %v and %d dead letters", h.bus.published, h.bus.letters)
	}
	if stats, want := h.server.Stats(), (webhook.Stats{Taken: 4, Records: 5, DeadLetters: 1, Refused: 8}); stats != want {
		t.Errorf("%+v, want %+v", stats, want)
	}
	if err := h.stop(); err != nil {
		t.Error(err)
	}
	if log := h.log.String(); strings.Contains(log, secret) || !strings.Contains(log, "status=413") {
		t.Errorf("the log says:\n%s", log)
	}
}

func TestSignatures(t *testing.T) {
	h := newHook(t, func(c *webhook.Config) { c.Header = "" })
	signed := func(at time.Time, body, by string) []string {
		seconds := strconv.FormatInt(at.Unix(), 10)
		return []string{webhook.TimeHeader, seconds, webhook.SignatureHeader, webhook.Sign(by, seconds, []byte(body))}
	}
	now := time.Now()
	right := signed(now, event, secret)
	for _, test := range []struct {
		name    string
		headers []string
		want    int
	}{
		{"right", right, 202},
		{"replayed", right, 409},
		{"replayed in capitals", []string{right[0], right[1], right[2], "sha256=" + strings.ToUpper(right[3][len("sha256="):])}, 409},
		{"signed anew", signed(now.Add(time.Second), event, secret), 202},
		{"from the past", signed(now.Add(-6*time.Minute), event, secret), 401},
		{"from the future", signed(now.Add(6*time.Minute), event, secret), 401},
		{"by another secret", signed(now, event, "sesame"), 401},
		{"over another body", signed(now, event+" ", secret), 401},
		{"over another time", []string{right[0], strconv.FormatInt(now.Unix()+3, 10), right[2], right[3]}, 401},
		{"without a time", right[2:], 401},
		{"without a signature", right[:2], 401},
		{"with the secret", []string{right[0], right[1], "X-Api-Key", secret}, 401},
	} {
		if got := h.post(http.MethodPost, "/genesys", event, test.headers...); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
	if stats := h.server.Stats(); stats.Taken != 2 || stats.Replayed != 2 {
		t.Errorf("%+v", stats)
	}
}

// Nobody hears 2xx of what is not durable, and who is told to come again may
// come with the same signature.
func TestBusFails(t *testing.T) {
	h := newHook(t, func(c *webhook.Config) { c.Header = "" })
	h.bus.fail = errors.New("the brokers are away")
	seconds := strconv.FormatInt(time.Now().Unix(), 10)
	headers := []string{webhook.TimeHeader, seconds, webhook.SignatureHeader, webhook.Sign(secret, seconds, []byte(event))}
	if got := h.post(http.MethodPost, "/genesys", event, headers...); got != http.StatusServiceUnavailable {
		t.Errorf("%d while the bus fails", got)
	}
	h.bus.mu.Lock()
	h.bus.fail = nil
	h.bus.mu.Unlock()
	if got := h.post(http.MethodPost, "/genesys", event, headers...); got != http.StatusAccepted {
		t.Errorf("%d when it comes again", got)
	}
}

// A bus that stands still is waited for, and no longer than the timeout; who
// finds no room is told at once.
func TestBusStandsStill(t *testing.T) {
	h := newHook(t, func(c *webhook.Config) { c.InWork, c.Timeout = 1, 500*time.Millisecond })
	h.bus.still = make(chan struct{})
	answers := make(chan int, 4)
	var work sync.WaitGroup
	for range cap(answers) {
		work.Go(func() { answers <- h.post(http.MethodPost, "/genesys", event, "X-Api-Key", secret) })
	}
	work.Wait()
	close(answers)
	for got := range answers {
		if got != http.StatusServiceUnavailable {
			t.Errorf("%d while nothing is durable", got)
		}
	}
	close(h.bus.still)
	if stats := h.server.Stats(); stats.Busy != 4 || stats.Taken != 0 {
		t.Errorf("%+v", stats)
	}
}

// A stop lets what is in work end.
func TestStop(t *testing.T) {
	h := newHook(t, nil)
	h.bus.still = make(chan struct{})
	answered := make(chan int)
	go func() { answered <- h.post(http.MethodPost, "/genesys", event, "X-Api-Key", secret) }()
	for {
		h.bus.mu.Lock()
		begun := len(h.bus.published) > 0
		h.bus.mu.Unlock()
		if begun {
			break
		}
		<-time.After(time.Millisecond)
	}
	stopped := make(chan error)
	go func() { stopped <- h.stop() }()
	close(h.bus.still)
	if got := <-answered; got != http.StatusAccepted {
		t.Errorf("%d to who was in work", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestTLS(t *testing.T) {
	other := httptest.NewTLSServer(nil)
	defer other.Close()
	h := newHook(t, func(c *webhook.Config) {
		c.TLS = &tls.Config{Certificates: other.TLS.Certificates, MinVersion: tls.VersionTLS12}
	})
	h.client = other.Client()
	if got := h.post(http.MethodPost, "/genesys", event, "X-Api-Key", secret); got != http.StatusAccepted {
		t.Errorf("by TLS: %d", got)
	}
}

func TestNewRefuses(t *testing.T) {
	h := newHook(t, nil)
	config := webhook.Config{Name: "b", Secret: func() (string, error) { return "", nil }, Decoder: genesys.New(genesys.Config{}), Publisher: h.bus}
	config.Listen = h.server.Addr().String()
	if _, err := webhook.New(t.Context(), config); err == nil || !strings.Contains(err.Error(), "source b") {
		t.Errorf("a port that is taken: %v", err)
	}
	if _, err := webhook.New(t.Context(), webhook.Config{}); err == nil {
		t.Error("nothing is taken")
	}
	// Without a secret nobody is heard.
	open := newHook(t, func(c *webhook.Config) { c.Secret = func() (string, error) { return "", nil } })
	if got := open.post(http.MethodPost, "/genesys", event, "X-Api-Key", ""); got != http.StatusUnauthorized {
		t.Errorf("an empty secret: %d", got)
	}
	broken := newHook(t, func(c *webhook.Config) { c.Secret = func() (string, error) { return "", fmt.Errorf("gone") } })
	if got := broken.post(http.MethodPost, "/genesys", event, "X-Api-Key", ""); got != http.StatusUnauthorized {
		t.Errorf("a secret that is gone: %d", got)
	}
}
