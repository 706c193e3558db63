package auditquery_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"earwitness/pipeline/evidence"
	"earwitness/sources/genesys"
	"earwitness/sources/genesys/auditquery"
	"earwitness/sources/genesys/cloud"
	"earwitness/sources/genesys/fakecloud"
	"earwitness/sources/genesys/genesystest"
)

// bench is a cloud in the time of synctest, and what came out of it.
type bench struct {
	t     *testing.T
	cloud *fakecloud.Cloud
	state string
	log   bytes.Buffer

	mu        sync.Mutex
	published map[string]int // by audit id
	letters   int
	// room is how many batches are still taken; below zero any number.
	room      int
	delivered []time.Time
	ahead     time.Duration
}

var errFull = errors.New("the bus takes no more")

func newBench(t *testing.T, config fakecloud.Config) *bench {
	t.Helper()
	b := &bench{t: t, state: t.TempDir(), published: map[string]int{}, room: -1}
	config.Clock = b.cloudTime
	b.cloud = fakecloud.New(config)
	return b
}

// cloudTime is ahead of this machine's.
func (b *bench) cloudTime() time.Time { return time.Now().Add(b.ahead) }

// Publish answers from another goroutine.
func (b *bench) Publish(_ context.Context, batch evidence.Batch, done func(error)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.room == 0 {
		go done(errFull)
		return nil
	}
	b.room--
	for _, e := range batch.Evidence {
		b.published[e.GetAct().GetAuditId()]++
	}
	b.letters += len(batch.DeadLetters)
	go done(nil)
	return nil
}

// source gives one with a client of its own, as after a restart.
func (b *bench) source(change ...func(*auditquery.Config)) *auditquery.Source {
	b.t.Helper()
	client, err := cloud.New(cloud.Config{
		Endpoint: genesystest.Endpoint, ClientID: "client", Secret: func() (string, error) { return "secret", nil },
		Transport: genesystest.Transport{Cloud: b.cloud},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	config := auditquery.Config{
		Name: "genesys", StateDir: b.state, Once: true, Client: client, Decoder: genesys.New(genesys.Config{}), Publisher: b,
		Services: []string{"Quality"}, Entities: []string{"Recording"},
		Backfill: 48 * time.Hour, Recheck: 48 * time.Hour,
		Delivered: func(until time.Time) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.delivered = append(b.delivered, until)
		},
		Logger: slog.New(slog.NewTextHandler(&b.log, nil)),
	}
	for _, f := range change {
		f(&config)
	}
	source, err := auditquery.New(config)
	if err != nil {
		b.t.Fatal(err)
	}
	return source
}

// watch runs a source for a while.
func (b *bench) watch(d time.Duration) auditquery.Stats {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), d)
	defer cancel()
	source := b.source(func(c *auditquery.Config) { c.Once, c.Every = false, 20*time.Minute })
	if err := source.Run(ctx); err != nil {
		b.t.Fatalf("it ends with %v", err)
	}
	return source.Stats()
}

// happen adds an audit to both APIs, at a time by the cloud's clock.
func (b *bench) happen(n int, at time.Time, late time.Duration) {
	b.t.Helper()
	text := at.UTC().Format("2006-01-02T15:04:05Z")
	for _, err := range []error{
		b.cloud.AddPlatformAudit(fmt.Appendf(nil, `{"id":"p%d","user":{"id":"u"},"serviceName":"Quality","level":"USER","eventDate":%q,"action":"Read","entityType":"Recording","entity":{"id":"r"}}`, n, text), at.Add(late)),
		b.cloud.AddQualityAudit(fmt.Appendf(nil, `{"id":"q%d","user":{"id":"u"},"remoteIps":[],"level":"User","eventDate":%q,"action":"Read","entityType":"Recording","entity":{"id":"r"}}`, n, text), at.Add(late)),
	} {
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

// want requires that n audits of each API were published, each once.
func (b *bench) want(n int) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range n {
		for _, id := range []string{fmt.Sprint("p", i), fmt.Sprint("q", i)} {
			if times := b.published[id]; times != 1 {
				b.t.Errorf("audit %s was published %d times", id, times)
			}
		}
	}
	if len(b.published) != 2*n {
		b.t.Errorf("%d audits were published, want %d", len(b.published), 2*n)
	}
	if b.t.Failed() {
		b.t.Logf("log:\n%.3000s", b.log.String())
	}
}
