package cloud_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"earwitness/sources/genesys/cloud"
	"earwitness/sources/genesys/fakecloud"
	"earwitness/sources/genesys/genesystest"
)

const secret = "hunter2 and more"

// bench is a cloud in the time of synctest, with a client.
type bench struct {
	t      *testing.T
	cloud  *fakecloud.Cloud
	client *cloud.Client
	log    *bytes.Buffer
}

func newBench(t *testing.T, config fakecloud.Config, change ...func(*cloud.Config)) *bench {
	t.Helper()
	config.ClientSecret = secret
	b := &bench{t: t, cloud: fakecloud.New(config), log: new(bytes.Buffer)}
	settings := cloud.Config{
		Endpoint: genesystest.Endpoint, ClientID: "client", Secret: func() (string, error) { return secret, nil },
		Transport: genesystest.Transport{Cloud: b.cloud}, Logger: slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(&settings)
	}
	var err error
	if b.client, err = cloud.New(settings); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) fill(n int) {
	b.t.Helper()
	for i := range n {
		at := time.Now().Add(time.Duration(i-n) * time.Second).UTC()
		for _, err := range []error{
			b.cloud.AddPlatformAudit(fmt.Appendf(nil, `{"id":"p%d","user":{"id":"u","name":"Ada"},"serviceName":"Quality","eventDate":%q,"entityType":"Recording"}`, i, at.Format(time.RFC3339)), time.Time{}),
			b.cloud.AddQualityAudit(fmt.Appendf(nil, `{"id":"q%d","user":{"id":"u","name":"Ada"},"remoteIps":[],"eventDate":%q,"entityType":"Recording"}`, i, at.Format(time.RFC3339)), time.Time{}),
		} {
			if err != nil {
				b.t.Fatal(err)
			}
		}
	}
}

// audits asks for the last day, and gives the ids in the order in which they
// came.
func (b *bench) audits(api cloud.API) ([]string, error) {
	q := cloud.Query{API: api, From: time.Now().Add(-24 * time.Hour), To: time.Now().Add(time.Hour), EntityType: "Recording"}
	if api == cloud.Platform {
		q.Service = "Quality"
	}
	var all []string
	err := b.client.Audits(b.t.Context(), q, func(part cloud.Part) error {
		body, err := part.Open(b.t.Context())
		if err != nil {
			return err
		}
		defer body.Close() //nolint:errcheck // it was only read
		text, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		var page struct{ Entities []struct{ ID string } }
		if text[0] == '[' {
			err = json.Unmarshal(text, &page.Entities)
		} else {
			err = json.Unmarshal(text, &page)
		}
		for _, e := range page.Entities {
			all = append(all, e.ID)
		}
		return err
	})
	return all, err
}

func (b *bench) wantAudits(api cloud.API, n int) {
	b.t.Helper()
	all, err := b.audits(api)
	if err != nil {
		b.t.Fatal(err)
	}
	for i, id := range all {
		if want := fmt.Sprintf("%.1s%d", api, i); id != want {
			b.t.Fatalf("audit %d of %d is %s", i, len(all), id)
		}
	}
	if len(all) != n {
		b.t.Errorf("%d audits of %s, want %d", len(all), api, n)
	}
}

func TestAudits(t *testing.T) {
	for name, config := range map[string]fakecloud.Config{
		"pages":             {},
		"downloads":         {RedirectAbove: 100},
		"pages too large":   {MaxPage: 60},
		"tokens that die":   {TokenTTL: 3 * time.Second},
		"tokens that idle":  {IdleTimeout: 400 * time.Millisecond},
		"a slow rate limit": {RatePerMinute: 4},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, config)
				b.fill(1700)
				b.wantAudits(cloud.Platform, 1700)
				b.wantAudits(cloud.Quality, 1700)
				if config.RatePerMinute == 0 && b.client.Stats().Throttled > 0 {
					t.Errorf("the limit was passed: %+v", b.client.Stats())
				}
			})
		})
	}
}

