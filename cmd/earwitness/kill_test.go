package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/sources/simulate"
)

var (
	kills    = flag.Int("kills", 0, "how often TestKilled kills a run, and then in a larger world [30, short 8]")
	killSeed = flag.Uint64("kill-seed", 0, "seed of the moments at which TestKilled kills [by the clock]")
)

// mostKills on one data folder before a run of it ends.
const (
	mostKills = 8
	killLanes = 3
)

// TestKilled kills runs at random moments (kill -9 of the whole process), and
// then lets one end: it finds everything that an undisturbed run does, once.
func TestKilled(t *testing.T) {
	t.Parallel()
	k := newKilling(t)
	n := *kills
	switch {
	case n > 0:
	case testing.Short():
		n = 8
	default:
		n = 30
	}
	// A run mostly waits for the disk, so several are killed at a time.
	for lane := range killLanes {
		share := (n + lane) / killLanes
		t.Run(fmt.Sprint("lane ", lane), func(t *testing.T) {
			t.Parallel()
			k.lane(t, lane, share)
		})
	}
}

// lane kills so many runs, on data folders of its own.
func (k *killing) lane(t *testing.T, lane, kills int) {
	t.Helper()
	random := rand.New(rand.NewPCG(k.seed, uint64(lane)))
	folders := 0
	for left := kills; left > 0; folders++ {
		data := filepath.Join(k.dir, fmt.Sprintf("data-%d-%d", lane, folders))
		killed := 0
		for killed < min(mostKills, left) && k.kill(t, random, data) {
			killed++
		}
		left -= killed
		k.check(t, data)
		if t.Failed() {
			t.Fatalf("after %d kills on data folder %d; seed %d", killed, folders, k.seed)
		}
		if err := os.RemoveAll(data); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills hit runs on %d data folders; a run takes %s", kills, folders, time.Duration(k.took.Load()))
}

// killing is a world, and what an undisturbed run makes of it.
type killing struct {
	dir  string
	args []string
	// took is the longest that a run to the end has taken, in nanoseconds:
	// moments are drawn within it.
	took    atomic.Int64
	seed    uint64
	records []string
	letters []deadLetterDocument
}

func newKilling(t *testing.T) *killing {
	t.Helper()
	cfg := simulate.DefaultConfig()
	cfg.Days, cfg.Requests, cfg.Agents, cfg.UglyLines, cfg.FileLines = 2, 1000, 12, 0.02, 100
	if *kills > 0 {
		cfg.Requests = 5000
	}
	k := &killing{dir: t.TempDir(), seed: *killSeed}
	if k.seed == 0 {
		k.seed = rand.Uint64()
	}
	t.Logf("seed %d", k.seed)
	world := filepath.Join(k.dir, "world")
	if _, err := simulate.Generate(t.Context(), world, cfg, nil); err != nil {
		t.Fatal(err)
	}
	k.args = []string{
		"run", "--once", "--model", cfg.Model, "--service-role", cfg.ServiceRole, "--own-role", cfg.OwnRole,
		"--s3-logs", filepath.Join(world, simulate.LogsDir), "--audits", filepath.Join(world, simulate.AuditsDir),
	}
	undisturbed := filepath.Join(k.dir, "undisturbed")
	if got := k.run(t, undisturbed); got.code != exitDeadLetters {
		t.Fatalf("the undisturbed run ends with %+v", got)
	}
	k.records, k.letters = withoutArrival(t, trailOf(t, undisturbed)), k.lettersOf(t, undisturbed)
	if len(k.records) < 1000 || len(k.letters) == 0 {
		t.Fatalf("there are %d records and %d letters", len(k.records), len(k.letters))
	}
	return k
}

func (k *killing) start(t *testing.T, data string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], append(slices.Clone(k.args), "--data", data)...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, &out
}

// run lets one end.
func (k *killing) run(t *testing.T, data string) outcome {
	t.Helper()
	began := time.Now()
	cmd, out := k.start(t, data)
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	k.took.Store(max(k.took.Load(), int64(time.Since(began))))
	return outcome{out: out.String(), code: cmd.ProcessState.ExitCode()}
}

// kill says whether it hit: the run had not ended by itself. Every third
// moment lies near the start, where folders and files are made.
func (k *killing) kill(t *testing.T, random *rand.Rand, data string) bool {
	t.Helper()
	span := k.took.Load()
	if random.IntN(3) == 0 {
		span /= 5
	}
	moment := time.NewTimer(time.Duration(random.Int64N(span)))
	defer moment.Stop()
	cmd, out := k.start(t, data)
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // the process's state tells
		close(ended)
	}()
	select {
	case <-ended:
		if code := cmd.ProcessState.ExitCode(); code != 0 && code != exitDeadLetters {
			t.Errorf("a run after a kill ends with %d: %s", code, out)
		}
		return false
	case <-moment.C:
	}
	hit := cmd.Process.Kill() == nil
	<-ended
	return hit && !cmd.ProcessState.Exited()
}

// check lets a run end and compares.
func (k *killing) check(t *testing.T, data string) {
	t.Helper()
	if got := k.run(t, data); got.code != 0 && got.code != exitDeadLetters {
		t.Fatalf("the run at the end ends with %+v", got)
	}
	if diff := cmp.Diff(k.records, withoutArrival(t, trailOf(t, data))); diff != "" {
		t.Errorf("the trail differs (-undisturbed +killed):\n%.4000s", diff)
	}
	if diff := cmp.Diff(k.letters, k.lettersOf(t, data)); diff != "" {
		t.Errorf("the dead letters differ (-undisturbed +killed):\n%.4000s", diff)
	}
	earwitness(t, "verify", "--store", filepath.Join(data, "worm"), "--key", filepath.Join(data, "worm.pub")).want(t, 0)
	wantNoContradiction(t, data)
}

// lettersOf leaves out when the letters were written.
func (k *killing) lettersOf(t *testing.T, data string) []deadLetterDocument {
	t.Helper()
	letters := lettersOf(t, data)
	for i := range letters {
		letters[i].Time = ""
	}
	slices.SortFunc(letters, func(a, b deadLetterDocument) int { return strings.Compare(a.ID, b.ID) })
	return letters
}

// wantNoContradiction: the archive holds no two contents of one revision.
func wantNoContradiction(t *testing.T, data string) {
	t.Helper()
	contents := map[string]*access.Record{}
	eachArchived(t, filepath.Join(data, "worm"), filepath.Join(data, "worm.pub"), bus.TopicAccess, func(value []byte) error {
		rec := &access.Record{}
		if err := rec.UnmarshalVT(value); err != nil {
			return err
		}
		at := fmt.Sprintf("%x %d", rec.Id, rec.Arrival.GetRevision())
		if other := contents[at]; other != nil && !proto.Equal(rec, other) {
			t.Errorf("two contents of record %s:\n%v\n%v", at, other, rec)
		}
		contents[at] = rec
		return nil
	})
}
