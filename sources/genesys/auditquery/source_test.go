package auditquery_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"earwitness/sources/genesys/auditquery"
	"earwitness/sources/genesys/fakecloud"
)

func TestOnce(t *testing.T) {
	for name, config := range map[string]fakecloud.Config{
		"pages": {}, "downloads": {RedirectAbove: 200}, "small pages": {MaxPage: 70},
		"tokens that die": {TokenTTL: 2 * time.Second}, "trouble": {TroubleShare: 0.2, Seed: 3},
		"intervals of a day at most": {MaxInterval: 25 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, config)
				for i := range 1500 {
					b.happen(i, time.Now().Add(-time.Duration(1500-i)*time.Minute), 0)
				}
				var stats auditquery.Stats
				for attempt := 0; ; attempt++ {
					source := b.source()
					err := source.Run(t.Context())
					if stats = source.Stats(); err == nil {
						break
					}
					if attempt > 20 || config.TroubleShare == 0 {
						t.Fatal(err)
					}
				}
				b.want(1500)
				if behind := time.Since(stats.Delivered); behind < 0 || behind > time.Hour {
					t.Errorf("delivered up to %s ago", behind)
				}
				// Nothing is news to another run.
				before := stats
				source := b.source()
				for source.Run(t.Context()) != nil {
					source = b.source()
				}
				if stats = source.Stats(); stats.Records != 0 || stats.Known == 0 || stats.Delivered.Before(before.Delivered) {
					t.Errorf("a run with nothing new: %+v", stats)
				}
			})
		})
	}
}

// Whatever comes within the overlap, or within that of the recheck, comes
// once, in trouble or not, with this machine's clock right or wrong.
func TestLateAudits(t *testing.T) {
	for name, test := range map[string]struct {
		config fakecloud.Config
		ahead  time.Duration
	}{
		"all is well":            {},
		"trouble":                {config: fakecloud.Config{TroubleShare: 0.2, Seed: 5}},
		"the clock an hour late": {ahead: time.Hour},
		"the clock an hour fast": {ahead: -time.Hour},
		"downloads, idle tokens": {config: fakecloud.Config{RedirectAbove: 1, IdleTimeout: 2 * time.Minute}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, test.config)
				b.ahead = test.ahead
				n, start := 0, b.cloudTime()
				for at := start.Add(-6 * time.Hour); at.Before(start.Add(30 * time.Hour)); at = at.Add(7 * time.Minute) {
					late := []time.Duration{0, 90 * time.Second, 50 * time.Minute, 20 * time.Hour}[n%4]
					b.happen(n, at, late)
					n++
				}
				stats := b.watch(63 * time.Hour)
				b.want(n)
				for i, until := range b.delivered {
					if i > 0 && until.Before(b.delivered[i-1]) {
						t.Fatalf("delivered goes back from %s to %s", b.delivered[i-1], until)
					}
				}
				if now := b.cloudTime(); stats.Delivered.After(now) || now.Sub(stats.Delivered) > 30*time.Minute {
					t.Errorf("delivered up to %s, and it is %s", stats.Delivered, now)
				}
				// What came in one run is known to the next.
				if again := b.watch(13 * time.Hour); again.Records != 0 || again.Known == 0 {
					t.Errorf("after a restart: %+v", again)
				}
			})
		})
	}
}

// A bus that fails ends the run; position and ledger hold what it took.
func TestPublisherFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, fakecloud.Config{MaxPage: 50})
		for i := range 400 {
			b.happen(i, time.Now().Add(-time.Duration(400-i)*time.Minute), 0)
		}
		failures := 0
		for room := 0; ; room++ {
			b.room = room
			err := b.source(func(c *auditquery.Config) { c.Once = room%2 == 0 }).Run(bounded(t, 20*time.Minute))
			if err == nil {
				break
			}
			if !errors.Is(err, errFull) {
				t.Fatal(err)
			}
			failures++
		}
		b.want(400)
		if failures < 3 {
			t.Errorf("it failed %d times", failures)
		}
	})
}

// One that may pass is waited for.
func TestPublisherFailsForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, fakecloud.Config{MaxPage: 50})
		for i := range 400 {
			b.happen(i, time.Now().Add(-time.Duration(400-i)*time.Minute), 0)
		}
		b.room = 2
		time.AfterFunc(10*time.Minute, func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.room = -1
		})
		source := b.source(func(c *auditquery.Config) {
			c.Once, c.Passing = false, func(err error) bool { return errors.Is(err, errFull) }
		})
		if err := source.Run(bounded(t, time.Hour)); err != nil {
			t.Fatal(err)
		}
		b.want(400)
	})
}

