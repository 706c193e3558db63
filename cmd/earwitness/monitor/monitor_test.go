package monitor

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"earwitness/cmd/earwitness/engine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// still is a process whose status does not change by itself.
type still struct{ status engine.Status }

func (s *still) Status() engine.Status {
	status := s.status
	status.Time = time.Now().UTC()
	return status
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func get(t *testing.T, m *Monitor, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler(quiet()).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

// busy has everything that there is to tell.
func busy(now time.Time, partitions int) engine.Status {
	since := now.Add(-90 * time.Second)
	s := engine.Status{
		Time: now, Began: now.Add(-time.Hour), Epoch: 3, Following: true,
		Sources: []engine.SourceStatus{{
			Name: "logs", FilesTotal: 4, FilesDone: 3, BytesTotal: 400, BytesDone: 300, Records: 50, Repeated: 2, DeadLetters: 1, Problems: 1,
			Opened: 5, Failed: map[string]int64{"throttled": 6},
			Queue: &engine.QueueStatus{
				Name: "q", Received: 20, Redelivered: 3, Deleted: 15, Released: 2, Lost: 1, Extended: 8, Visible: 30, Hidden: 4, Delayed: 1, InWork: 2, Oldest: &since,
				Refused: map[string]int64{"gone": 1}, Failed: map[string]int64{"server": 9},
			},
		}},
		Coverage:      []engine.CoverageStatus{{Source: "logs", Until: &since, Advanced: since, Readers: 2, Gone: 1}},
		Letters:       []engine.LettersStatus{{Stage: "s3log", Cause: "unreadable", Waiting: 7}},
		Correlator:    &engine.CorrelatorStatus{Published: 70, Partitions: []engine.FoldStatus{{Partition: 0, Requests: 9, Saved: since}}},
		Elastic:       &engine.ElasticStatus{Stored: 10, Superseded: 2, Requests: 5, RequestBytes: 999, Retries: 6, Waiting: "connection refused", Since: &since},
		Archives:      []engine.ArchiveStatus{{Topic: "earwitness.evidence", Segments: 2, Bytes: 2048, Gathered: 100, LastSealed: &since}},
		Enricher:      &engine.EnricherStatus{Lookups: 8, Hits: 5, Misses: 3, Denied: 1, Waiting: 4, Calls: 2, Oldest: &since, Trouble: "answer 500", Since: &since},
		Organisations: []engine.OrganisationStatus{{Source: "org", Calls: 11, Left: 289, Answers: map[string]int64{"429": 2}, NoTokens: 1, Waited: 1.5, ClockOffset: -3600}},
	}
	for _, at := range [][2]string{
		{"correlate", "earwitness.evidence"},
		{"index", "earwitness.access"},
		{"elastic", "earwitness.access"},
		{"worm", "earwitness.evidence"},
		{"worm", "earwitness.access"},
		{"worm", "earwitness.deadletter"},
	} {
		stage := engine.StageStatus{Stage: at[0], Topic: at[1]}
		for n := range partitions {
			p := engine.PartitionStatus{Partition: n, State: engine.StateFollowing, Position: 100, End: 130, Durable: 90, Lag: 30, LagSeconds: 2.5, Records: 120, Retries: 4, DeadLetters: 3}
			if at[0] == "elastic" {
				p.State, p.Waiting, p.Since = engine.StateWaiting, "connection refused", &since
			}
			stage.Partitions = append(stage.Partitions, p)
		}
		s.Stages = append(s.Stages, stage)
	}
	return s
}

// What is opened, replayed, or waits for too long is not ready, and says why;
// what is only slow is.
func TestReadySaysWhyNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New("v", time.Minute)
		want := func(code int, texts ...string) {
			t.Helper()
			got, text := get(t, m, "/readyz")
			if got != code {
				t.Errorf("/readyz answers %d %q, want %d", got, text, code)
			}
			for _, part := range texts {
				if !strings.Contains(text, part) {
					t.Errorf("%q is missing in %q", part, text)
				}
			}
			if health, _ := get(t, m, "/healthz"); health != http.StatusOK {
				t.Errorf("/healthz answers %d: whoever starts it anew for that loses time", health)
			}
		}
		want(http.StatusServiceUnavailable, "not ready\nstarting, since ")
		m.Step("opening the archive")
		want(http.StatusServiceUnavailable, "opening the archive, since ")

		p := &still{}
		m.Attach(p)
		want(http.StatusServiceUnavailable, "no partition is followed yet")
		now := time.Now()
		at := engine.PartitionStatus{Partition: 3, State: engine.StateOpening, Position: -1, End: -1, Since: &now}
		p.status = engine.Status{Following: true, Stages: []engine.StageStatus{{Stage: "correlate", Topic: "t", Partitions: []engine.PartitionStatus{at, at}}}}
		want(http.StatusServiceUnavailable, "correlate t/3 is opening since ", "(partitions like it: 1)")
		at.State, at.Position, at.End = engine.StateReplaying, 5, 9
		p.status.Stages[0].Partitions = []engine.PartitionStatus{at}
		want(http.StatusServiceUnavailable, "correlate t/3 is replaying since ", ", at 5 of 9")
		at.State, at.Since, at.Lag = engine.StateFollowing, nil, 4
		p.status.Stages[0].Partitions = []engine.PartitionStatus{at}
		want(http.StatusOK, "ready")
		at.State, at.Since, at.Waiting = engine.StateWaiting, &now, "the disk is full"
		p.status.Stages[0].Partitions = []engine.PartitionStatus{at}
		want(http.StatusOK, "ready")
		time.Sleep(time.Minute) //nolint:forbidigo // the clock of the bubble
		want(http.StatusServiceUnavailable, "correlate t/3 is waiting since ", ": the disk is full")
		p.status.Stages = nil
		p.status.Sources = []engine.SourceStatus{{Name: "logs", Waiting: "the bus acknowledges nothing", Since: &now}}
		want(http.StatusServiceUnavailable, "source logs is waiting since ", "the bus acknowledges nothing")
		p.status.Sources, p.status.Rebuilding = nil, true
		want(http.StatusServiceUnavailable, "a rebuild goes on")
		p.status.Rebuilding = false
		want(http.StatusOK)
		m.Step("stopping")
		want(http.StatusServiceUnavailable, "stopping, since ")
	})
}

