package cloud

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// part is a page's own body, or the file that it leads to.
func (c *Client) part(path string, number int, got *reply, target string) (Part, error) {
	uri := fmt.Sprintf("%s%s#page-%d", c.config.Endpoint, path, number)
	if target == "" {
		if got.status == http.StatusFound {
			return Part{}, fmt.Errorf("read audits: GET %s: a redirect without a downloadUrl", path)
		}
		return Part{URI: uri, Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(got.body)), nil
		}}, nil
	}
	where, err := url.Parse(target)
	if err != nil || where.Host == "" {
		return Part{}, fmt.Errorf("read audits: GET %s: its downloadUrl is none", path)
	}
	shown := url.URL{Scheme: where.Scheme, Host: where.Host, Path: where.Path}
	return Part{URI: shown.String(), Open: func(ctx context.Context) (io.ReadCloser, error) {
		return c.download(ctx, where, shown.String())
	}}, nil
}

// download opens a presigned URL. It holds its own right; the token is for
// the API alone, and a file server refuses it.
func (c *Client) download(ctx context.Context, where *url.URL, shown string) (io.ReadCloser, error) {
	pause := c.config.Pause
	for attempt := 1; ; attempt++ {
		body, err := c.open(ctx, where, shown)
		var e *Error
		if err == nil || ctx.Err() != nil || attempt == c.config.Attempts || errors.As(err, &e) && !mayPass(e.Status) {
			return body, err
		}
		c.retries.Add(1)
		if err := sleep(ctx, pause); err != nil {
			return nil, fmt.Errorf("download %s: %w", shown, err)
		}
		pause = min(2*pause, longestPause)
	}
}

func (c *Client) open(ctx context.Context, where *url.URL, shown string) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancel(ctx)
	// What stands still for so long has stopped.
	still := time.AfterFunc(c.config.Timeout, cancel)
	stop := func() {
		still.Stop()
		cancel()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, where.String(), nil)
	if err != nil {
		stop()
		return nil, fmt.Errorf("download %s: %w", shown, withoutURL(err))
	}
	r.Header.Set("User-Agent", "earwitness")
	answer, err := c.http.Do(r)
	if err != nil {
		stop()
		return nil, fmt.Errorf("download %s: %w", shown, withoutURL(err))
	}
	if answer.StatusCode != http.StatusOK {
		_ = answer.Body.Close() // it is not read
		stop()
		return nil, fmt.Errorf("download: %w", &Error{
			Method: http.MethodGet, Path: shown, Status: answer.StatusCode, Message: describe(answer.Header.Get("Content-Type")),
		})
	}
	return &moving{ReadCloser: answer.Body, still: still, after: c.config.Timeout, stop: stop}, nil
}

// moving is a body that may not stand still.
type moving struct {
	io.ReadCloser
	still *time.Timer
	after time.Duration
	stop  func()
}

func (m *moving) Read(p []byte) (int, error) {
	n, err := m.ReadCloser.Read(p)
	m.still.Reset(m.after)
	return n, err //nolint:wrapcheck // io.EOF has to stay what it is
}

func (m *moving) Close() error {
	defer m.stop()
	return m.ReadCloser.Close() //nolint:wrapcheck // it stands for the body
}
