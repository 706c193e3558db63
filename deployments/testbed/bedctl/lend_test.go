//go:build servers

package main

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"earwitness/deployments/testbed"
	"earwitness/deployments/testbed/bedtest"
)

// TestWithStopsWhatItStarted runs commands that see the server, end well, end
// badly, and are told to end: afterwards it is gone.
func TestWithStopsWhatItStarted(t *testing.T) {
	t.Parallel()
	program := bedtest.VersityGW(t, testbed.VersityGWConfig{}).Program
	for script, code := range map[string]int{
		"echo runs": 0, "echo runs; exit 3": 3, "echo runs; kill -INT $PPID; sleep 600": 128 + int(syscall.SIGINT),
	} {
		cmd := bedctl(t, "with", "versitygw", "--", "sh", "-c", script)
		fetched(t, cmd, program)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		cmd.Run() //nolint:errcheck // the exit code tells
		if got := cmd.ProcessState.ExitCode(); got != code || out.String() != "runs\n" {
			t.Errorf("%s: code %d, want %d, out %q, err %s", script, got, code, &out, &errs)
		}
		line := regexp.MustCompile(`bedctl: versitygw: versitygw v[0-9.]+, (http://[0-9.:]+), .*; started in [0-9.]+m?s`).FindStringSubmatch(errs.String())
		if line == nil {
			t.Fatalf("the server is not named in: %s", &errs)
		}
		if answers(t, line[1]) {
			t.Errorf("%s: the server at %s outlives its command", script, line[1])
		}
	}
}

// fetched has the cache of a process hold what another has fetched.
func fetched(t *testing.T, cmd *exec.Cmd, program string) {
	t.Helper()
	installed := filepath.Dir(filepath.Dir(program))
	for _, entry := range cmd.Env {
		home, ok := strings.CutPrefix(entry, "XDG_CACHE_HOME=")
		if !ok || !strings.HasPrefix(home, "/tmp/bed") {
			continue
		}
		if runtime.GOOS == "darwin" {
			home = filepath.Join(home, "Library", "Caches")
		}
		cache := filepath.Join(home, "earwitness", "testbed")
		if err := errors.Join(os.MkdirAll(cache, 0o700), os.Symlink(installed, filepath.Join(cache, filepath.Base(installed)))); err != nil {
			t.Fatal(err)
		}
	}
}

func answers(t *testing.T, endpoint string) bool {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, endpoint+"/health", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil
}