func TestTroubles(t *testing.T) {
	for _, path := range []string{"/oauth/token", "/audits/query", "/results", "/download/"} {
		for _, trouble := range []fakecloud.Trouble{
			fakecloud.ServerError, fakecloud.Unavailable, fakecloud.HTML, fakecloud.GatewayHTML, fakecloud.Busy, fakecloud.Hang, fakecloud.Cut, fakecloud.TokenDies,
		} {
			if path == "/download/" && (trouble == fakecloud.HTML || trouble == fakecloud.Busy || trouble == fakecloud.Cut) {
				continue // whoever reads it asks for all again
			}
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, fakecloud.Config{RedirectAbove: 1500})
				b.fill(1600)
				times := 2
				if trouble == fakecloud.TokenDies {
					times = 1 // a call asks for a new one once
				}
				b.cloud.Inject(fakecloud.Fault{Path: path, Skip: 1, Times: times, Trouble: trouble})
				if path == "/oauth/token" {
					b.cloud.Inject(fakecloud.Fault{Path: "/audits/query", Times: 1, Trouble: fakecloud.TokenDies})
				}
				b.wantAudits(cloud.Quality, 1600)
			})
		}
	}
}

func TestRefusedForGood(t *testing.T) {
	for name, test := range map[string]struct {
		config fakecloud.Config
		change func(*cloud.Config)
		want   []string
		denied bool
	}{
		"a wrong secret": {
			change: func(c *cloud.Config) { c.Secret = func() (string, error) { return "wrong", nil } },
			want:   []string{"/oauth/token", "401", "invalid_client", "check region, client id and secret"}, denied: true,
		},
		"no secret": {
			change: func(c *cloud.Config) {
				c.Secret = func() (string, error) { return "", errors.New("the variable GENESYS is not set") }
			},
			want: []string{"the variable GENESYS is not set"},
		},
		"no permission": {
			config: fakecloud.Config{Permissions: []string{fakecloud.PermitAudits}},
			want:   []string{"403", "missing.any.permissions", "audits:interactionDetails:view", "correlation id fac7", "give the OAuth client a role"}, denied: true,
		},
		"an interval that is too long": {
			config: fakecloud.Config{MaxInterval: 24 * time.Hour},
			want:   []string{"400", "does not exceed 1 days", "shorten the interval"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, test.config)
				if test.change != nil {
					b = newBench(t, test.config, test.change)
				}
				began := time.Now()
				_, err := b.audits(cloud.Quality)
				if err == nil || cloud.Denied(err) != test.denied {
					t.Fatalf("it ends with %v", err)
				}
				for _, want := range test.want {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("%q is missing in: %v", want, err)
					}
				}
				if took := time.Since(began); took > 0 {
					t.Errorf("it takes %s to be refused", took)
				}
			})
		})
	}
}

// What does not pass ends with an error that tells of the last attempt.
func TestTroubleThatStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, fakecloud.Config{})
		b.cloud.Inject(fakecloud.Fault{Path: "/users/", Times: 100, Trouble: fakecloud.ServerError})
		_, err := b.client.User(t.Context(), "u")
		var e *cloud.Error
		if !errors.As(err, &e) || e.Status != 500 || e.Code != "internal.server.error" || !strings.Contains(err.Error(), "after 8 attempts") {
			t.Errorf("it ends with %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if _, err := b.client.User(ctx, "u"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with a deadline it ends with %v", err)
		}
	})
}

func TestSecretsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, fakecloud.Config{RedirectAbove: 10})
		b.fill(20)
		for _, path := range []string{"/oauth/token", "/audits/query", "/results", "/download/"} {
			for _, trouble := range []fakecloud.Trouble{fakecloud.ServerError, fakecloud.HTML, fakecloud.Hang} {
				b.cloud.Inject(fakecloud.Fault{Path: path, Times: 8, Trouble: trouble})
				_, err := b.audits(cloud.Platform)
				fmt.Fprintln(b.log, err)
			}
		}
		b.cloud.ChangeSecret("another")
		b.cloud.RevokeTokens()
		_, err := b.audits(cloud.Platform)
		fmt.Fprintln(b.log, err)
		for _, bad := range []string{secret, "hunter2", "Bearer", "X-Amz", "Signature", "fac70000-0000-4000-8000-000000000001fac7"} {
			if strings.Contains(b.log.String(), bad) {
				t.Errorf("%q stands in:\n%s", bad, b.log)
			}
		}
		if !strings.Contains(b.log.String(), "download") {
			t.Error("nothing was said of downloads")
		}
	})
}

