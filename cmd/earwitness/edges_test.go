//go:build servers

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"earwitness/sources/genesys/fakecloud"
	"earwitness/sources/genesys/genesystest"
	"earwitness/sources/simulate"
)

// TestEdges is everything at once, with no file copied by hand: recordings with
// their sidecars, access logs and CloudTrail in buckets of a real S3 server;
// notifications of the logs in all three forms, and events of the contact
// centre, by queues; its other audits, users and recordings asked of the strict
// Genesys; a real Kafka, Elasticsearch, and a bucket with Object Lock. Who did
// what is what the same files say on one machine, and, evidence being complete,
// nobody is named who was not there and nobody is missed.
func TestEdges(t *testing.T) {
	t.Parallel()
	e := newEdges(t)
	e.tell(len(e.untold))
	ran := e.run()
	ran.want(t, 0, "Elasticsearch took", " messages", " queries")
	trail := e.trail()
	if diff := cmp.Diff(e.wantJudgements, judgements(t, trail)); diff != "" {
		t.Errorf("by the edges who did what differs from what files say (-files +edges):\n%.4000s", diff)
	}
	s := scoreTrail(t, trail, e.truths)
	t.Log(s)
	if s.wrong["exact"]+s.wrong["strong"]+s.missed > 0 || s.named["exact"] < 100 || s.named["strong"] < 100 {
		t.Errorf("with complete evidence %s; wrong stories: %v", s, s.stories)
	}
	e.wantMetadata(trail, 1)
	e.run().want(t, 0, "Read 0 records")
	if diff := cmp.Diff(trail, e.trail()); diff != "" {
		t.Errorf("a run without anything new changes documents (-before +after):\n%.2000s", diff)
	}
	e.cluster.run("verify", "--store", e.storeURL(), "--key", e.verifier()).want(t, 0, "holds:")
}

// edges are a world at its sources, and what is to come of it.
type edges struct {
	*cluster
	world        simulate.Config
	dir          string
	objects      *logBucket
	logs, events *logQueue
	cloud        *genesystest.Server
	// recorded are the keys of recordings, untold sends what queues have not
	// been told yet.
	recorded       []string
	untold         []func()
	wantJudgements map[string]string
	truths         map[string]known
}

func newEdges(t *testing.T) *edges {
	t.Helper()
	e := &edges{world: simulate.DefaultConfig(), dir: t.TempDir(), cluster: newCluster(t, 4, "")}
	w := &e.world
	w.Requests, w.Agents, w.FileLines, w.CloudTrail = 2_000, 20, 100, true
	w.LostAudits, w.DuplicateAudits, w.LostLines, w.UglyLines = 0, 0, 0, 0
	e.objects = &logBucket{t: t, access: e.store, client: e.s3(), name: e.bucket + "-objects"}
	e.objects.create()
	w.Bucket = e.objects.name
	if _, err := simulate.Generate(t.Context(), e.dir, *w, nil); err != nil {
		t.Fatal(err)
	}
	e.truths = truthsOf(t, e.dir)

	alone := filepath.Join(t.TempDir(), "alone")
	args := slices.Concat([]string{"run", "--once", "--data", alone, "--cloudtrail", filepath.Join(e.dir, simulate.TrailDir)}, e.rules(), sourcesIn(e.dir))
	earwitness(t, args...).want(t, 0)
	trail := trailOf(t, alone)
	e.wantJudgements, e.recorded = judgements(t, trail), recordingsIn(t, trail)

	e.cloud = genesystest.Start(t, fakecloud.Config{ClientSecret: "open sesame", RatePerMinute: 30_000, Clock: atEndOfWorlds()})
	if _, err := e.cloud.Fill(filepath.Join(e.dir, simulate.AuditsDir), 0); err != nil {
		t.Fatal(err)
	}
	for _, u := range e.cloud.Users() {
		u.Email = u.ID + "@looked-up.example"
		e.cloud.AddUser(u)
	}
	e.logs, e.events = newLogQueue(t, "logs"), newLogQueue(t, "events")
	e.configure()
	e.upload()
	return e
}

func (e *edges) rules() []string {
	return []string{"--model", e.world.Model, "--service-role", e.world.ServiceRole, "--own-role", e.world.OwnRole}
}

// configure adds the sources to what the cluster has.
func (e *edges) configure() {
	e.t.Helper()
	text, err := os.ReadFile(e.file)
	if err != nil {
		e.t.Fatal(err)
	}
	text = fmt.Appendf(text, `
sources:
- {name: logs, type: s3-access-log, path: "s3://%[1]s/logs/", s3: %[2]s, queue: {url: %[3]q, region: us-east-1, visibility: 10s}}
- {name: trail, type: cloudtrail, path: "s3://%[1]s/trail/", s3: %[2]s}
- {name: events, type: genesys-audit, queue: {url: %[4]q, region: us-east-1, visibility: 10s}}
- name: genesys
  type: genesys
  genesys: {endpoint: %[5]q, client-id: client, client-secret: "file:secret", backfill: 30d, interval: 10d}
enrich: {from: [recordings, users, sidecars], s3: logs}
http: {listen: "127.0.0.1:0"}
`, e.objects.name, e.objects.s3(), e.logs.url, e.events.url, e.cloud.URL)
	for name, content := range map[string][]byte{"earwitness.yaml": text, "secret": []byte("open sesame\n")} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(e.file), name), content, 0o600); err != nil {
			e.t.Fatal(err)
		}
	}
}

// upload brings everything to where it is read; the queues are not told yet.
func (e *edges) upload() {
	e.t.Helper()
	for _, key := range e.recorded {
		e.objects.put(key, []byte("sound"), nil)
		conversation, recording := idsIn(key)
		e.objects.put(key+"_metadata.json", fmt.Appendf(nil, `{"recordingId":%q,"conversationId":%q,"mediaType":"Call","provider":"Edge","initialDirection":"inbound",`+
			`"startTime":"2026-03-02T09:00:00.000+0000","endTime":"2026-03-02T09:00:25.620+0000","durationMs":25620}`, recording, conversation), nil)
	}
	e.objects.copyFrom(filepath.Join(e.dir, simulate.TrailDir), "trail/", noMetadata)
	entries, err := os.ReadDir(filepath.Join(e.dir, simulate.LogsDir))
	if err != nil {
		e.t.Fatal(err)
	}
	e.objects.copyFrom(filepath.Join(e.dir, simulate.LogsDir), "logs/", noMetadata)
	forms := []func(bucket, key string, content []byte){e.logs.tellOf, e.logs.tellBySNS, e.logs.tellByEventBridge}
	for i, entry := range entries {
		content, err := os.ReadFile(filepath.Join(e.dir, simulate.LogsDir, entry.Name()))
		if err != nil {
			e.t.Fatal(err)
		}
		e.untold = append(e.untold, func() { forms[i%len(forms)](e.objects.name, "logs/"+entry.Name(), content) })
	}
	events, err := os.ReadFile(filepath.Join(e.dir, simulate.AuditsDir, "eventbridge.ndjson"))
	if err != nil {
		e.t.Fatal(err)
	}
	for event := range strings.Lines(string(events)) {
		e.untold = append(e.untold, func() { e.events.send(strings.TrimSpace(event)) })
	}
}

// tell lets the queues know of n more.
func (e *edges) tell(n int) {
	e.t.Helper()
	n = min(n, len(e.untold))
	for _, send := range e.untold[:n] {
		send()
	}
	e.untold = e.untold[n:]
}

func (e *edges) args() []string {
	return append([]string{"--config", e.file, "--data", filepath.Join(e.cluster.dir, "data")}, e.rules()...)
}

func (e *edges) run() outcome {
	e.t.Helper()
	return e.cluster.runWith([]string{"run", "--once"}, e.args())
}

// wantMetadata checks what lookups gave: what recordings are by the
// organisation, which way their calls went by sidecars, addresses of people.
// Nothing may be asked for more often than times.
func (e *edges) wantMetadata(trail []string, times int) {
	e.t.Helper()
	recordings, _, people, addresses := countDescribed(e.t, trail)
	available, inbound := 0, 0
	for _, line := range trail {
		if strings.Contains(line, `"state":"AVAILABLE"`) {
			available++
		}
		if strings.Contains(line, `"direction":"inbound"`) {
			inbound++
		}
	}
	e.t.Logf("of %d records of recordings %d have the organisation's state, %d a sidecar's direction; of %d by people %d have an address; %d sidecars",
		recordings, available, inbound, people, addresses, len(e.recorded))
	if available == 0 || inbound != recordings || people == 0 || addresses != people {
		e.t.Error("metadata is missing")
	}
	if n, most := lookups(e.cloud.Cloud); n == 0 || most > times {
		e.t.Errorf("%d lookups, one of them %d times", n, most)
	}
}
