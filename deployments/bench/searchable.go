package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// How evidence comes in row searchable: so many lines so often, for so long
// before it is reckoned and while it is.
const (
	feedLines = 100
	feedEvery = 100 * time.Millisecond
	feedWarm  = 10 * time.Second
	feedFor   = 60 * time.Second
)

// measureSearchable lets earwitness watch a folder, embedded but for
// Elasticsearch, and asks both for what was written to it.
func measureSearchable(ctx context.Context, b *bench) (figure, error) {
	s, err := b.theServers(ctx)
	if err != nil {
		return figure{}, err
	}
	arg := feedArg{Log: b.path("growing", "access.log"), Index: b.path("watched", "index", "trail.db"), URL: s.elastic.URL, Prefix: "watched"}
	file := b.path("watched.yaml")
	text := fmt.Sprintf("data: %s\nelastic:\n  urls: [%q]\n  prefix: %s\n", b.path("watched"), arg.URL, arg.Prefix)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return figure{}, err
	}
	if err := os.MkdirAll(filepath.Dir(arg.Log), 0o755); err != nil {
		return figure{}, err
	}
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := command(watching, nil, b.program, "run", "--config", file, "--s3-logs", filepath.Dir(arg.Log), "--service-role", syntheticRole, "--model", "direct")
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return figure{}, err
	}
	r, _, err := call[feedResult](ctx, b, 2, "searchable", arg)
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if ended := cmd.Wait(); err == nil && ended != nil {
		err = fmt.Errorf("earwitness ends with %w", ended)
	}
	if err != nil {
		return figure{}, err
	}
	return figure{
		figure: fmt.Sprintf("Elasticsearch p50 %s, p99 %s; index p50 %s, p99 %s (%s lines each; asked every %s and %s); %s",
			millis(r.Elastic.P50), millis(r.Elastic.P99), millis(r.Index.P50), millis(r.Index.P99), thousands(float64(r.Lines)),
			millis(askElasticEvery), millis(askIndexEvery), spentBy(cmd, time.Since(began))),
		beside:  fmt.Sprintf("Elasticsearch shows what it has at its refresh, every second as it comes; writing the lines was late by %s at most", millis(r.Late)),
		reached: reached(r.Elastic.P99 <= 2*time.Second) + ", " + reached(r.Index.P99 <= 500*time.Millisecond),
	}, nil
}

func millis(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }
