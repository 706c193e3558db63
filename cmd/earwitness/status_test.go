package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"earwitness/cmd/earwitness/monitor"
)

// observed is a running process that tells its status.
type observed struct {
	t       *testing.T
	cmd     *exec.Cmd
	address string
	// said is what it logs, whole once drained.
	said    *talk
	drained chan struct{}
}

// observe starts a command that listens at a free port, and reads from its
// log where that is.
func observe(t *testing.T, env []string, args ...string) *observed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], append(args, "--http", "127.0.0.1:0")...)
	cmd.Env = append(append(os.Environ(), asCommand+"=1"), env...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	o := &observed{t: t, cmd: cmd, said: newTalk(), drained: make(chan struct{})}
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for o.address == "" && lines.Scan() {
		if _, rest, found := strings.Cut(strings.ReplaceAll(lines.Text(), `"`, ""), "address"); found && strings.Contains(lines.Text(), "telling metrics") {
			o.address = strings.Trim(rest, "=:}")
		}
	}
	if o.address == "" {
		t.Fatalf("the process ends without telling where it listens: %v", cmd.Wait())
	}
	go func() {
		defer close(o.drained)
		for lines.Scan() {
			_, _ = o.said.Write(append(lines.Bytes(), '\n'))
		}
	}()
	return o
}

// get gives code and text of a path.
func (o *observed) get(path string) (int, string) {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+o.address+path, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		o.t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(response.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// report is what "earwitness status --json" says.
func (o *observed) report() monitor.Report {
	o.t.Helper()
	got := earwitness(o.t, "status", "--address", o.address, "--json")
	got.want(o.t, 0)
	var report monitor.Report
	if err := json.Unmarshal([]byte(got.out), &report); err != nil {
		o.t.Fatalf("%v: %s", err, got.out)
	}
	return report
}

// await waits until a report is as it should be.
func (o *observed) await(what string, is func(monitor.Report) bool) monitor.Report {
	o.t.Helper()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	late := time.After(3 * time.Minute)
	for {
		report := o.report()
		if is(report) {
			return report
		}
		select {
		case <-again.C:
		case <-late:
			last := earwitness(o.t, "status", "--address", o.address).out
			// One that hangs says where.
			_ = o.cmd.Process.Signal(syscall.SIGQUIT)
			<-o.drained
			o.t.Fatalf("%s: it does not come to that; the last report is\n%s\nand the process says\n%s", what, last, o.said.since(0))
		}
	}
}

// end stops as a signal does.
func (o *observed) end() {
	o.t.Helper()
	if err := o.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		o.t.Fatal(err)
	}
	<-o.drained
	if err := o.cmd.Wait(); err != nil {
		o.t.Errorf("the process ends with %v", err)
	}
}

// hasAll says that everything read is kept in all stages.
func hasAll(r monitor.Report) bool {
	if r.Engine == nil || !r.Ready || len(r.Engine.Stages) == 0 {
		return false
	}
	records := int64(0)
	for _, s := range r.Engine.Sources {
		records += s.Records
		if s.BytesTotal == 0 || s.BytesDone < s.BytesTotal {
			return false
		}
	}
	for _, s := range r.Engine.Stages {
		for _, p := range s.Partitions {
			if p.Lag > 0 {
				return false
			}
		}
	}
	return records > 0
}

// The embedded default, as it comes: a process tells what it does from its
// beginning to its end.
func TestStatusOfARun(t *testing.T) {
	t.Parallel()
	data, logs, audits := t.TempDir(), filepath.Join(worldsDir, "1", "logs"), filepath.Join(worldsDir, "1", "audits")
	o := observe(t, nil, "run", "--data", data, "--s3-logs", logs, "--audits", audits)
	o.await("all is read and followed", hasAll)

	table := earwitness(t, "status", "--address", o.address)
	table.want(t, 0, "ready\n", "STAGE", "source     s3-logs", "source     audits", "correlate  earwitness.evidence/0", "index      earwitness.access/7",
		"worm       earwitness.evidence/3", "worm       earwitness.access/0", "worm       earwitness.deadletter/7", "following", "all read")
	if strings.Contains(table.out, "elastic") {
		t.Errorf("there is no Elasticsearch, but the table has it:\n%s", table.out)
	}
	if code, text := o.get("/readyz"); code != http.StatusOK || text != "ready\n" {
		t.Errorf("/readyz answers %d %q", code, text)
	}
	if code, text := o.get("/healthz"); code != http.StatusOK || text != "ok\n" {
		t.Errorf("/healthz answers %d %q", code, text)
	}
	code, text := o.get("/metrics")
	for _, want := range []string{
		"\nearwitness_ready 1\n", `earwitness_stage_lag_records{partition="0",stage="correlate",topic="earwitness.evidence"} 0`,
		`earwitness_stage_retries_total{partition="7",stage="worm",topic="earwitness.deadletter"} 0`, `earwitness_source_records_total{source="audits"}`,
		"\ngo_goroutines ", "\nprocess_resident_memory_bytes ", "\ngo_build_info{",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%d: %s is missing of the metrics", code, want)
		}
	}
	if code, _ := o.get("/elsewhere"); code != http.StatusNotFound {
		t.Errorf("another path is answered %d", code)
	}
	o.end()
	earwitness(t, "status", "--address", o.address).want(t, 1, "ask "+o.address+" for its status: nothing listens there", "--http "+o.address)
	// What was opened by a rebuild tells too, and ends.
	earwitness(t, "rebuild", "--data", data, "--http", "127.0.0.1:0").want(t, 0)
}

func TestStatusSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"hello": "there"}`)
	}))
	defer other.Close()
	file := filepath.Join(t.TempDir(), "e.yaml")
	configured := func(text string) string {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	earwitness(t, "status", "--address", strings.TrimPrefix(other.URL, "http://")).want(t, 1, "the answer is no status", "is it another version, or another program?")
	earwitness(t, "status", "--address", other.URL).want(t, 2, "--address: ", "is more than an address; write host:port")
	earwitness(t, "status", "--config", configured("data: d\n")).want(t, 2, "http.listen is not set in "+file, "name that by --address")
	earwitness(t, "status", "--config", configured("http: {listen: \":0\"}\n")).want(t, 2, "any port that is free", "its log names the address")
	earwitness(t, "status", "--config", configured("http: {listen: \"127.0.0.1:1\"}\n")).want(t, 1, "ask 127.0.0.1:1 for its status: nothing listens there")

	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close() //nolint:errcheck // the test is over
	data := t.TempDir()
	earwitness(t, "run", "--once", "--data", data, "--s3-logs", t.TempDir(), "--http", taken.Addr().String()).
		want(t, 1, "listen at "+taken.Addr().String(), "another process has it; name another address by http.listen or --http")
	if entries, err := os.ReadDir(data); err != nil || len(entries) > 0 {
		t.Errorf("the data folder was used all the same: %v, %v", entries, err)
	}
}