// All metrics of the page come, and their number hangs on what is configured
// alone.
func TestMetricsOfABusyProcess(t *testing.T) {
	m := New("v", time.Minute)
	m.Attach(&still{busy(time.Now(), 2)})
	code, text := get(t, m, "/metrics")
	if code != http.StatusOK {
		t.Fatalf("/metrics answers %d: %s", code, text)
	}
	for _, metric := range Metrics() {
		if !strings.Contains(text, "\n# TYPE "+metric.Name+" "+metric.Type+"\n") {
			t.Errorf("%s is missing", metric.Name)
		}
	}
	for _, want := range []string{
		"earwitness_ready 0", "earwitness_epoch 3",
		`earwitness_stage_lag_records{partition="1",stage="index",topic="earwitness.access"} 30`,
		`earwitness_stage_lag_seconds{partition="1",stage="index",topic="earwitness.access"} 2.5`,
		`earwitness_stage_durable_offset{partition="0",stage="worm",topic="earwitness.deadletter"} 90`,
		`earwitness_stage_dead_letters_total{partition="0",stage="correlate",topic="earwitness.evidence"} 3`,
		`earwitness_coverage_gone_readers{source="logs"} 1`, `earwitness_dead_letters_waiting{cause="unreadable",stage="s3log"} 7`,
		`earwitness_elastic_documents_total{result="superseded"} 2`, "earwitness_elastic_retries_total 6",
		`earwitness_enrich_questions_total{found="hit"} 5`, `earwitness_enrich_unanswered_total{cause="denied"} 1`,
		"earwitness_enrich_waiting_questions 4", `earwitness_genesys_calls_left{source="org"} 289`,
		`earwitness_genesys_answers_total{source="org",status="429"} 2`, `earwitness_genesys_tokens_total{result="failed",source="org"} 1`,
		`earwitness_genesys_limit_waited_seconds_total{source="org"} 1.5`, `earwitness_genesys_clock_offset_seconds{source="org"} -3600`,
		`earwitness_source_failed_requests_total{cause="throttled",source="logs"} 6`, `earwitness_source_downloads_total{source="logs"} 5`,
		`earwitness_queue_redelivered_messages_total{source="logs"} 3`, `earwitness_queue_refused_messages_total{cause="gone",source="logs"} 1`,
		`earwitness_queue_messages{source="logs",state="visible"} 30`, `earwitness_queue_failed_requests_total{cause="server",source="logs"} 9`,
	} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("%s is missing:\n%s", want, text)
		}
	}
	if waits := regexp.MustCompile(`earwitness_stage_waiting_seconds\{.*stage="elastic".*\} 9\d`).FindAllString(text, -1); len(waits) != 2 {
		t.Errorf("of the partitions that wait %q are told", waits)
	}
	if n := len(regexp.MustCompile(`(?m)^earwitness_`).FindAllString(text, -1)); n != 3+14+13+4+1+1+6*2*10+1+2+6+4+14+13 {
		t.Errorf("there are %d series of ours", n)
	}
}

func TestStatusBeforeTheEngineIsOpen(t *testing.T) {
	m := New("v1", time.Minute)
	_, text := get(t, m, "/status")
	var r Report
	if err := json.Unmarshal([]byte(text), &r); err != nil || r.Version != "v1" || r.Ready || r.Engine != nil || len(r.Reasons) != 1 {
		t.Errorf("/status is %s, %v", text, err)
	}
	if code, text := get(t, m, "/metrics"); code != http.StatusOK || !strings.Contains(text, "\nearwitness_ready 0\n") {
		t.Errorf("/metrics answers %d", code)
	}
	m.Attach(&still{busy(time.Now(), 1)})
	_, text = get(t, m, "/status")
	if err := json.Unmarshal([]byte(text), &r); err != nil || r.Engine == nil || r.Engine.Stages[2].Partitions[0].Waiting != "connection refused" {
		t.Errorf("/status is %s, %v", text, err)
	}
	w := httptest.NewRecorder()
	m.Handler(quiet()).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/status", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("a POST is answered %d", w.Code)
	}
}

// A server answers until it is closed, and leaves nothing behind.
func TestServer(t *testing.T) {
	m := New("v", time.Minute)
	s, err := Listen(t.Context(), "127.0.0.1:0", m, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), s.Address(), m, quiet()); err == nil || !strings.Contains(err.Error(), "another process has it") {
		t.Errorf("a second one at the address gives %v", err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.Address()+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err != nil || !strings.HasPrefix(string(text), "ok\nstarting") || response.Body.Close() != nil {
		t.Errorf("/healthz answers %q, %v", text, err)
	}
	if err := s.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// BenchmarkScrape is the cost of /metrics with all stages and 64 partitions.
func BenchmarkScrape(b *testing.B) {
	m := New("v", time.Minute)
	m.Attach(&still{busy(time.Now(), 64)})
	handler := m.Handler(quiet())
	for b.Loop() {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/metrics", nil))
		b.SetBytes(int64(w.Body.Len()))
	}
}
