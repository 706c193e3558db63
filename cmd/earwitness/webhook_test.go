package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What is posted and answered with 202 is in the trail, as if it had come in a
// file; with --once nobody listens.
func TestPostedAudits(t *testing.T) {
	t.Parallel()
	probe, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := probe.Addr().String()
	if err := probe.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "earwitness.yaml")
	text := fmt.Sprintf("sources:\n- name: events\n  type: genesys-webhook\n  webhook: {listen: %q, path: /genesys, secret: \"file:secret\"}\n", address)
	for path, content := range map[string]string{file: text, filepath.Join(dir, "secret"): "open sesame\n"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	earwitness(t, "run", "--once", "--config", file, "--data", data).want(t, 0, "a webhook is not listened for with --once", "0 requests")

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan outcome, 1)
	go func() { ended <- earwitnessIn(ctx, "run", "--config", file, "--data", data) }()
	events, err := os.ReadFile(filepath.Join(worldsDir, "1", "audits", "eventbridge.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(events)), "\n")[:10]
	for _, line := range lines {
		postEvent(t, "http://"+address+"/genesys", line, ended)
	}
	cancel()
	got := <-ended
	got.want(t, 0, "10 records from 10 requests")
	if records := trailOf(t, data); len(records) != len(lines) {
		t.Errorf("%d records came of %d events", len(records), len(lines))
	}
}

// postEvent posts until it is taken: the process may not listen yet.
func postEvent(t *testing.T, url, body string, ended chan outcome) {
	t.Helper()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	late := time.After(time.Minute)
	for {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Api-Key", "open sesame")
		answer, err := new(http.Client).Do(r)
		if err == nil {
			if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusAccepted {
				t.Fatalf("the answer is %d, %v", answer.StatusCode, err)
			}
			return
		}
		select {
		case <-again.C:
		case got := <-ended:
			t.Fatalf("the process has ended: %+v", got)
		case <-late:
			t.Fatal(err)
		}
	}
}
