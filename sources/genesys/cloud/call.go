package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"
)

const (
	// longestPause between two attempts.
	longestPause = 30 * time.Second
	// most429 is how often a call is put off by the rate limit before that is
	// an error: so often something else is wrong.
	most429 = 30
	// largestBody of an answer, in bytes. A page of 500 audits has far less.
	largestBody = 64 << 20
)

// request is one call of the API.
type request struct {
	class        Class
	method, path string
	query        url.Values
	body         any
}

// reply is an answer that is a success, or a redirect.
type reply struct {
	status int
	body   []byte
}

// passing is a failure that a later attempt may not meet.
type passing struct {
	err error
	// counts says that it uses up an attempt; what the rate limit puts off
	// does not.
	counts bool
}

// call sends until it succeeds, fails for good, or ctx ends. The body is JSON.
func (c *Client) call(ctx context.Context, r request) (*reply, error) {
	renewed, put, pause := false, 0, c.config.Pause
	for attempt := 1; ; {
		got, again, err := c.attempt(ctx, &r, &renewed)
		switch {
		case err != nil:
			c.failed.Add(1)
			return nil, err
		case again == nil:
			return got, nil
		case ctx.Err() != nil:
			return nil, fmt.Errorf("%s %s: %w", r.method, r.path, context.Cause(ctx))
		}
		c.retries.Add(1)
		if !again.counts {
			if put++; put > most429 {
				c.failed.Add(1)
				return nil, fmt.Errorf("put off by the rate limit %d times: %w", put, again.err)
			}
			continue
		}
		if attempt++; attempt > c.config.Attempts {
			c.failed.Add(1)
			return nil, fmt.Errorf("after %d attempts: %w", c.config.Attempts, again.err)
		}
		c.config.Logger.LogAttrs(ctx, slog.LevelDebug, "Genesys call is tried again", slog.String("path", r.path), slog.Duration("after", pause), slog.Any("error", again.err))
		if err := sleep(ctx, pause); err != nil {
			return nil, fmt.Errorf("%s %s: %w", r.method, r.path, err)
		}
		pause = min(2*pause, longestPause)
	}
}

// attempt sends once. It gives an answer, or what may pass, or an error.
func (c *Client) attempt(ctx context.Context, r *request, renewed *bool) (*reply, *passing, error) {
	if err := c.limit.begin(ctx, r.class); err != nil {
		return nil, nil, fmt.Errorf("%s %s: wait for the rate limit: %w", r.method, r.path, err)
	}
	answered := false
	defer func() {
		if !answered {
			c.limit.end(0, nil)
		}
	}()
	trying, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	bearer, err := c.tokens.get(trying)
	if err != nil {
		var e *Error
		if isCredentialError(err) || errors.As(err, &e) && !mayPass(e.Status) && e.Status != http.StatusTooManyRequests && e.Code != "" {
			return nil, nil, err
		}
		return nil, &passing{err, true}, nil
	}
	answer, err := c.send(trying, r, bearer)
	if err != nil {
		c.answers.note(AnswerNone)
		return nil, &passing{fmt.Errorf("%s %s: %w", r.method, r.path, withoutURL(err)), true}, nil
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	answered = true
	c.limit.end(answer.StatusCode, answer.Header)
	c.noteClock(answer.Header)
	body, err := io.ReadAll(io.LimitReader(answer.Body, largestBody+1))
	if err != nil {
		c.answers.note(AnswerNone)
		return nil, &passing{fmt.Errorf("%s %s: read answer: %w", r.method, r.path, withoutURL(err)), true}, nil
	}
	return c.judge(r, answer, body, bearer, renewed)
}

func (c *Client) send(ctx context.Context, r *request, bearer *token) (*http.Response, error) {
	var body io.Reader
	if r.body != nil {
		text, err := json.Marshal(r.body)
		if err != nil {
			return nil, fmt.Errorf("marshal body: %w", err)
		}
		body = bytes.NewReader(text)
	}
	target := c.config.Endpoint + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	out, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, err
	}
	out.Header.Set("Authorization", "Bearer "+bearer.text)
	out.Header.Set("Accept", "application/json")
	out.Header.Set("User-Agent", "earwitness")
	if r.body != nil {
		out.Header.Set("Content-Type", "application/json")
	}
	c.calls.Add(1)
	return c.http.Do(out)
}

func (c *Client) judge(r *request, answer *http.Response, body []byte, bearer *token, renewed *bool) (*reply, *passing, error) {
	status := answer.StatusCode
	isSuccess := status >= 200 && status < 300 || status == http.StatusFound
	readable := isSuccess && len(body) <= largestBody && json.Valid(body)
	if isSuccess && !readable {
		c.answers.note(AnswerUnreadable)
	} else {
		c.answers.note(statusText(status))
	}
	switch {
	case len(body) > largestBody:
		return nil, nil, fmt.Errorf("%s %s: the answer has more than %d bytes", r.method, r.path, largestBody)
	case readable:
		return &reply{status, body}, nil, nil
	case isSuccess:
		// A page of the content network, or half an answer.
		return nil, &passing{failureOf(r.method, r.path, answer, body), true}, nil
	}
	failure := failureOf(r.method, r.path, answer, body)
	switch {
	case status == http.StatusUnauthorized && !*renewed:
		*renewed = true
		c.tokens.drop(bearer)
		return nil, &passing{failure, false}, nil
	case status == http.StatusTooManyRequests:
		c.throttled.Add(1)
		return nil, &passing{failure, false}, nil
	case mayPass(status):
		return nil, &passing{failure, true}, nil
	}
	return nil, nil, failure
}

// sleep waits for about d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	// From half of it to all of it, so that those who failed together do not
	// come back together.
	timer := time.NewTimer(d/2 + rand.N(d/2+1))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
