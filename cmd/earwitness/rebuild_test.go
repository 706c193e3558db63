package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// rebuildArgs turns those of a run.
func rebuildArgs(run []string) []string { return append([]string{"rebuild"}, run[2:]...) }

// A run without roles, judged anew with them, is as the answers have it.
func TestRebuild(t *testing.T) {
	t.Parallel()
	for _, world := range []string{"1", "2"} {
		t.Run(world, func(t *testing.T) {
			t.Parallel()
			a, data := readAnswer(t, world), t.TempDir()
			sources := []string{"--s3-logs", filepath.Join(worldsDir, world, "logs"), "--audits", filepath.Join(worldsDir, world, "audits")}
			earwitness(t, append([]string{"run", "--once", "--data", data}, sources...)...).want(t, 0)
			right := append(a.flags(data), sources...)
			earwitness(t, right...).want(t, 1, "judged under other rules", `run "earwitness rebuild"`)

			// The sources need not be named.
			earwitness(t, rebuildArgs(a.flags(data))...).want(t, 0, "Judged ", "pieces of evidence anew", "Epoch 2.", " retracted\n", "trail --data "+data)
			a.check(t, data)
			earwitness(t, right...).want(t, 0, "nothing new")
			a.check(t, data)
			earwitness(t, "verify", "--store", filepath.Join(data, "worm"), "--key", filepath.Join(data, "worm.pub")).want(t, 0)
			wantNoContradiction(t, data)
		})
	}
}

func TestRebuildUsage(t *testing.T) {
	t.Parallel()
	nowhere := filepath.Join(t.TempDir(), "nowhere")
	earwitness(t, "rebuild", "--data", nowhere).want(t, 1, "no run has written it yet", nowhere)
	if _, err := os.Stat(nowhere); err == nil {
		t.Error("a rebuild of nothing makes the data folder")
	}
	earwitness(t, "rebuild", "now").want(t, 2, "one argument too many")
	earwitness(t, "rebuild", "--model", "both").want(t, 2, "--model")
}

// TestRebuildKilled kills rebuilds at random moments (kill -9 of the whole
// process), and then lets one end: it finds what a run under the same
// settings does.
func TestRebuildKilled(t *testing.T) {
	slow(t)
	t.Parallel()
	k := newKilling(t)
	data := filepath.Join(k.dir, "data")
	sources := slices.Index(k.args, "--s3-logs")
	earwitness(t, append([]string{"run", "--once", "--data", data}, k.args[sources:]...)...).want(t, exitDeadLetters)
	k.args = rebuildArgs(k.args)
	tries := 12
	hits := 0
	random := rand.New(rand.NewPCG(1, 2))
	for range tries {
		if k.kill(t, random, data) {
			hits++
		}
	}
	t.Logf("%d of %d kills hit", hits, tries)
	k.check(t, data)
}
