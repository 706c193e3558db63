package enrich_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/enrich"
	"earwitness/pipeline/evidence"
	"earwitness/sources/genesys/cloud"
	"earwitness/sources/genesys/fakecloud"
)

// fold is the correlator beside the enricher.
type fold struct {
	*correlate.Fold
	records map[string]*access.Record
}

func (f *fold) pump(p *place) {
	p.t.Helper()
	at := p.read
	p.read = f.Next()
	c := p.chunk()
	p.read = at
	for i, e := range c.Values {
		c.Messages[i].Time = time.Now()
		if e == nil {
			continue
		}
		var err error
		if c.Messages[i].Value, err = e.MarshalVT(); err != nil {
			p.t.Fatal(err)
		}
	}
	if err := f.Apply(c); err != nil {
		p.t.Fatal(err)
	}
	err := f.Publish(true, func(r *access.Record) error {
		text, err := r.MarshalVT()
		if err != nil {
			return err
		}
		kept := &access.Record{}
		if err := kept.UnmarshalVT(text); err != nil {
			return err
		}
		if was := f.records[string(r.Id)]; was == nil || was.Arrival.Revision < kept.Arrival.Revision {
			f.records[string(r.Id)] = kept
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

func (f *fold) count(with func(*access.Record) bool) (n int) {
	for _, r := range f.records {
		if r.Kind == access.Kind_KIND_REQUEST && with(r) {
			n++
		}
	}
	return n
}

// TestTenThousandUnknown: under a limit of 300 calls a minute, records appear
// at once, what is known of the recordings follows by revision, the limit is
// never passed, nothing is asked for twice inside its time, and audits get
// their share meanwhile.
func TestTenThousandUnknown(t *testing.T) {
	recordings := 10_000
	if testing.Short() {
		recordings = 1000
	}
	synctest.Test(t, func(t *testing.T) { unknown(t, recordings) })
}

func unknown(t *testing.T, recordings int) {
	const limit = 300
	there, client := newOrganisation(t, limit, recordings)
	p := newPlace(t)
	p.start(func(c *enrich.Config) { c.Sources = enrich.Sources{Recordings: organisation{client}} })
	judged, err := correlate.Open(correlate.Config{Rules: correlate.DefaultRules(), Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	f := &fold{Fold: judged, records: make(map[string]*access.Record)}
	p.control(&bus.Control{Body: &bus.Control_Epoch{Epoch: &bus.Epoch{Number: 1, Lineage: make([]byte, 16)}}})
	meetAll(p, "a", recordings)
	began := time.Now()
	f.pump(p)
	p.pump()
	if n := f.count(func(r *access.Record) bool { return r.Recording == nil }); n != recordings || time.Since(began) > 0 {
		t.Errorf("%d records without metadata at once, after %s", n, time.Since(began))
	}
	first := make(map[string]uint64)
	for id, r := range f.records {
		first[id] = r.Arrival.Revision
	}
	stop, audits := auditing(t, client)
	for p.stage.Stats().Waiting > 0 {
		pass(10 * time.Second)
		synctest.Wait()
		p.pump()
		f.pump(p)
	}
	took := time.Since(began)
	stop()
	t.Logf("%d recordings took %s beside %d audit queries", recordings, took.Round(time.Second), audits.Load())
	if n := f.count(func(r *access.Record) bool {
		return r.GetRecording().GetMedia() == "audio" && r.Arrival.Revision > first[string(r.Id)]
	}); n != recordings {
		t.Errorf("%d of %d records have got their metadata by a revision", n, recordings)
	}
	least, most := time.Duration(recordings/limit)*time.Minute, time.Duration(recordings*115/100/limit+3)*time.Minute
	if took < least-time.Minute || took > most {
		t.Errorf("it took %s, want %s to %s", took, least, most)
	}
	if minutes := int64(took / time.Minute); audits.Load() < minutes/2 {
		t.Errorf("%d audit queries ended in %d minutes", audits.Load(), minutes)
	}
	meetAll(p, "b", recordings)
	p.settle()
	checkCalls(t, there, client, recordings, limit)
	p.kill()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// meetAll adds a request for each of the recordings.
func meetAll(p *place, id string, recordings int) {
	for n := range recordings {
		e := request(n, func(r *evidence.StorageRequest) { r.RequestId, r.TimeMs = fmt.Sprint(id, n), time.Now().UnixMilli() })
		r := e.GetRequest()
		identity := evidence.RequestID(r.Bucket, r.RequestId, r.HostId, r.Operation, r.Key, r.VersionId)
		r.Identity, e.Id = identity[:], identity[:]
		p.add(e)
	}
}

// auditing asks for audits all the time, beside the lookups.
func auditing(t *testing.T, client *cloud.Client) (stop func(), done *atomic.Int64) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	done = new(atomic.Int64)
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			q := cloud.Query{API: cloud.Quality, From: time.Now().Add(-time.Hour), To: time.Now(), EntityType: "Recording"}
			if err := client.Audits(ctx, q, func(cloud.Part) error { return nil }); err == nil {
				done.Add(1)
			}
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Second):
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}, done
}

func checkCalls(t *testing.T, there *fakecloud.Cloud, client *cloud.Client, recordings, limit int) {
	t.Helper()
	asked, windows := make(map[string]int), make(map[int64]int)
	for _, call := range there.Calls() {
		if call.Status == 429 {
			t.Fatalf("%s %s passed the limit", call.Method, call.Path)
		}
		if strings.Contains(call.Path, "recordingmetadata") {
			asked[call.Path]++
		}
		if call.Path != "/oauth/token" {
			windows[call.At.Unix()/60]++
		}
	}
	if client.Stats().Throttled > 0 {
		t.Errorf("the limit was passed: %+v", client.Stats())
	}
	for path, n := range asked {
		if n > 1 {
			t.Errorf("%s was asked %d times", path, n)
		}
	}
	if len(asked) != recordings {
		t.Errorf("%d of %d recordings were asked for", len(asked), recordings)
	}
	for minute, n := range windows {
		// A minute of the clock holds parts of two windows.
		if n > 2*limit {
			t.Errorf("%d calls in minute %d", n, minute)
		}
	}
}
