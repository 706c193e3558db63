package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/engine"
)

// line is a request in the form of AWS's access logs.
func line(at time.Time) string {
	return fmt.Sprintf("79a5 recordings [%s] 192.0.2.3 arn:aws:iam::111122223333:user/x 3E57427F3EXAMPLE REST.GET.OBJECT a.wav "+
		`"GET /a.wav HTTP/1.1" 200 - 113 113 7 5 "-" "S3Console/0.4" - s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= `+
		"SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader recordings.s3.amazonaws.com TLSv1.2 - -\n", at.UTC().Format("02/Jan/2006:15:04:05 -0700"))
}

// TestClockStepped: a clock that is set forward or back by an hour makes nothing
// final before its time, while the machine knows better. What it said
// at the start is believed.
func TestClockStepped(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name           string
		atStart, later time.Duration
		final          bool
	}{
		{"right", 0, 0, false},
		{"wrong from the start", time.Hour, time.Hour, true},
		{"set forward", 0, time.Hour, false},
		{"set back", 0, -time.Hour, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir, none := t.TempDir(), config.Duration(0)
			logs := filepath.Join(dir, "logs")
			began := time.Now()
			if err := os.MkdirAll(logs, 0o700); err != nil {
				t.Fatal(err)
			}
			grow(t, filepath.Join(logs, "one"), []byte(line(began)))
			c, err := config.Load(config.Flags{Data: filepath.Join(dir, "data"), S3Logs: []string{logs}})
			if err != nil {
				t.Fatal(err)
			}
			c.Bus.Partitions, c.Sources[0].Lateness = 1, &none
			e, err := engine.Open(t.Context(), c, quiet(), engine.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var ahead atomic.Int64
			ahead.Store(int64(test.atStart))
			e.SetMachine(&ahead)
			ahead.Store(int64(test.later))
			ctx, stop := context.WithCancel(t.Context())
			w := &watching{t: t, engine: e, stop: stop, ended: make(chan error, 1)}
			go func() {
				_, err := e.Watch(ctx)
				w.ended <- err
			}()
			w.awaitRecords(1)
			await(t, func() bool { return !e.Covered("s3-logs").IsZero() })
			if until := e.Covered("s3-logs"); until.After(time.Now()) != test.final {
				t.Errorf("the source is covered until %s, the time is %s", until, time.Now().UTC())
			}
			w.end()
			if pending, final := states(t, c); final > 0 != test.final || pending+final == 0 {
				t.Errorf("%d records are final, %d pending", final, pending)
			}
		})
	}
}
