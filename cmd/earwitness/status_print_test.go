package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/cmd/earwitness/engine"
	"earwitness/cmd/earwitness/monitor"
)

func TestStatusIsOneTable(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) *time.Time {
		at := now.Add(-d)
		return &at
	}
	refused := "index records: connection refused\x1b[31m"
	report := monitor.Report{
		Version: "earwitness v1", Began: now.Add(-3 * time.Hour),
		Reasons: []string{"elastic earwitness.access/0 is waiting"},
		Engine: &engine.Status{
			Time: now,
			Sources: []engine.SourceStatus{
				{Name: "logs", FilesTotal: 3, BytesTotal: 3 << 20, BytesDone: 1 << 20, Rate: 12345.6, DeadLetters: 2},
				{Name: "audits", FilesTotal: 1, BytesTotal: 100, BytesDone: 100},
			},
			Stages: []engine.StageStatus{
				{Stage: "correlate", Topic: "earwitness.evidence", Partitions: []engine.PartitionStatus{
					{Partition: 0, State: engine.StateFollowing, Position: 1000, End: 1234, Lag: 234, LagSeconds: 0.25, Rate: 3.14, DeadLetters: 1},
					{Partition: 1, State: engine.StateOpening, Position: -1, End: -1, Since: ago(5 * time.Second)},
				}},
				{Stage: "elastic", Topic: "earwitness.access", Partitions: []engine.PartitionStatus{
					{Partition: 0, State: engine.StateWaiting, Position: 7, End: 1_000_007, Lag: 1_000_000, LagSeconds: 3700, Retries: 12, Waiting: refused, Since: ago(90 * time.Second)},
					{Partition: 1, State: engine.StateWaiting, Position: 7, End: 7, Waiting: refused, Since: ago(90 * time.Second)},
				}},
			},
		},
	}
	var b bytes.Buffer
	printStatus(&b, "127.0.0.1:9850", &report, now)
	const want = `earwitness v1 at 127.0.0.1:9850, up 3h00m, not ready:
  elastic earwitness.access/0 is waiting

STAGE      WHERE                  POSITION        END        LAG  BEHIND  RATE/S  RETRIES  DEAD  STATE
source     logs                    1.0 MiB    3.0 MiB    2.0 MiB       -  12,345        -     2  reading
source     audits                    100 B      100 B        0 B       -       0        -     0  all read
correlate  earwitness.evidence/0     1,000      1,234        234   250ms     3.1        0     1  following
correlate  earwitness.evidence/1         -          -          0       -       0        0     0  opening for 5s
elastic    earwitness.access/0           7  1,000,007  1,000,000   1h01m       0       12     0  waiting since 11:58:30 (1m30s) [1]
elastic    earwitness.access/1           7          7          0       -       0        0     0  waiting since 11:58:30 (1m30s) [1]

[1] index records: connection refused\x1b[31m
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestStatusBeforeAnythingIsOpen(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	report := monitor.Report{Version: "earwitness v1", Began: now.Add(-49 * time.Hour), Reasons: []string{"opening the bus, since 2026-11-25T11:00:00Z"}}
	var b bytes.Buffer
	printStatus(&b, "h:1", &report, now)
	if want := "earwitness v1 at h:1, up 2d, not ready:\n  opening the bus, since 2026-11-25T11:00:00Z\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}
