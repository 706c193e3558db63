//go:build servers

package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/sources/simulate"
)

// clusterPartitions are enough to be shared by three.
const clusterPartitions = 6

// TestClusterKilled: two processes share the partitions of a real Kafka and
// are killed (kill -9) while files come in; one is stopped in good order, one
// is added. At the end Elasticsearch has of each record the highest revision
// that was ever published, and nothing else, as an undisturbed run on one
// machine has it; no revision has two contents; the archive holds.
func TestClusterKilled(t *testing.T) {
	t.Parallel()
	n, seed := *kills, *killSeed
	if n == 0 {
		n = 6
	}
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	world, rules, want := undisturbed(t)
	c := newCluster(t, clusterPartitions, "")
	spool := &spool{t: t, world: world, dir: filepath.Join(c.dir, "spool")}
	spool.open()
	args := append([]string{"run", "--config", c.file, "--s3-logs", filepath.Join(spool.dir, simulate.LogsDir), "--audits", filepath.Join(spool.dir, simulate.AuditsDir)}, rules...)
	fleet := &fleet{cluster: c, args: args, live: map[string]*exec.Cmd{}, said: map[string]*bytes.Buffer{}}
	fleet.start("a")
	fleet.start("b", "--follow-only")
	names := []string{"a", "b"}
	for kill := range n {
		spool.feed(1 + len(spool.files)/(n+1))
		fleet.rest(time.Duration(random.Int64N(int64(8 * time.Second))))
		switch kill {
		case n / 3:
			fleet.stop("b")
			names = []string{"a", "c"}
			fleet.start("c", "--follow-only")
		case n / 2:
			names = append(names, "d")
			fleet.start("d", "--follow-only")
		}
		fleet.kill(names[random.IntN(len(names))])
	}
	spool.feed(len(spool.files))
	fleet.rest(5 * time.Second)
	for _, name := range names {
		fleet.stop(name)
	}
	// What nobody has followed yet is followed now, up to a barrier.
	last := c.run(append(append([]string{"run", "--once"}, args[1:]...), "--data", filepath.Join(c.dir, "last"))...)
	if last.code != exitDeadLetters {
		t.Fatalf("the run at the end ends with %+v", last)
	}
	// The files stand elsewhere.
	got := c.trail()
	for i := range got {
		got[i] = strings.ReplaceAll(got[i], spool.dir, world)
	}
	if diff := cmp.Diff(want, withoutArrival(t, got)); diff != "" {
		t.Errorf("Elasticsearch differs from an undisturbed run (-undisturbed +killed):\n%.4000s", diff)
	}
	c.wantHighestRevisions()
	c.run("verify", "--store", c.storeURL(), "--key", c.verifier()).want(t, 0, "holds:")
	t.Logf("%d kills, %d records", n, len(want))
}

// undisturbed is a world, the flags of its rules, and what a run on one
// machine makes of it.
func undisturbed(t *testing.T) (world string, rules, records []string) {
	t.Helper()
	cfg := simulate.DefaultConfig()
	cfg.Days, cfg.Requests, cfg.Agents, cfg.UglyLines, cfg.FileLines = 2, 2000, 12, 0.01, 40
	world = t.TempDir()
	if _, err := simulate.Generate(t.Context(), world, cfg, nil); err != nil {
		t.Fatal(err)
	}
	rules = []string{"--model", cfg.Model, "--service-role", cfg.ServiceRole, "--own-role", cfg.OwnRole}
	data := filepath.Join(t.TempDir(), "alone")
	logs, audits := filepath.Join(world, simulate.LogsDir), filepath.Join(world, simulate.AuditsDir)
	got := earwitness(t, append([]string{"run", "--once", "--data", data, "--s3-logs", logs, "--audits", audits}, rules...)...)
	if got.code != exitDeadLetters {
		t.Fatalf("the undisturbed run ends with %+v", got)
	}
	return world, rules, withoutArrival(t, trailOf(t, data))
}

// fleet is processes that share partitions, by name.
type fleet struct {
	*cluster
	args []string
	live map[string]*exec.Cmd
	said map[string]*bytes.Buffer
	more map[string][]string
}

func (f *fleet) start(name string, more ...string) {
	f.t.Helper()
	if f.more == nil {
		f.more = map[string][]string{}
	}
	f.more[name] = more
	cmd, out := f.command(slices.Concat(f.args, more, []string{"--data", filepath.Join(f.dir, "data-"+name)})...)
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.live[name], f.said[name] = cmd, out
}

// kill kills a process without warning, and starts it again.
func (f *fleet) kill(name string) {
	f.t.Helper()
	cmd := f.live[name]
	if err := cmd.Process.Kill(); err != nil {
		f.t.Fatalf("process %s had ended by itself: %v: %s", name, err, f.said[name])
	}
	_ = cmd.Wait() // the signal, as it should
	if cmd.ProcessState.Exited() {
		f.t.Fatalf("process %s had ended by itself with %d: %s", name, cmd.ProcessState.ExitCode(), f.said[name])
	}
	f.start(name, f.more[name]...)
}

// stop lets a process end in good order.
func (f *fleet) stop(name string) {
	f.t.Helper()
	cmd := f.live[name]
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		f.t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		f.t.Fatalf("process %s ends with %v: %s", name, err, f.said[name])
	}
	delete(f.live, name)
}

// rest lets the processes work.
func (f *fleet) rest(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-f.t.Context().Done():
	}
}

// wantHighestRevisions compares all documents, those that are retracted
// included, with the topic of records.
func (c *cluster) wantHighestRevisions() {
	c.t.Helper()
	client := bus.NewClient(bus.ClientConfig{Brokers: c.brokers})
	defer client.Close()
	revisions, contents := map[string]int64{}, map[string][]byte{}
	messages := 0
	for partition := range clusterPartitions {
		told, err := client.ReadAll(c.t.Context(), bus.TopicAccess, partition)
		if err != nil {
			c.t.Fatal(err)
		}
		for i := range told {
			if bus.IsControl(&told[i]) {
				continue
			}
			messages++
			rec := &access.Record{}
			if err := rec.UnmarshalVT(told[i].Value); err != nil {
				c.t.Fatal(err)
			}
			id, revision := hex.EncodeToString(rec.Id), int64(rec.Arrival.GetRevision())
			at := fmt.Sprint(id, " ", revision)
			if before, known := contents[at]; known && !bytes.Equal(before, told[i].Value) {
				c.t.Errorf("record %s has two contents", at)
			}
			contents[at] = told[i].Value
			revisions[id] = max(revisions[id], revision)
		}
	}
	got := map[string]int64{}
	for id, h := range c.search(c.prefix+"-access-*,"+c.prefix+"-request-*", everything()) {
		got[id] = h.Version
	}
	if diff := cmp.Diff(revisions, got); diff != "" {
		c.t.Errorf("revisions in Elasticsearch differ from the highest in the topic (-topic +elastic):\n%.4000s", diff)
	}
	c.t.Logf("%d messages tell of %d records in %d revisions", messages, len(revisions), len(contents))
}
