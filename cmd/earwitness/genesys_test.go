package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/sources/genesys/fakecloud"
	"earwitness/sources/genesys/genesystest"
)

// atEndOfWorlds is a clock of a cloud, so that the worlds lie a little before
// it for ever. That of this machine is off by as much.
func atEndOfWorlds() func() time.Time {
	began, end := time.Now(), time.Date(2026, time.March, 20, 12, 0, 0, 0, time.UTC)
	return func() time.Time { return end.Add(time.Since(began)) }
}

// startCloud serves the audits of a world.
func startCloud(t *testing.T, world string, config fakecloud.Config) *genesystest.Server {
	t.Helper()
	config.ClientSecret, config.RatePerMinute, config.Clock = "open sesame", 3000, atEndOfWorlds()
	cloud := genesystest.Start(t, config)
	if _, err := cloud.Fill(filepath.Join(worldsDir, world, "audits"), 0); err != nil {
		t.Fatal(err)
	}
	return cloud
}

// askedWorld is a world whose audits are asked for, all but its events.
type askedWorld struct {
	a    *answer
	dir  string
	file string
}

// newAskedWorld writes a configuration that asks an endpoint for the audits of
// a world with an answer.
func newAskedWorld(t *testing.T, world, endpoint string) *askedWorld {
	t.Helper()
	w := &askedWorld{a: readAnswer(t, world), dir: t.TempDir()}
	w.file = filepath.Join(w.dir, "earwitness.yaml")
	from := filepath.Join(worldsDir, world)
	events := filepath.Join(w.dir, "events")
	copyFiles(t, filepath.Join(from, "audits"), events, func(i int) bool { return i == 0 })
	if _, err := os.Stat(filepath.Join(events, "eventbridge.ndjson")); err != nil {
		t.Fatal(err)
	}
	logs, err := filepath.Abs(filepath.Join(from, "logs"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.dir, "secret"), []byte("open sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`
sources:
  - {name: logs, type: s3-access-log, path: %q}
  - {name: events, type: genesys-audit, path: events}
  - name: genesys
    type: genesys
    genesys: {endpoint: %q, client-id: client, client-secret: "file:secret", backfill: 30d, interval: 10d}
`, logs, endpoint)
	if err := os.WriteFile(w.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *askedWorld) data() string { return filepath.Join(w.dir, "data") }

func (w *askedWorld) flags() []string {
	return append(w.a.flags(w.data()), "--config", w.file)
}

// What is asked for gives the records that files of the same world give.
func TestAskedWorldsEqualTheirAnswers(t *testing.T) {
	t.Parallel()
	for _, world := range []string{"1", "2"} {
		t.Run(world, func(t *testing.T) {
			t.Parallel()
			w := newAskedWorld(t, world, startCloud(t, world, fakecloud.Config{}).URL)
			got := earwitness(t, w.flags()...)
			got.want(t, 0, " queries", fmt.Sprintf("%d accesses, ", len(w.a.Accesses)))
			w.a.check(t, w.data())
			before := trailOf(t, w.data())
			earwitness(t, w.flags()...).want(t, 0, "genesys      0 records")
			if diff := cmp.Diff(before, trailOf(t, w.data())); diff != "" {
				t.Errorf("a run without anything new changes records (-before +after):\n%s", diff)
			}

			files := t.TempDir()
			earwitness(t, append(w.a.flags(files), "--s3-logs", filepath.Join(worldsDir, world, "logs"), "--audits", filepath.Join(worldsDir, world, "audits"))...).want(t, 0)
			if diff := cmp.Diff(withoutPlaces(t, trailOf(t, files)), withoutPlaces(t, before)); diff != "" {
				t.Errorf("other records come from the API (-files +API):\n%.4000s", diff)
			}
		})
	}
}

// withoutPlaces leaves out where evidence was read.
func withoutPlaces(t *testing.T, lines []string) []string {
	t.Helper()
	var plain []string
	for _, line := range withoutArrival(t, lines) {
		var d map[string]any
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err)
		}
		inner, _ := d["earwitness"].(map[string]any)
		delete(inner, "evidence")
		delete(inner, "evidence_root")
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		plain = append(plain, string(text))
	}
	slices.Sort(plain)
	return plain
}

// Whatever befalls the calls, nothing is lost or doubled.
func TestAskedInTrouble(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config fakecloud.Config
		faults []fakecloud.Fault
		tries  int
	}{
		"trouble of every kind":  {config: fakecloud.Config{TroubleShare: 0.15, Seed: 11}, tries: 20},
		"429, 500 and HTML":      {faults: []fakecloud.Fault{{Skip: 5, Times: 3, Trouble: fakecloud.Busy}, {Skip: 20, Times: 3, Trouble: fakecloud.ServerError}, {Skip: 30, Times: 3, Trouble: fakecloud.HTML}}, tries: 1},
		"a token dies at a page": {config: fakecloud.Config{MaxPage: 25}, faults: []fakecloud.Fault{{Path: "/results", Skip: 6, Times: 1, Trouble: fakecloud.TokenDies}}, tries: 1},
		"downloads":              {config: fakecloud.Config{RedirectAbove: 3}, tries: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "1", test.config)
			for _, fault := range test.faults {
				cloud.Inject(fault)
			}
			w := newAskedWorld(t, "1", cloud.URL)
			for try := 1; ; try++ {
				got := earwitness(t, w.flags()...)
				if got.code == 0 {
					break
				}
				if try == test.tries {
					t.Fatalf("it ends with %d: %s", got.code, got.err)
				}
			}
			w.a.check(t, w.data())
		})
	}
}

func TestAskedMistakes(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "1", fakecloud.Config{Permissions: []string{fakecloud.PermitAudits}})
	w := newAskedWorld(t, "1", cloud.URL)
	got := earwitness(t, w.flags()...)
	got.want(t, 1, "read source genesys", "audits:interactionDetails:view", "correlation id", "give the OAuth client a role")
	cloud.ChangeSecret("hunter2")
	got = earwitness(t, w.flags()...)
	got.want(t, 1, "invalid_client", "check region, client id and secret")
	if strings.Contains(got.err+got.out, "open sesame") {
		t.Errorf("the secret is shown: %s", got.err)
	}
	if err := os.Remove(filepath.Join(w.dir, "secret")); err != nil {
		t.Fatal(err)
	}
	earwitness(t, w.flags()...).want(t, 1, "open source genesys", "genesys.client-secret: read secret", "no such file")
}
