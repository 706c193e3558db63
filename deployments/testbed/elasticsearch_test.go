//go:build servers

package testbed_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"earwitness/deployments/testbed"
)

func TestElasticsearchOpen(t *testing.T) {
	t.Parallel()
	node := startElasticsearch(t, testbed.ElasticsearchConfig{})
	es := newElastic(t, &node.ElasticsearchAccess)
	es.expect(http.StatusCreated, testbed.Account{}, http.MethodPut, "/acts/_doc/1?refresh=true", `{"who":"anna"}`)
	es.expect(http.StatusOK, testbed.Account{}, http.MethodGet, "/acts/_search?q=who:anna", "", `"value":1`, `"_id":"1"`)

	if err := node.Node.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := node.Node.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	es.expect(http.StatusOK, testbed.Account{}, http.MethodGet, "/acts/_doc/1", "", `"who":"anna"`)
}

func TestElasticsearchWithAuthentication(t *testing.T) {
	t.Parallel()
	node := startElasticsearch(t, testbed.ElasticsearchConfig{Authentication: true, TLS: true})
	es := newElastic(t, &node.ElasticsearchAccess)
	tests := []struct {
		name               string
		as                 testbed.Account
		health, put, templ int
	}{
		{"admin", node.Admin, http.StatusOK, http.StatusCreated, http.StatusOK},
		{"writer", node.Writer, http.StatusOK, http.StatusCreated, http.StatusForbidden},
		{"guest", node.Guest, http.StatusOK, http.StatusForbidden, http.StatusForbidden},
		{"nobody", testbed.Account{}, http.StatusUnauthorized, http.StatusUnauthorized, http.StatusUnauthorized},
		{"wrong password", testbed.Account{User: node.Admin.User, Password: "x"}, http.StatusUnauthorized, http.StatusUnauthorized, http.StatusUnauthorized},
	}
	for i, test := range tests {
		es.expect(test.health, test.as, http.MethodGet, "/_cluster/health", "")
		es.expect(test.put, test.as, http.MethodPut, fmt.Sprintf("/acts-%d/_doc/1", i), `{"who":"anna"}`)
		es.expect(test.templ, test.as, http.MethodPut, "/_index_template/acts", `{"index_patterns":["x-*"]}`)
	}
}

func startElasticsearch(t *testing.T, cfg testbed.ElasticsearchConfig) *testbed.ElasticsearchNode {
	t.Helper()
	began := time.Now()
	node, err := testbed.Elasticsearch(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := node.Stop(); err != nil {
			t.Error(err)
		}
	})
	t.Logf("%s: started in %s", node, time.Since(began).Round(time.Millisecond))
	return node
}

// elastic is as much of a client as these tests need.
type elastic struct {
	t      *testing.T
	url    string
	client *http.Client
}

func newElastic(t *testing.T, access *testbed.ElasticsearchAccess) *elastic {
	t.Helper()
	trust, err := access.TLSConfig()
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: trust}
	t.Cleanup(transport.CloseIdleConnections)
	return &elastic{t: t, url: access.URL, client: &http.Client{Transport: transport, Timeout: 30 * time.Second}}
}

func (e *elastic) expect(status int, as testbed.Account, method, path, body string, parts ...string) {
	e.t.Helper()
	request, err := http.NewRequestWithContext(context.WithoutCancel(e.t.Context()), method, e.url+path, strings.NewReader(body))
	if err != nil {
		e.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if as.User != "" {
		request.SetBasicAuth(as.User, as.Password)
	}
	response, err := e.client.Do(request)
	if err != nil {
		e.t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(response.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	if response.StatusCode != status {
		e.t.Errorf("%s %s as %q: %s, want %d: %s", method, path, as.User, response.Status, status, text)
	}
	for _, part := range parts {
		if !strings.Contains(string(text), part) {
			e.t.Errorf("%s %s: no %s in %s", method, path, part, text)
		}
	}
}
