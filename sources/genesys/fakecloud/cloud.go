package fakecloud

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// The permissions that calls ask for.
const (
	PermitAudits       = "audits:audit:view"
	PermitInteractions = "audits:interactionDetails:view"
	PermitRecordings   = "recording:recording:view"
	PermitUsers        = "directory:user:view"
	PermitQueues       = "routing:queue:view"
)

// Config of a Cloud. What is zero has the default in brackets.
type Config struct {
	// Org is the organisation's id [a fixed one].
	Org string
	// ClientID and ClientSecret are the one OAuth client [client, secret].
	ClientID, ClientSecret string
	// Permissions of the client's roles [all of them]; an empty list that is
	// not nil permits nothing.
	Permissions []string
	// TokenTTL is how long a token lives [24 h]; IdleTimeout is after how
	// long without a call it dies [never].
	TokenTTL, IdleTimeout time.Duration
	// RatePerMinute of one token [300].
	RatePerMinute int
	// MaxInterval of an audit query [31 days].
	MaxInterval time.Duration
	// RedirectAbove is the most audits that are given inline when the caller
	// allows a redirect [2,000].
	RedirectAbove int
	// MaxPage is the page size above which the response is over the size
	// limit [none is].
	MaxPage int
	// DownloadTTL is how long a presigned URL can be used [1 h].
	DownloadTTL time.Duration
	// TroubleShare of the calls are hit by a trouble, drawn from Seed [none].
	TroubleShare float64
	Seed         uint64
	// Clock of the cloud [the time of day]; also that of the Date header.
	Clock func() time.Time
}

func (c *Config) setDefaults() {
	text := func(to *string, fallback string) {
		if *to == "" {
			*to = fallback
		}
	}
	text(&c.Org, "f7110000-0000-4000-8000-000000000001")
	text(&c.ClientID, "client")
	text(&c.ClientSecret, "secret")
	if c.Permissions == nil {
		c.Permissions = []string{PermitAudits, PermitInteractions, PermitRecordings, PermitUsers, PermitQueues}
	}
	if c.TokenTTL <= 0 {
		c.TokenTTL = 24 * time.Hour
	}
	if c.RatePerMinute <= 0 {
		c.RatePerMinute = 300
	}
	if c.MaxInterval <= 0 {
		c.MaxInterval = 31 * 24 * time.Hour
	}
	if c.RedirectAbove <= 0 {
		c.RedirectAbove = 2000
	}
	if c.DownloadTTL <= 0 {
		c.DownloadTTL = time.Hour
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
}

// Cloud is one organisation, its login server and its file server.
type Cloud struct {
	config Config

	mu         sync.Mutex
	audits     map[api][]*audit
	known      map[string]bool
	users      map[string]User
	queues     map[string]Queue
	recordings map[recordingKey]*recording
	tokens     map[string]*token
	queries    map[string]*query
	downloads  map[string]*download
	faults     []*Fault
	random     *rand.Rand
	seen       []Call
	numbers    uint64
}

// New gives an empty one.
func New(config Config) *Cloud {
	config.setDefaults()
	return &Cloud{
		config: config, audits: make(map[api][]*audit), known: make(map[string]bool), users: make(map[string]User), queues: make(map[string]Queue),
		recordings: make(map[recordingKey]*recording), tokens: make(map[string]*token), queries: make(map[string]*query),
		downloads: make(map[string]*download), random: rand.New(rand.NewPCG(config.Seed, 0)),
	}
}

// Org is the organisation's id.
func (c *Cloud) Org() string { return c.config.Org }

// Call is a request that came, and how it was answered.
type Call struct {
	Method, Path, RawQuery string
	// Status is 0 where the connection was cut or left hanging.
	Status int
	At     time.Time
}

// Calls lists all that came, in the order of their answers.
func (c *Cloud) Calls() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.seen)
}

// ServeHTTP implements http.Handler: /oauth/token is the login server,
// /download/ the file server, and the rest the API.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	noted := &notedWriter{ResponseWriter: w}
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.seen = append(c.seen, Call{Method: r.Method, Path: r.URL.Path, RawQuery: r.URL.RawQuery, Status: noted.status, At: c.config.Clock()})
	}()
	noted.Header().Set("Date", c.config.Clock().UTC().Format(http.TimeFormat))
	noted.Header().Set(correlationHeader, c.newID())
	if fault := c.takeFault(r); fault != nil && fault.happen(c, noted, r) {
		return
	}
	switch {
	case r.URL.Path == "/oauth/token":
		c.login(noted, r)
	case strings.HasPrefix(r.URL.Path, "/download/"):
		c.serveDownload(noted, r)
	default:
		c.serveAPI(noted, r)
	}
}

// notedWriter remembers the status.
type notedWriter struct {
	http.ResponseWriter
	status int
}

func (w *notedWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *notedWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(b) //nolint:wrapcheck // it stands for the writer
}

// newID gives a UUID that nothing else has.
func (c *Cloud) newID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nextID()
}

// nextID is newID for who holds the lock.
func (c *Cloud) nextID() string {
	c.numbers++
	return fmt.Sprintf("fac7%04x-0000-4000-8000-%012x", c.numbers>>48, c.numbers&0xffffffffffff)
}
