//go:build servers

package main

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestClusterLettersReplayed: on brokers, Elasticsearch and a bucket, audits
// that were read as access logs and records that an index refused come home
// beside what else goes on, and all is as if nothing had been wrong.
func TestClusterLettersReplayed(t *testing.T) {
	t.Parallel()
	m := newMistaken(t)
	m.put(m.cut, m.whole)
	c := newCluster(t, 3, "")
	with := func(audits string) string {
		text, err := os.ReadFile(c.file)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(c.dir, audits+".yaml")
		if err := os.WriteFile(file, append(text, m.sources(audits)...), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	wrong, right := with("s3-access-log"), with("genesys-audit")
	data, other := filepath.Join(c.dir, "data"), filepath.Join(c.dir, "other")

	// Somebody has given one index a pipeline that there is none of.
	c.run("elastic", "setup", "--config", wrong).want(t, 0)
	index := "/" + c.prefix + "-request-2026.03"
	if status := c.ask(http.MethodPut, index, map[string]any{"settings": map[string]any{"index.default_pipeline": "gone"}}, nil); status != http.StatusOK {
		t.Fatalf("making %s is answered %d", index, status)
	}
	c.run("run", "--once", "--config", wrong, "--data", data).want(t, exitDeadLetters)
	c.run("deadletter", "list", "--counts", "--config", wrong, "--data", other).want(t, 0, "elastic", "refused", "s3log", "unreadable")

	// One is mended before the other.
	c.run("deadletter", "replay", "--stage", "elastic", "--config", wrong, "--data", other).want(t, exitDeadLetters, "elastic, refused:", "fail as before, and wait")
	settings := map[string]any{"index.default_pipeline": "_none"}
	if status := c.ask(http.MethodPut, index+"/_settings", settings, nil); status != http.StatusOK {
		t.Fatalf("mending %s is answered %d", index, status)
	}
	c.run("deadletter", "replay", "--config", right, "--data", other).want(t, exitDeadLetters, "elastic, refused:", "s3log, unreadable:", "1 left", "The processes that follow the topics")
	// What was acknowledged is known before a segment of it is sealed.
	c.run("deadletter", "replay", "--config", right, "--data", other).want(t, exitDeadLetters, "0 dead letters settled", "1 left")
	c.run("run", "--once", "--config", right, "--data", data).want(t, 0)
	c.run("deadletter", "list", "--counts", "--config", right, "--data", other).want(t, 0, "s3log", "unreadable")

	if diff := cmp.Diff(documents(t, m.undisturbedTrail()), documents(t, c.trail())); diff != "" {
		t.Errorf("the records differ (-one process, undisturbed +replayed):\n%.4000s", diff)
	}
	c.run("verify", "--store", c.storeURL(), "--key", c.verifier()).want(t, 0)
}
