package monitor

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// scrapesAtOnce is how many may ask for the metrics at the same time.
const scrapesAtOnce = 4

// Handler answers GET and HEAD of the four paths.
func (m *Monitor) Handler(log *slog.Logger) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		newCollector(m), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector(),
	)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError), ErrorHandling: promhttp.HTTPErrorOnError, MaxRequestsInFlight: scrapesAtOnce,
	}))
	mux.HandleFunc("GET /healthz", m.health)
	mux.HandleFunc("GET /readyz", m.ready)
	mux.HandleFunc("GET /status", m.status)
	return mux
}

// health says that the process answers. What it waits for is no reason to
// start it anew, and stands in the text only.
func (m *Monitor) health(w http.ResponseWriter, _ *http.Request) {
	text(w, http.StatusOK, "ok", m.Report().Reasons)
}

func (m *Monitor) ready(w http.ResponseWriter, _ *http.Request) {
	if r := m.Report(); !r.Ready {
		text(w, http.StatusServiceUnavailable, "not ready", r.Reasons)
		return
	}
	text(w, http.StatusOK, "ready", nil)
}

func text(w http.ResponseWriter, code int, head string, lines []string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	// Who does not listen to the end needs no answer.
	_, _ = fmt.Fprintln(w, strings.Join(append([]string{head}, lines...), "\n"))
}

func (m *Monitor) status(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_ = json.NewEncoder(w).Encode(m.Report()) // as above
}
