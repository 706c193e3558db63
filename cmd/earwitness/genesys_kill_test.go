package main

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"earwitness/sources/genesys/fakecloud"
)

// A process that is killed in the middle of asking leaves nothing undone that
// the next one does not do, and nothing that it does twice.
func TestAskedAndKilled(t *testing.T) {
	slow(t)
	t.Parallel()
	for _, pages := range []int{0, 2, 6} {
		cloud := startCloud(t, "2", fakecloud.Config{MaxPage: 30})
		cloud.Inject(fakecloud.Fault{Path: "/results", Skip: pages, Times: 1000, Trouble: fakecloud.Hang})
		w := newAskedWorld(t, "2", cloud.URL)
		process := exec.CommandContext(t.Context(), os.Args[0], w.flags()...)
		process.Env = append(os.Environ(), asCommand+"=1")
		if err := process.Start(); err != nil {
			t.Fatal(err)
		}
		awaitPages(t, cloud.Cloud, pages)
		if err := process.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		var exit *exec.ExitError
		if err := process.Wait(); !errors.As(err, &exit) {
			t.Fatalf("the process ends with %v", err)
		}
		healed := startCloud(t, "2", fakecloud.Config{})
		again := newAskedWorld(t, "2", healed.URL)
		earwitness(t, append(again.a.flags(w.data()), "--config", again.file)...).want(t, 0)
		again.a.check(t, w.data())
	}
}

// awaitPages waits until so many pages were served, and a query after them.
func awaitPages(t *testing.T, cloud *fakecloud.Cloud, pages int) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	late := time.After(2 * time.Minute)
	for {
		served, asked := 0, 0
		for _, call := range cloud.Calls() {
			if strings.HasSuffix(call.Path, "/results") {
				served++
			} else if strings.Contains(call.Path, "/query/") {
				asked++
			}
		}
		if served >= pages && asked >= 4 {
			return
		}
		select {
		case <-again.C:
		case <-late:
			t.Fatalf("%d pages and %d queries", served, asked)
		}
	}
}
