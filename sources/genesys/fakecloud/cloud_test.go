package fakecloud_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"earwitness/sources/genesys/fakecloud"
	"earwitness/sources/genesys/genesystest"
)

// noon is when the fake's clock stands, unless it is moved.
var noon = time.Date(2026, time.August, 2, 12, 0, 0, 0, time.UTC)

// caller calls a cloud as somebody with nothing but the description would.
type caller struct {
	t     *testing.T
	cloud *genesystest.Server
	clock atomic.Int64 // seconds after noon
	token string
}

func newCaller(t *testing.T, config fakecloud.Config) *caller {
	t.Helper()
	c := &caller{t: t}
	config.Clock = func() time.Time { return noon.Add(time.Duration(c.clock.Load()) * time.Second) }
	c.cloud = genesystest.Start(t, config)
	c.token = c.login("client", "secret")
	return c
}

func (c *caller) pass(d time.Duration) { c.clock.Add(int64(d / time.Second)) }

// reply is an answer with its body, as JSON where it is that.
type reply struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

func (r *reply) field(name string) string { return fmt.Sprint(r.body[name]) }

func (c *caller) send(r *http.Request) *reply {
	c.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	got := &reply{status: answer.StatusCode, header: answer.Header, text: string(text)}
	_ = json.Unmarshal(text, &got.body) // what is none stays text
	return got
}

func (c *caller) request(method, path, body string) *http.Request {
	c.t.Helper()
	target := path
	if !strings.HasPrefix(path, "http") {
		target = c.cloud.URL + path
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func (c *caller) call(method, path, body string) *reply {
	c.t.Helper()
	return c.send(c.request(method, path, body))
}

func (c *caller) askToken(id, secret, grant string) *reply {
	c.t.Helper()
	r := c.request(http.MethodPost, "/oauth/token", url.Values{"grant_type": {grant}}.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(id, secret)
	return c.send(r)
}

func (c *caller) login(id, secret string) string {
	c.t.Helper()
	got := c.askToken(id, secret, "client_credentials")
	if got.status != http.StatusOK {
		c.t.Fatalf("login: %d %s", got.status, got.text)
	}
	return got.field("access_token")
}

// refused checks a refusal by the API.
func (c *caller) refused(got *reply, status int, code string) {
	c.t.Helper()
	if got.status != status || got.field("code") != code || got.field("contextId") == "" || got.header.Get("Inin-Correlation-Id") == "" {
		c.t.Errorf("answer %d %s, want %d %s", got.status, got.text, status, code)
	}
}

func platformAudit(n int, at time.Time) string {
	return fmt.Sprintf(`{"id":"platform-%04d","user":{"id":"u1","name":"Ada Admin"},"serviceName":"Quality","level":"USER","eventDate":%q,`+
		`"action":"Read","entityType":"Recording","entity":{"id":"r1"},"context":{"conversationId":"c1"}}`, n, at.Format(time.RFC3339))
}

func qualityAudit(n int, at time.Time) string {
	return fmt.Sprintf(`{"id":"quality-%04d","user":{"id":"u1"},"remoteIps":["203.0.113.7"],"serviceName":"RecordingPlaybackService","level":"User",`+
		`"eventDate":%q,"action":"Read","entityType":"Recording","entity":{"id":"r1"},"context":{}}`, n, at.Format("2006-01-02T15:04:05.000Z"))
}

func (c *caller) fill(n int) {
	c.t.Helper()
	for i := range n {
		at := noon.Add(time.Duration(i-n) * time.Second)
		if err := c.cloud.AddPlatformAudit([]byte(platformAudit(i, at)), time.Time{}); err != nil {
			c.t.Fatal(err)
		}
		if err := c.cloud.AddQualityAudit([]byte(qualityAudit(i, at)), time.Time{}); err != nil {
			c.t.Fatal(err)
		}
	}
}

func TestLogin(t *testing.T) {
	c := newCaller(t, fakecloud.Config{})
	for _, test := range []struct {
		id, secret, grant string
		status            int
		code              string
	}{
		{"client", "wrong", "client_credentials", http.StatusUnauthorized, "invalid_client"},
		{"nobody", "secret", "client_credentials", http.StatusUnauthorized, "invalid_client"},
		{"client", "secret", "password", http.StatusBadRequest, "unsupported_grant_type"},
	} {
		if got := c.askToken(test.id, test.secret, test.grant); got.status != test.status || got.field("error") != test.code {
			t.Errorf("%v: %d %s", test, got.status, got.text)
		}
	}
	if got := c.call(http.MethodGet, "/oauth/token", ""); got.status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", got.status)
	}
}

func TestTokenDies(t *testing.T) {
	c := newCaller(t, fakecloud.Config{TokenTTL: time.Hour, IdleTimeout: 15 * time.Minute})
	const path = "/api/v2/organizations/me"
	if got := c.call(http.MethodGet, path, ""); got.status != http.StatusOK || got.field("id") != c.cloud.Org() {
		t.Fatalf("a fresh token: %d %s", got.status, got.text)
	}
	c.pass(14 * time.Minute)
	if got := c.call(http.MethodGet, path, ""); got.status != http.StatusOK {
		t.Errorf("a token that is used now and then: %d", got.status)
	}
	c.pass(15 * time.Minute)
	c.refused(c.call(http.MethodGet, path, ""), http.StatusUnauthorized, "bad.credentials")
	c.token = c.login("client", "secret")
	for range 6 {
		c.pass(10 * time.Minute)
		_ = c.call(http.MethodGet, path, "")
	}
	c.refused(c.call(http.MethodGet, path, ""), http.StatusUnauthorized, "bad.credentials")
	c.token = ""
	c.refused(c.call(http.MethodGet, path, ""), http.StatusUnauthorized, "authentication.required")
}

func TestRateLimit(t *testing.T) {
	c := newCaller(t, fakecloud.Config{RatePerMinute: 2})
	const path = "/api/v2/organizations/me"
	got := c.call(http.MethodGet, path, "")
	for name, want := range map[string]string{"inin-ratelimit-count": "1", "inin-ratelimit-allowed": "2", "inin-ratelimit-reset": "61"} {
		if got.header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.header.Get(name), want)
		}
	}
	c.pass(20 * time.Second)
	_ = c.call(http.MethodGet, path, "")
	got = c.call(http.MethodGet, path, "")
	c.refused(got, http.StatusTooManyRequests, "too.many.requests.retry.after")
	if got.header.Get("Retry-After") != "40" {
		t.Errorf("Retry-After: %q", got.header.Get("Retry-After"))
	}
	c.pass(40 * time.Second)
	if got := c.call(http.MethodGet, path, ""); got.status != http.StatusOK {
		t.Errorf("in the next minute: %d", got.status)
	}
}