func bounded(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// Who may not ask is told so at the start; later the position stands still.
func TestDenied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, fakecloud.Config{Permissions: []string{fakecloud.PermitInteractions}})
		for _, once := range []bool{true, false} {
			err := b.source(func(c *auditquery.Config) { c.Once = once }).Run(t.Context())
			if err == nil || !strings.Contains(err.Error(), "audits:audit:view") {
				t.Errorf("it ends with %v", err)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, fakecloud.Config{})
		b.happen(0, time.Now().Add(-time.Hour), 0)
		time.AfterFunc(time.Hour, func() {
			b.cloud.ChangeSecret("another")
			b.cloud.RevokeTokens()
		})
		source := b.source(func(c *auditquery.Config) { c.Once = false })
		if err := source.Run(bounded(t, 5*time.Hour)); err != nil {
			t.Fatal(err)
		}
		stats := source.Stats()
		b.want(1)
		why, since := source.Waiting()
		if waits := time.Since(since); !strings.Contains(why, "invalid_client") || waits < 3*time.Hour || waits > 4*time.Hour {
			t.Errorf("it waits for %q, since %s", why, waits)
		}
		if behind := time.Since(stats.Delivered); behind < 3*time.Hour || stats.Failures == 0 || !strings.Contains(stats.LastFailure, "invalid_client") {
			t.Errorf("delivered up to %s ago, %d failures, the last: %s", behind, stats.Failures, stats.LastFailure)
		}
	})
}

// An audit that can't be read is one dead letter, however often it is found;
// pages of machines on the way are none.
func TestUnreadable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Downloads from first to last: in the other shape its bytes, and so
		// its dead letter, would be others.
		b := newBench(t, fakecloud.Config{RedirectAbove: 1})
		for i := range 10 {
			b.happen(i, time.Now().Add(-time.Duration(i+1)*time.Minute), 0)
		}
		if err := b.cloud.AddPlatformAudit(fmt.Appendf(nil, `{"id":"long","serviceName":"Quality","eventDate":%q,"message":%q}`,
			time.Now().Add(-time.Minute).UTC().Format(time.RFC3339), strings.Repeat("x", 600<<10)), time.Time{}); err != nil {
			t.Fatal(err)
		}
		b.cloud.Inject(fakecloud.Fault{Path: "/download/", Times: 3, Trouble: fakecloud.HTML})
		b.cloud.Inject(fakecloud.Fault{Path: "/download/", Skip: 2, Times: 3, Trouble: fakecloud.Cut})
		stats := b.watch(3 * time.Hour)
		if b.letters != 1 || stats.DeadLetters != 1 {
			t.Errorf("there are %d dead letters; %+v", b.letters, stats)
		}
		delete(b.published, "")
		b.want(10)
	})
}

func TestUnknownServiceIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, fakecloud.Config{})
		if err := b.source(func(c *auditquery.Config) { c.Services = []string{"Quality", "Recordings"} }).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if log := b.log.String(); !strings.Contains(log, "service=Recordings") || strings.Contains(log, "service=Quality ") || !strings.Contains(log, "ApplyProtection") {
			t.Errorf("the log says:\n%s", log)
		}
	})
}

// A source that is watched waits until the cloud is there.
func TestCloudIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, fakecloud.Config{})
		b.happen(0, time.Now().Add(-time.Hour), 0)
		b.cloud.Inject(fakecloud.Fault{Times: 40, Trouble: fakecloud.Unavailable})
		source := b.source(func(c *auditquery.Config) { c.Once = false })
		if err := source.Run(bounded(t, 3*time.Hour)); err != nil {
			t.Fatal(err)
		}
		b.want(1)
		if why, _ := source.Waiting(); why != "" || source.Stats().Failures == 0 {
			t.Errorf("it waits for %q after %d failures", why, source.Stats().Failures)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := b.source().Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("an ended context gives %v", err)
		}
	})
}

func TestNewRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, fakecloud.Config{})
		_ = b.source().Run(t.Context())
		for name, config := range map[string]auditquery.Config{
			"name a file":           {Name: "a/b"},
			"needs a client":        {Name: "a"},
			"nothing to ask for":    {Name: "a", Client: nothing{}, Decoder: nothing{}, Publisher: b},
			"another version wrote": {Name: "old", StateDir: b.state, Client: nothing{}, Decoder: nothing{}, Publisher: b, Services: []string{"Quality"}},
		} {
			writeOld(t, b.state)
			if _, err := auditquery.New(config); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
