package testbed

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func newCache(t *testing.T) cache {
	t.Helper()
	c, err := openCache(filepath.Join(t.TempDir(), "testbed"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFetchOnce(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	// What a fetch left that was killed must not be taken for the thing.
	stale := filepath.Join(c.path(".partial-thing-1"), "half")
	if err := errors.Join(os.MkdirAll(filepath.Dir(stale), 0o755), os.WriteFile(stale, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	var fetches atomic.Int32
	thing := tool{name: "thing", version: "1", lock: "things", fill: func(_ context.Context, dir string) error {
		fetches.Add(1)
		return os.WriteFile(filepath.Join(dir, "whole"), []byte("yes"), 0o644)
	}}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			dir, err := c.fetch(t.Context(), thing)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := os.Stat(filepath.Join(dir, "whole")); err != nil {
				t.Error(err)
			}
			if present(filepath.Join(dir, "half")) {
				t.Error("an earlier, partial fetch is in the folder")
			}
		})
	}
	all.Wait()
	if fetches.Load() != 1 {
		t.Errorf("fetched %d times", fetches.Load())
	}
}

func TestFetchThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	broken := errors.New("the line is cut")
	fails := true
	thing := tool{name: "thing", version: "1", lock: "things", fill: func(_ context.Context, dir string) error {
		if err := os.WriteFile(filepath.Join(dir, "half"), nil, 0o644); err != nil {
			return err
		}
		if fails {
			return broken
		}
		return nil
	}}
	if _, err := c.fetch(t.Context(), thing); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	if present(c.path("thing-1")) || present(c.path(".partial-thing-1")) {
		t.Error("a failed fetch left something")
	}
	fails = false
	if _, err := c.fetch(t.Context(), thing); err != nil {
		t.Errorf("the next fetch: %v", err)
	}
}

func TestFetchWaitsForOthers(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	other, err := c.lock(t.Context(), "things")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close() //nolint:errcheck // the test ends
	ctx, cancel := context.WithTimeout(t.Context(), 2*lockPoll)
	defer cancel()
	_, err = c.fetch(ctx, tool{name: "thing", version: "1", lock: "things"})
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "another process") {
		t.Errorf("got %v, want the lock that was waited for", err)
	}
}

// TestElasticsearchMustBeTheOneThatIsKnown has a Maven that brings another.
func TestElasticsearchMustBeTheOneThatIsKnown(t *testing.T) {
	programs := t.TempDir()
	t.Setenv("PATH", programs)
	script := "#!/bin/sh\necho other >elasticsearch-" + ElasticsearchVersion + ".zip\n"
	if err := os.WriteFile(filepath.Join(programs, "mvn"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	c := newCache(t)
	_, err := c.fetch(t.Context(), elasticsearchTool())
	if failure := new(FetchError); !errors.As(err, &failure) || !strings.Contains(err.Error(), elasticsearchSHA256) {
		t.Errorf("got %v, want a FetchError with the hash", err)
	}
	if present(c.path("elasticsearch-" + ElasticsearchVersion)) {
		t.Error("another archive was kept")
	}
}

// TestFetchErrorsNameWhatIsMissing has commands that fail, or are not there.
func TestFetchErrorsNameWhatIsMissing(t *testing.T) {
	programs := t.TempDir()
	t.Setenv("PATH", programs)
	tests := []struct {
		tool    tool
		program string
		parts   []string
	}{
		{kafkaTool(), "mvn", []string{"fetch kafka 4.3.1", "Maven Central"}},
		{elasticsearchTool(), "mvn", []string{"fetch elasticsearch 8.19.16", "Maven Central"}},
		{minioTool(), "go", []string{"fetch minio v0.0.0-2026", "Go module proxy"}},
	}
	expect := func(tool tool, parts ...string) {
		t.Helper()
		_, err := newCache(t).fetch(t.Context(), tool)
		if failure := new(FetchError); !errors.As(err, &failure) {
			t.Fatalf("got %v, want a FetchError", err)
		}
		for _, part := range parts {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("no %q in: %v", part, err)
			}
		}
	}
	for _, test := range tests {
		expect(test.tool, append(test.parts, "install "+test.program)...)
	}
	for _, program := range []string{"mvn", "go"} {
		script := "#!/bin/sh\necho no route to the mirror\nexit 3\n"
		if err := os.WriteFile(filepath.Join(programs, program), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range tests {
		expect(test.tool, append(test.parts, "by \""+test.program+" ", "exit status 3", "no route to the mirror")...)
	}
}