// A backlog of lookups keeps to the limit, and audits get through it.
func TestLimitIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, fakecloud.Config{RatePerMinute: 300})
		b.cloud.AddUser(fakecloud.User{ID: "u", Name: "Ada"})
		b.fill(10)
		began := time.Now()
		var work sync.WaitGroup
		for range 8 {
			work.Go(func() {
				for range 375 {
					if _, err := b.client.User(t.Context(), "u"); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		work.Go(func() {
			for range 10 {
				asked := time.Now()
				b.wantAudits(cloud.Platform, 10)
				if took := time.Since(asked); took > 3*time.Minute {
					t.Errorf("audits take %s behind lookups", took)
				}
			}
		})
		work.Wait()
		stats := b.client.Stats()
		if took := time.Since(began); took > 14*time.Minute || stats.Throttled > 0 || stats.Retries > 0 {
			t.Errorf("3,000 lookups take %s, with %+v", took, stats)
		}
	})
}

func TestClockOffset(t *testing.T) {
	for _, ahead := range []time.Duration{-time.Hour, 0, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, fakecloud.Config{Clock: func() time.Time { return time.Now().Add(ahead) }})
			if _, err := b.client.ServiceMapping(t.Context()); err != nil {
				t.Fatal(err)
			}
			if off := b.client.Now().Sub(time.Now().Add(ahead)); off > 0 || off < -2*time.Second {
				t.Errorf("the clock is off by %s", off)
			}
			if told := strings.Contains(b.log.String(), "clock differs"); told != (ahead != 0) {
				t.Errorf("%s ahead: %s", ahead, b.log)
			}
		})
	}
}

func TestLookups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, fakecloud.Config{})
		b.cloud.AddQueue(fakecloud.Queue{ID: "q", Name: "Sales"})
		for i := range 600 {
			b.cloud.AddRecording(fakecloud.Recording{ID: fmt.Sprintf("r%03d", i), Conversation: "c"})
		}
		ctx := t.Context()
		for name, look := range map[string]func() (json.RawMessage, error){
			`"Sales"`:    func() (json.RawMessage, error) { return b.client.Queue(ctx, "q") },
			`"r007"`:     func() (json.RawMessage, error) { return b.client.RecordingMetadata(ctx, "c", "r007") },
			`"id":"r59`:  func() (json.RawMessage, error) { return b.client.ConversationRecordings(ctx, "c") },
			"not.found":  func() (json.RawMessage, error) { return b.client.User(ctx, "../queues/q") },
			"recording.": func() (json.RawMessage, error) { return b.client.RecordingMetadata(ctx, "c", "r999") },
			"404":        func() (json.RawMessage, error) { return b.client.GuideRecording(ctx, "r007") },
		} {
			got, err := look()
			if err != nil && !cloud.NotFound(err) || !strings.Contains(fmt.Sprint(string(got), err), name) {
				t.Errorf("%s: %s, %v", name, got, err)
			}
		}
		if _, err := b.client.User(ctx, ".."); err == nil {
			t.Error("a path is taken for an id")
		}
		cursor, seen := "", 0
		for page := 0; page == 0 || cursor != ""; page++ {
			body, next, err := b.client.Retention(ctx, cursor)
			if err != nil {
				t.Fatal(err)
			}
			seen += bytes.Count(body, []byte("recordingId"))
			cursor = next
		}
		if seen != 600 {
			t.Errorf("the inventory has %d recordings", seen)
		}
		services, err := b.client.ServiceMapping(ctx)
		if err != nil || len(services) == 0 || services[0].Name != "Quality" || len(services[0].Entities[0].Actions) == 0 {
			t.Errorf("the mapping is %+v, %v", services, err)
		}
	})
}
