package elastic

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8"
	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// mostAnswer bounds what is read of an answer: more is nothing that we asked
// for.
const mostAnswer = 64 << 20

// client speaks with one cluster. It tries nothing twice: whoever asks knows
// what may be repeated.
type client struct {
	es      *elasticsearch.BaseClient
	idle    func()
	where   string
	timeout time.Duration
}

func newClient(cfg *Config) (*client, error) {
	c := &client{where: places(cfg.URLs), timeout: cfg.RequestTimeout, idle: func() {}}
	transport := cfg.Transport
	if transport == nil {
		own, err := newTransport(cfg)
		if err != nil {
			return nil, err
		}
		transport, c.idle = own, own.CloseIdleConnections
	}
	var err error
	c.es, err = elasticsearch.NewBaseClient(elasticsearch.Config{
		Addresses: cfg.URLs, Username: cfg.Username, Password: cfg.Password, APIKey: encodeKey(cfg.APIKey),
		Transport: transport, DisableRetry: true, EnableCompatibilityMode: true,
		CompressRequestBody: cfg.Compress, PoolCompressor: cfg.Compress,
	})
	if err != nil {
		return nil, fmt.Errorf("prepare client of Elasticsearch at %s: %w", c.where, err)
	}
	return c, nil
}

func (c *client) close(ctx context.Context) error {
	err := c.es.Close(ctx)
	c.idle()
	if err != nil {
		return fmt.Errorf("close client of Elasticsearch at %s: %w", c.where, err)
	}
	return nil
}

// places names the nodes without what is secret.
func places(urls []string) string {
	var shown []string
	for _, text := range urls {
		if u, err := url.Parse(text); err == nil {
			shown = append(shown, redact(u))
		}
	}
	return strings.Join(shown, ", ")
}

// encodeKey takes an API key in both forms that Elasticsearch shows.
func encodeKey(key string) string {
	if strings.Contains(key, ":") {
		return base64.StdEncoding.EncodeToString([]byte(key))
	}
	return key
}

// do sends a request and decodes what it answers into out, which may be nil.
// What fails is a *RequestError that says it was tried to do action.
func (c *client) do(ctx context.Context, action string, request esapi.Request, out any) error {
	within, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	answer, err := request.Do(within, c.es)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &RequestError{Action: action, URL: c.where, Err: err}
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	data, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &RequestError{Action: action, URL: c.where, Err: fmt.Errorf("read answer: %w", err)}
	}
	if answer.StatusCode < http.StatusOK || answer.StatusCode >= http.StatusMultipleChoices {
		return refusal(action, c.where, answer.StatusCode, data)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return &RequestError{Action: action, URL: c.where, Err: fmt.Errorf("%w: %w", errUnreadable, err)}
	}
	return nil
}

// refusal reads why Elasticsearch, or something before it, said no.
func refusal(action, where string, status int, data []byte) *RequestError {
	e := &RequestError{Action: action, URL: where, Status: status}
	var body struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(data, &body) != nil || len(body.Error) == 0 {
		return e
	}
	var cause failure
	if json.Unmarshal(body.Error, &cause) == nil {
		e.Type, e.Reason = cause.Type, cause.reason()
		return e
	}
	var text string
	if json.Unmarshal(body.Error, &text) == nil {
		e.Reason = shorten(text)
	}
	return e
}