func TestRefusals(t *testing.T) {
	c := newCaller(t, fakecloud.Config{RatePerMinute: 1000, Permissions: []string{fakecloud.PermitAudits}})
	const platform, quality = "/api/v2/audits/query", "/api/v2/quality/conversations/audits/query"
	day := `{"interval":"2026-08-01T00:00:00Z/2026-08-02T00:00:00Z"}`
	for _, test := range []struct {
		method, path, body string
		status             int
		code               string
	}{
		{"GET", "/api/v2/recordings/recordings/r1", "", 404, "not.found"},
		{"GET", "/api/v2/audits/query/none", "", 404, "not.found"},
		{"PUT", platform, day, 405, "method.not.allowed"},
		{"POST", quality, day, 403, "missing.any.permissions"},
		{"GET", "/api/v2/users/u1", "", 403, "missing.any.permissions"},
		{"POST", platform, `{"interval":"yesterday"}`, 400, "invalid.date"},
		{"POST", platform, `{"interval":"2026-08-02T00:00:00Z/2026-08-01T00:00:00Z"}`, 400, "bad.request"},
		{"POST", platform, `{"interval":"2026-06-01T00:00:00Z/2026-08-01T00:00:00Z"}`, 400, "bad.request"},
		{"POST", platform, `{"interval":"2026-08-01T00:00:00Z/2026-08-02T00:00:00Z","limit":5}`, 400, "bad.request"},
		{"POST", platform, day + day, 400, "bad.request"},
		{"POST", platform, `{`, 400, "bad.request"},
		{"POST", platform, day[:len(day)-1] + `,"filters":[{"property":"Colour","value":"red"}]}`, 400, "invalid.property"},
		{"POST", platform, day[:len(day)-1] + `,"filters":[{"property":"ConversationId","value":"c"}]}`, 400, "invalid.property"},
		{"POST", platform, day[:len(day)-1] + `,"sort":[{"name":"Id","sortOrder":"ascending"}]}`, 400, "invalid.value"},
		{"POST", platform + "?limit=5", day, 400, "invalid.query.param.value"},
		{"POST", platform, strings.Repeat(" ", 512001), 413, "request.entity.too.large"},
		{"POST", platform + "/realtime", day[:len(day)-1] + `,"pageSize":501}`, 400, "invalid.value"},
	} {
		got := c.call(test.method, test.path, test.body)
		if c.refused(got, test.status, test.code); t.Failed() {
			t.Fatalf("at %s %s %.100s", test.method, test.path, test.body)
		}
	}
	plain := c.request(http.MethodPost, platform, day)
	plain.Header.Set("Content-Type", "text/plain")
	c.refused(c.send(plain), http.StatusUnsupportedMediaType, "unsupported.media.type")
}
