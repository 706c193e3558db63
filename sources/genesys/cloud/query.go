package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// API is one of the two that have audits.
type API string

// The APIs, by the names that settings give them.
const (
	// Platform has AuditLogMessage; permission audits:audit:view.
	Platform API = "platform"
	// Quality has QualityAuditLogMessage, the trail of each interaction with
	// who played and downloaded; permission audits:interactionDetails:view.
	Quality API = "quality"
)

func (a API) path() string {
	if a == Quality {
		return "/api/v2/quality/conversations/audits/query"
	}
	return "/api/v2/audits/query"
}

// Query asks for audits.
type Query struct {
	API API
	// From and To bound the time of the audits. Whether the API takes the
	// ends as in or out is not known.
	From, To time.Time
	// Service of the platform's audits; EntityType of either, which the
	// quality API wants.
	Service, EntityType string
}

// filter, sorting and body are those of both APIs.
type filter struct {
	Property string `json:"property"`
	Value    string `json:"value"`
}

type sorting struct {
	Name      string `json:"name"`
	SortOrder string `json:"sortOrder"`
}

type queryBody struct {
	Interval    string    `json:"interval"`
	ServiceName string    `json:"serviceName,omitempty"`
	Filters     []filter  `json:"filters"`
	Sort        []sorting `json:"sort"`
}

func (q *Query) body() queryBody {
	const form = "2006-01-02T15:04:05.000Z"
	b := queryBody{
		Interval: q.From.UTC().Format(form) + "/" + q.To.UTC().Format(form), ServiceName: q.Service,
		Filters: []filter{}, Sort: []sorting{{"Timestamp", "ascending"}},
	}
	if q.EntityType != "" {
		b.Filters = append(b.Filters, filter{"EntityType", q.EntityType})
	}
	return b
}

// Part is one page of a query's results, or one of the files that stand in
// place of pages.
type Part struct {
	// URI says where it came from, and holds no secret.
	URI string
	// Open gives the part's bytes: a page with "entities", or an array. It is
	// to be closed, and ends with ctx.
	Open func(ctx context.Context) (io.ReadCloser, error)
}

const (
	largestPage  = 500
	smallestPage = 25
	// How a query's state is asked for: at once, then with growing waits.
	firstPoll   = 500 * time.Millisecond
	slowestPoll = 15 * time.Second
	// longestQuery is after how long a query is given up.
	longestQuery = 15 * time.Minute
)

// UnfinishedError is a query that did not succeed. Another one may.
type UnfinishedError struct{ ID, State string }

func (e *UnfinishedError) Error() string {
	return fmt.Sprintf("audit query %s: its state is %s; it is asked again", e.ID, e.State)
}

// Audits makes a query, waits for it, and hands each part of its results to
// take, in order; take may keep the part. Errors are take's, *Error,
// *UnfinishedError, and ctx's; what was handed on until then stands.
func (c *Client) Audits(ctx context.Context, q Query, take func(Part) error) error {
	var made struct{ ID, State string }
	if err := c.callJSON(ctx, request{class: Audits, method: http.MethodPost, path: q.API.path(), body: q.body()}, &made); err != nil {
		return fmt.Errorf("make audit query: %w", err)
	}
	if made.ID == "" {
		return fmt.Errorf("make audit query: %w", &UnfinishedError{State: "unknown: it has no id"})
	}
	path := q.API.path() + "/" + url.PathEscape(made.ID)
	if err := c.await(ctx, path, made.ID, made.State); err != nil {
		return err
	}
	return c.results(ctx, path+"/results", take)
}

// await waits until a query has succeeded.
func (c *Client) await(ctx context.Context, path, id, state string) error {
	deadline := time.Now().Add(longestQuery)
	for wait := firstPoll; ; wait = min(2*wait, slowestPoll) {
		switch state {
		case "Succeeded":
			return nil
		case "Failed", "Cancelled":
			return &UnfinishedError{id, state}
		}
		if time.Now().After(deadline) {
			return &UnfinishedError{id, fmt.Sprintf("still %q after %s", state, longestQuery)}
		}
		if err := sleep(ctx, wait); err != nil {
			return fmt.Errorf("wait for audit query %s: %w", id, err)
		}
		var told struct{ State string }
		if err := c.callJSON(ctx, request{class: Audits, method: http.MethodGet, path: path}, &told); err != nil {
			return fmt.Errorf("wait for audit query: %w", err)
		}
		state = told.State
	}
}

// results goes over the pages. A page that is too large is asked for again,
// half as long.
func (c *Client) results(ctx context.Context, path string, take func(Part) error) error {
	size, cursor := largestPage, ""
	for number := 1; ; {
		asked := url.Values{"pageSize": {strconv.Itoa(size)}, "expand": {"user"}, "allowRedirect": {"true"}}
		if cursor != "" {
			asked.Set("cursor", cursor)
		}
		got, err := c.call(ctx, request{class: Audits, method: http.MethodGet, path: path, query: asked})
		if tooLarge(err) && size > smallestPage {
			size = max(size/2, smallestPage)
			continue
		}
		if err != nil {
			return fmt.Errorf("read audits: %w", err)
		}
		var page struct {
			Cursor, DownloadURL string
			Entities            json.RawMessage
		}
		if err := json.Unmarshal(got.body, &page); err != nil {
			return fmt.Errorf("read audits: GET %s: %w", path, err)
		}
		// What has no entities at all has none to hand on.
		if page.DownloadURL != "" || got.status == http.StatusFound || len(page.Entities) > len("[]") {
			part, err := c.part(path, number, got, page.DownloadURL)
			if err != nil {
				return err
			}
			if err := take(part); err != nil {
				return err
			}
			number++
		}
		if page.Cursor == "" {
			return nil
		}
		if page.Cursor == cursor {
			return fmt.Errorf("read audits: GET %s: the page leads to itself", path)
		}
		cursor = page.Cursor
	}
}

func (c *Client) callJSON(ctx context.Context, r request, into any) error {
	got, err := c.call(ctx, r)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(got.body, into); err != nil {
		return fmt.Errorf("%s %s: the answer is of another form: %w", r.method, r.path, err)
	}
	return nil
}
