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
			Time:     now,
			Enricher: &engine.EnricherStatus{Published: 1200, Waiting: 34, Failed: 2, Oldest: ago(70 * time.Second), Trouble: "look up: answer 500", Since: ago(time.Minute)},
			Sources: []engine.SourceStatus{
				{Name: "logs", FilesTotal: 3, BytesTotal: 3 << 20, BytesDone: 1 << 20, Rate: 12345.6, DeadLetters: 2},
				{Name: "audits", FilesTotal: 1, BytesTotal: 100, BytesDone: 100},
				{Name: "trail", FilesTotal: 2, BytesTotal: 300, BytesDone: 200, Retries: 8, Denied: 1, Refused: 2, Failed: map[string]int64{"refused": 3, "throttled": 7, "connection": 1}},
				{Name: "new", FilesTotal: 9, BytesTotal: 900, BytesDone: 900, Queue: &engine.QueueStatus{
					Name: "log-objects", Received: 1200, Redelivered: 3, Deleted: 1190, Released: 2, Lost: 1, Visible: 3014, Hidden: 14, InWork: 10, Oldest: ago(130 * time.Second),
					Refused: map[string]int64{"gone": 2, "no-notification": 1}, Failed: map[string]int64{"throttled": 12},
				}},
				{Name: "idle", Queue: &engine.QueueStatus{Name: "events"}},
			},
			Organisations: []engine.OrganisationStatus{{
				Source: "org", Calls: 1203, Retries: 12, Failed: 1, Allowed: 300, Left: 212, Waits: 5, Waited: 90.5, Tokens: 2, NoTokens: 1, ClockOffset: 3599.5,
				Answers: map[string]int64{"200": 1190, "429": 3, "500": 8, "unreadable": 1, "none": 1},
			}},
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
source     trail                     200 B      300 B      100 B       -       0        8     0  reading, 1 times denied, 2 gone or overwritten, requests failed: 1 connection, 7 throttled
source     new                       900 B      900 B        0 B       -       0        -     0  taking messages
source     idle                        0 B        0 B        0 B       -       0        -     0  the queue is empty
correlate  earwitness.evidence/0     1,000      1,234        234   250ms     3.1        0     1  following
correlate  earwitness.evidence/1         -          -          0       -       0        0     0  opening for 5s
elastic    earwitness.access/0           7  1,000,007  1,000,000   1h01m       0       12     0  waiting since 11:58:30 (1m30s) [1]
elastic    earwitness.access/1           7          7          0       -       0        0     0  waiting since 11:58:30 (1m30s) [1]
lookups    metadata                  1,200          -         34   1m10s       -        2     0  waiting since 11:59:00 (1m00s) [2]

QUEUE  NAME         VISIBLE  HIDDEN  IN WORK  OLDEST  RECEIVED  AGAIN  DELETED  BACK  LOST  TROUBLE
new    log-objects    3,014      14       10   2m10s     1,200      3    1,190     2     1  refused: 2 gone, 1 no-notification; requests failed: 12 throttled
idle   events             0       0        0       -         0      0        0     0     0  -

GENESYS  LEFT        CALLS  RETRIES  FAILED  WAITING  WAITED        TOKENS    CLOCK  ANSWERS
org      212 of 300  1,203       12       1        0   1m30s  2 (1 failed)  +59m59s  200=1,190 429=3 500=8 none=1 unreadable=1

[1] index records: connection refused\x1b[31m
[2] look up: answer 500
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
