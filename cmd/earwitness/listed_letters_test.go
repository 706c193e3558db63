//go:build servers

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An object of a bucket that was cut is read on by a replay once it is whole,
// and gives what it would have given.
func TestListedObjectReplayed(t *testing.T) {
	b, dir := newLogBucket(t), t.TempDir()
	files, err := filepath.Glob(filepath.Join(worldsDir, "1", "logs", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the world has %d files, %v", len(files), err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	whole, key := packed(t, text), "logs/"+filepath.Base(files[0])+".gz"
	file, data := filepath.Join(dir, "e.yaml"), filepath.Join(dir, "data")
	settings := fmt.Sprintf("model: direct\nsources: [{name: logs, type: s3-access-log, path: s3://%s/logs/, s3: %s}]\n", b.name, b.s3())
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	b.put(key, whole[:len(whole)-12], nil)
	earwitness(t, "run", "--once", "--config", file, "--data", data).want(t, exitDeadLetters)
	replay := []string{"deadletter", "replay", "--config", file, "--data", data, "--source", "logs"}
	earwitness(t, replay...).want(t, exitDeadLetters, "intake, truncated:", "1 fail as before")
	b.put(key, whole, nil)
	earwitness(t, replay...).want(t, 0, "intake, truncated:", "1 replayed", "0 left")

	undisturbed := filepath.Join(dir, "undisturbed")
	earwitness(t, "run", "--once", "--config", file, "--data", undisturbed).want(t, 0)
	want := withoutArrival(t, trailOf(t, undisturbed))
	if diff := cmp.Diff(want, withoutArrival(t, trailOf(t, data))); diff != "" || len(want) < 10 {
		t.Errorf("%d records of the whole object; after the replay (-want +got):\n%.4000s", len(want), diff)
	}
}
