package cloud

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// Config of a Client.
type Config struct {
	// Endpoint is the API's URL, see Endpoint. The login server is that of
	// the same name with login in place of api.
	Endpoint string
	// ClientID names the OAuth client, whose grant is client credentials.
	ClientID string
	// Secret gives the client's secret. It is asked each time that a token is
	// fetched, so that a secret may be changed while the program runs.
	Secret func() (string, error)
	// RatePerMinute is the limit until an answer tells another [300].
	RatePerMinute int
	// MostPerMinute is never passed, whatever the answers tell; 0: what they
	// tell.
	MostPerMinute int
	// Timeout of one attempt, its body included [1 min].
	Timeout time.Duration
	// Attempts is how often a call is tried that may yet succeed [8]. What
	// only waits for the rate limit is no attempt.
	Attempts int
	// Pause is the wait before the second attempt; it doubles up to 30 s
	// [500 ms].
	Pause time.Duration
	// Transport sends; nil is one with Go's defaults and the environment's
	// proxy.
	Transport http.RoundTripper
	// Logger; nil logs nothing.
	Logger *slog.Logger
}

// Client calls the API. It is safe for concurrent use.
type Client struct {
	config Config
	http   *http.Client
	limit  *limiter
	tokens *tokens

	calls, retries, throttled, failed atomic.Int64
	answers                           answers
	clockNS                           atomic.Int64
	clockTold                         atomic.Bool
}

// New gives a client, and asks nothing yet.
func New(config Config) (*Client, error) {
	if config.Endpoint == "" || config.ClientID == "" || config.Secret == nil {
		return nil, errors.New("open Genesys client: it needs an endpoint, a client id and a secret")
	}
	config.Endpoint = strings.TrimRight(config.Endpoint, "/")
	if config.RatePerMinute <= 0 {
		config.RatePerMinute = 300
	}
	if config.Timeout <= 0 {
		config.Timeout = time.Minute
	}
	if config.Attempts <= 0 {
		config.Attempts = 8
	}
	if config.Pause <= 0 {
		config.Pause = 500 * time.Millisecond
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Client{config: config, limit: newLimiter(config.RatePerMinute, config.MostPerMinute)}
	c.http = &http.Client{
		Transport: config.Transport,
		// A redirect leads to a file that refuses the token.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	c.tokens = &tokens{client: c, turn: make(chan struct{}, 1)}
	return c, nil
}

// Endpoint is the API's URL.
func (c *Client) Endpoint() string { return c.config.Endpoint }

// Now is the time by the API's clock, as its last answer told it to the
// second, and never ahead of it; before the first answer this machine's.
// Audits are dated by that clock, and this machine's may be wrong.
func (c *Client) Now() time.Time {
	return time.Now().Add(time.Duration(c.clockNS.Load())).UTC()
}

// noteClock learns the API's clock from an answer.
func (c *Client) noteClock(header http.Header) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return
	}
	offset := time.Until(date)
	// The date is cut down to its second, and the answer was under way: what
	// differs by that much may be right.
	if offset > -2*time.Second && offset < time.Second {
		offset = min(offset, 0)
	}
	c.clockNS.Store(int64(offset))
	if offset.Abs() > tolerated && !c.clockTold.Swap(true) {
		c.config.Logger.Warn("this machine's clock differs from that of Genesys Cloud, whose clock is used for audits",
			slog.Duration("ahead", offset.Round(time.Second)))
	}
}

// tolerated is how far the clocks may differ before it is told.
const tolerated = time.Minute
