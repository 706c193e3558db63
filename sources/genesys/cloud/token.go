package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// early is how long before its end a token is no longer used, at most half of
// its life.
const early = time.Minute

// tokens holds the one token that all calls use.
type tokens struct {
	client          *Client
	fetched, failed atomic.Int64
	// turn holds one fetch at a time; a channel, so that a wait can end.
	turn chan struct{}
	held atomic.Pointer[token]
}

type token struct {
	text string
	// until is by this machine's clock running on, whatever it shows.
	until time.Time
}

// get gives a token that is not known to be dead.
func (t *tokens) get(ctx context.Context) (*token, error) {
	if held := t.held.Load(); held != nil && time.Now().Before(held.until) {
		return held, nil
	}
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if held := t.held.Load(); held != nil && time.Now().Before(held.until) {
		return held, nil
	}
	fresh, err := t.fetch(ctx)
	if err != nil {
		t.failed.Add(1)
		return nil, err
	}
	t.fetched.Add(1)
	t.held.Store(fresh)
	return fresh, nil
}

// drop forgets a token that was refused, unless another stands in its place.
func (t *tokens) drop(dead *token) { t.held.CompareAndSwap(dead, nil) }

// fetch asks the login server, once.
func (t *tokens) fetch(ctx context.Context) (*token, error) {
	c := t.client
	secret, err := c.config.Secret()
	if err != nil {
		return nil, &credentialError{fmt.Errorf("ask for a token: %w", err)}
	}
	const path = "/oauth/token"
	form := url.Values{"grant_type": {"client_credentials"}}.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, loginOf(c.config.Endpoint)+path, strings.NewReader(form))
	if err != nil {
		return nil, fmt.Errorf("ask for a token: %w", withoutURL(err))
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	r.SetBasicAuth(c.config.ClientID, secret)
	asked := time.Now()
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("ask for a token at %s: %w", loginOf(c.config.Endpoint), withoutURL(err))
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("ask for a token: %w", withoutURL(err))
	}
	c.noteClock(answer.Header)
	var given struct {
		Token   string `json:"access_token"`
		Seconds int64  `json:"expires_in"`
	}
	if answer.StatusCode != http.StatusOK || json.Unmarshal(body, &given) != nil || given.Token == "" {
		e := failureOf(http.MethodPost, path, answer, body)
		if e.Code == "invalid_client" {
			// Some answer 400, some 401; it is the same.
			e.Status = http.StatusUnauthorized
		}
		return nil, e
	}
	life := time.Duration(given.Seconds) * time.Second
	return &token{text: given.Token, until: asked.Add(life - min(early, life/2))}, nil
}

// credentialError: the secret can't be had on this machine.
type credentialError struct{ err error }

func (e *credentialError) Error() string { return e.err.Error() }
func (e *credentialError) Unwrap() error { return e.err }

func isCredentialError(err error) bool {
	var e *credentialError
	return errors.As(err, &e)
}
