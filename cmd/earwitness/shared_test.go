//go:build servers

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"earwitness/cmd/earwitness/engine"
	"earwitness/cmd/earwitness/monitor"
)

// records that a process has read since it began; -1 while it does not say.
func (p *sharer) records(t *testing.T) int64 {
	t.Helper()
	text, err := askStatus(t.Context(), p.address)
	var r monitor.Report
	if err != nil || json.Unmarshal(text, &r) != nil || r.Engine == nil || len(r.Engine.Sources) == 0 {
		return -1
	}
	return r.Engine.Sources[0].Records
}

// awaitRecords waits until processes have read so many together, and gives
// what each has.
func awaitRecords(t *testing.T, want int64, all ...*sharer) []int64 {
	t.Helper()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	late := time.After(2 * time.Minute)
	for {
		var each []int64
		sum := int64(0)
		for _, p := range all {
			each = append(each, p.records(t))
			sum += max(0, each[len(each)-1])
		}
		if sum >= want {
			return each
		}
		select {
		case <-again.C:
		case <-late:
			for _, p := range all {
				t.Logf("%s says:\n%s", p.address, p.log)
			}
			t.Fatalf("%v records were read, want %d", each, want)
		}
	}
}

// Two processes that have a share each read everything, and nothing twice,
// also when one was killed meanwhile. It is covered when both have read theirs.
func TestSharesOfABucket(t *testing.T) {
	b, s := newLogBucket(t), newSharing(t)
	put := func(from, to int) {
		for i := from; i < to; i++ {
			b.put(fmt.Sprintf("logs/%d", i), fmt.Appendf(nil, "no line of a log %d\nand no other %d\n", i, i), nil)
		}
	}
	put(0, 60)
	text, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	listed := fmt.Sprintf("path: s3://%s/logs/, s3: {endpoint: %q, path-style: true, every: 10s}", b.name, b.access.Endpoint)
	if err := os.WriteFile(s.file, []byte(strings.Replace(string(text), "path: logs", listed, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	one := s.start("one", "--share", "1/2")
	alone := awaitRecords(t, 1, one)[0]
	two := s.start("two", "--share", "2/2")
	each := awaitRecords(t, 120, one, two)
	if each[0]+each[1] != 120 || each[0] < 20 || each[1] < 20 {
		t.Errorf("%v records were read of 120, by one alone %d", each, alone)
	}
	s.await("both", func(c *engine.CoverageStatus) bool { return c.Until != nil && c.Readers == 2 }, one, two)
	if err := two.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = two.Wait()
	put(60, 120)
	again := s.start("two", "--share", "2/2")
	left := 240 - each[1]
	each = awaitRecords(t, left, one, again)
	if each[0]+each[1] != left || each[1] < 20 {
		t.Errorf("afterwards %v records were read of %d that were left", each, left)
	}
}
