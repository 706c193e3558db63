//go:build servers

package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/deployments/testbed"
	"earwitness/pipeline/access"
)

// realServer is an Elasticsearch of the test bed, and an administrator of it.
type realServer struct {
	*testbed.ElasticsearchNode
	client *http.Client
}

func startReal(tb testing.TB, cfg testbed.ElasticsearchConfig) *realServer {
	tb.Helper()
	node, err := testbed.Elasticsearch(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := node.Stop(); err != nil {
			tb.Error(err)
		}
	})
	trust, err := node.TLSConfig()
	if err != nil {
		tb.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: trust}
	tb.Cleanup(transport.CloseIdleConnections)
	tb.Logf("%s", node)
	return &realServer{node, &http.Client{Transport: transport, Timeout: time.Minute}}
}

// patiently bounds what is asked of a real server, on a machine with much else
// to do.
func patiently(tb testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(tb.Context(), 5*time.Minute)
	tb.Cleanup(cancel)
	return ctx
}

// ask sends a request as administrator and decodes the answer into out.
func (s *realServer) ask(tb testing.TB, method, path, body string, out any) int {
	tb.Helper()
	request, err := http.NewRequestWithContext(tb.Context(), method, s.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		tb.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if s.Admin.User != "" {
		request.SetBasicAuth(s.Admin.User, s.Admin.Password)
	}
	response, err := s.client.Do(request)
	if err != nil {
		tb.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	data, err := io.ReadAll(response.Body)
	if err != nil {
		tb.Fatal(err)
	}
	if out != nil {
		if err := json.Unmarshal(data, out); err != nil {
			tb.Fatalf("%s %s: %v in %s", method, path, err, data)
		}
	}
	return response.StatusCode
}

// held lists what lies in the indices of a prefix, as the fake does.
func (s *realServer) held(tb testing.TB, prefix string) []string {
	tb.Helper()
	s.ask(tb, http.MethodPost, "/"+prefix+"-*/_refresh", "", nil)
	var lines []string
	after := ""
	for {
		var page struct {
			Hits struct {
				Hits []struct {
					Index   string          `json:"_index"`
					ID      string          `json:"_id"`
					Version uint64          `json:"_version"`
					Source  json.RawMessage `json:"_source"`
					Sort    []any           `json:"sort"`
				} `json:"hits"`
			} `json:"hits"`
		}
		s.ask(tb, http.MethodPost, "/"+prefix+"-*/_search", `{"size":5000,"version":true,"sort":["event.id"]`+after+`}`, &page)
		if len(page.Hits.Hits) == 0 {
			slices.Sort(lines)
			return lines
		}
		for _, h := range page.Hits.Hits {
			lines = append(lines, fmt.Sprintf("%s %s %d %s", h.Index, h.ID, h.Version, h.Source))
			after = fmt.Sprintf(`,"search_after":["%s"]`, h.Sort[0])
		}
	}
}

func (s *realServer) count(tb testing.TB, target string) int {
	tb.Helper()
	var answer struct {
		Count int `json:"count"`
	}
	s.ask(tb, http.MethodGet, "/"+target+"/_count", "", &answer)
	return answer.Count
}

func TestElasticsearch(t *testing.T) {
	// A small limit, so that bulks meet it.
	server := startReal(t, testbed.ElasticsearchConfig{Settings: map[string]string{"http.max_content_length": "1mb"}})
	t.Run("golden documents", func(t *testing.T) { realGolden(t, server) })
	t.Run("twenty thousand", func(t *testing.T) { realBulk(t, server) })
	t.Run("upgrade", func(t *testing.T) { realUpgrade(t, server) })
	t.Run("blocked index", func(t *testing.T) { realBlocked(t, server) })
	t.Run("long and strange values", func(t *testing.T) { realStrange(t, server) })
	t.Run("killed under load", func(t *testing.T) { realKilled(t, server) })
}

func realGolden(t *testing.T, server *realServer) {
	if _, err := Setup(patiently(t), Config{URLs: []string{server.URL}, Prefix: "golden"}); err != nil {
		t.Fatal(err)
	}
	index := names{"golden", 1}.index(access.Kind_KIND_ACCESS, monthOf(time.Now().UTC()))
	for name, document := range goldenDocuments(t) {
		var answer struct {
			Error json.RawMessage `json:"error"`
		}
		if status := server.ask(t, http.MethodPut, "/"+index+"/_doc/"+name, string(document), &answer); status != http.StatusCreated {
			t.Errorf("%s: %d %s", name, status, answer.Error)
		}
	}
	for _, wrong := range []string{`{"more":1}`, `{"earwitness":{"more":1}}`, `{"source":{"ip":"here"}}`, `{"earwitness":{"candidates":[{"more":1}]}}`} {
		if status := server.ask(t, http.MethodPost, "/"+index+"/_doc", wrong, nil); status != http.StatusBadRequest {
			t.Errorf("%s: status %d, want 400", wrong, status)
		}
	}
	if status := server.ask(t, http.MethodPut, "/golden-access-1999.01/_doc/1", `{}`, nil); status != http.StatusNotFound {
		t.Errorf("an index made by a write: status %d, want 404", status)
	}
	server.ask(t, http.MethodPost, "/golden-*/_refresh", "", nil)
	// What is flattened and nested can be searched.
	for _, query := range []string{
		`{"term":{"earwitness.evidence.uri":"s3://trail/1.json.gz"}}`, `{"term":{"source.ip":"2001:db8::/32"}}`,
		`{"nested":{"path":"earwitness.candidates","query":{"bool":{"must":[{"term":{"earwitness.candidates.name":"Ada Quill"}},{"term":{"earwitness.candidates.distance_s":3}}]}}}}`,
	} {
		var answer struct {
			Count int `json:"count"`
		}
		server.ask(t, http.MethodPost, "/golden-records/_count", `{"query":`+query+`}`, &answer)
		if answer.Count == 0 {
			t.Errorf("nothing is found by %s", query)
		}
	}
}

func realBulk(t *testing.T, server *realServer) {
	m := newMemory()
	cfg := testConfig(server.URL, m)
	cfg.Prefix, cfg.Pause = "many", pause
	s := openSink(t, cfg)
	ctx := patiently(t)
	count := 20_000
	if testing.Short() {
		count = 4000
	}
	var all []*access.Record
	for n := range count {
		r := makeRecord(n%(count*3/4), uint64(1+n*7919%count))
		r.TimeMs = firstMoment + int64(n%(count*3/4))*200_000
		if r.Act != nil {
			r.Act.TimeMs = r.TimeMs
		}
		if n%10 == 9 {
			r.State = access.State_STATE_RETRACTED
		}
		all = append(all, r)
	}
	began := time.Now()
	for at := 0; at < count; at += 500 {
		if err := s.Write(ctx, 0, makeChunk(t, int64(at), all[at:at+500]...)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Flush(ctx, 0); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d documents in %s: %+v", count, time.Since(began).Round(time.Millisecond), s.Stats())
	var want []string
	for _, line := range wantHeld(all...) {
		want = append(want, "many"+line[len("earwitness"):])
	}
	if diff := cmp.Diff(want, server.held(t, "many")); diff != "" {
		t.Errorf("held (-want +got):\n%.5000s", diff)
	}
	visible := 0
	for _, line := range want {
		if !bytes.Contains([]byte(line), []byte(`"state":"retracted"`)) {
			visible++
		}
	}
	if got := server.count(t, "many-records"); got != visible {
		t.Errorf("the alias shows %d, want %d", got, visible)
	}
	if got := server.count(t, "many-accesses") + server.count(t, "many-requests"); got != visible {
		t.Errorf("the aliases of both kinds show %d, want %d", got, visible)
	}
	// Again from the start: everything is superseded.
	before := s.Stats()
	m.positions = map[int]int64{}
	if _, err := s.Position(ctx, 0); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Write(ctx, 0, makeChunk(t, 0, all[:1000]...)), s.Flush(ctx, 0)); err != nil {
		t.Fatal(err)
	}
	if got := s.Stats(); got.Superseded-before.Superseded != 1000 || got.DeadLetters != 0 {
		t.Errorf("a second delivery of 1000: %+v, before %+v", got, before)
	}
}

func realUpgrade(t *testing.T, server *realServer) {
	m := newMemory()
	cfg := testConfig(server.URL, m)
	cfg.Prefix = "upgrade"
	if err := deliver(t, openSink(t, cfg), 6); err != nil {
		t.Fatal(err)
	}
	next := TemplateVersion + 1
	cfg.version, cfg.OnlyCheckTemplates = next, true
	var missing *TemplateError
	if err := openSink(t, cfg).Prepare(patiently(t)); !errors.As(err, &missing) {
		t.Fatalf("checking only, got %v, want a template error", err)
	}
	cfg.OnlyCheckTemplates = false
	s := openSink(t, cfg)
	ctx := patiently(t)
	if err := errors.Join(s.Write(ctx, 0, makeChunk(t, 6, makeRecords(12)[6:]...)), s.Flush(ctx, 0)); err != nil {
		t.Fatal(err)
	}
	versions, err := s.client.indexVersions(ctx, "upgrade-*")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"upgrade-access-2026.10": next, "upgrade-request-2026.10": next}, versions); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
	if got := len(server.held(t, "upgrade")); got != 12 {
		t.Errorf("%d are held, want 12", got)
	}
}

func realBlocked(t *testing.T, server *realServer) {
	for _, block := range []string{"write", "read_only", "read_only_allow_delete"} {
		m := newMemory()
		cfg := testConfig(server.URL, m)
		cfg.Prefix = "blocked-" + block
		s := openSink(t, cfg)
		if err := deliver(t, s, 3); err != nil {
			t.Fatal(err)
		}
		settings := "/" + cfg.Prefix + "-access-2026.10/_settings"
		server.ask(t, http.MethodPut, settings, `{"index.blocks.`+block+`":true}`, nil)
		ctx := patiently(t)
		if err := s.Write(ctx, 0, makeChunk(t, 3, makeRecords(30)[3:]...)); err != nil {
			t.Fatal(err)
		}
		await(t, func() bool { return s.Stats().Waiting != nil })
		hasAll(t, s.Stats().Waiting.Error(), "cluster_block_exception", cfg.Prefix+"-access-2026.10")
		server.ask(t, http.MethodPut, settings, `{"index.blocks.`+block+`":null}`, nil)
		if err := s.Flush(ctx, 0); err != nil {
			t.Fatal(err)
		}
		if got := len(server.held(t, cfg.Prefix)); got != 30 || len(m.letters) != 0 {
			t.Errorf("%s: %d are held, want 30, and %d dead letters, want none", block, got, len(m.letters))
		}
	}
}

// realStrange has values that are longer than a term may be, and a document
// that is larger than the server takes.
func realStrange(t *testing.T, server *realServer) {
	m := newMemory()
	cfg := testConfig(server.URL, m)
	cfg.Prefix = "strange"
	records := makeRecords(6)
	long := string(bytes.Repeat([]byte("ü€𝄞"), 5_000))
	q := records[1].Request
	q.Key, q.KeyLogged, q.RequestUri, q.UserAgent, q.Referrer = long, long, "GET /"+long+"?"+long+" HTTP/1.1", long, long
	records[1].Evidence[0].Origin.Uri = "s3://" + long
	records[2].SubjectId = string(bytes.Repeat([]byte("x"), 2<<20))
	records[4].Request.RemoteIp = "::ffff:198.51.100.7"
	s := openSink(t, cfg)
	ctx := patiently(t)
	if err := errors.Join(s.Write(ctx, 0, makeChunk(t, 0, records...)), s.Flush(ctx, 0)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"too-large kafka:earwitness.access/0@2"}, m.causes()); diff != "" {
		t.Errorf("dead letters (-want +got):\n%s", diff)
		for _, l := range m.letters {
			t.Log(l.Detail)
		}
	}
	if got := len(server.held(t, "strange")); got != 5 {
		t.Errorf("%d are held, want 5", got)
	}
}

// realKilled kills the server under load and starts it again.
func realKilled(t *testing.T, server *realServer) {
	m := newMemory()
	cfg := testConfig(server.URL, m)
	cfg.Prefix, cfg.Requests, cfg.BulkBytes = "killed", 4, 200_000
	s := openSink(t, cfg)
	ctx := patiently(t)
	records := makeRecords(4000)
	for at := 0; at < len(records); at += 100 {
		if at == 500 {
			if err := s.Flush(ctx, 0); err != nil {
				t.Fatal(err)
			}
		}
		if at == 1000 {
			if err := server.Node.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		if at == 3000 {
			await(t, func() bool { return s.Stats().Waiting != nil })
			t.Log(s.Stats().Waiting)
			if err := server.Node.Start(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Write(ctx, 0, makeChunk(t, int64(at), records[at:at+100]...)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Flush(ctx, 0); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, line := range wantHeld(records...) {
		want = append(want, "killed"+line[len("earwitness"):])
	}
	if diff := cmp.Diff(want, server.held(t, "killed")); diff != "" {
		t.Errorf("held (-want +got):\n%.5000s", diff)
	}
}
