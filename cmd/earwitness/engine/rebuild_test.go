package engine_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/engine"
	"earwitness/pipeline/access"
	"earwitness/sinks/index"
	"earwitness/sources/simulate"
)

func withoutRoles(c *config.Config) { c.Roles.Service, c.Roles.Own = nil, nil }

func otherModel(c *config.Config) {
	if c.Model == config.ModelDirect {
		c.Model = config.ModelExport
	} else {
		c.Model = config.ModelDirect
	}
}

func otherWindows(c *config.Config) {
	c.Windows.SessionGap = config.Duration(90 * time.Second)
	c.Windows.Before, c.Windows.After = config.Duration(time.Minute), config.Duration(time.Hour)
}

// byConversation makes recordings of conversations, so that every subject
// changes, and with it the partition.
func byConversation(c *config.Config) {
	c.Keys = append(c.Keys, config.Key{Name: "by-conversation", Template: "**/conversation_id={recording}/{any}"})
}

func rightSettings(*config.Config) {}

// simulated makes a world with ugly, late and repeated lines.
func simulated(t *testing.T) world {
	t.Helper()
	cfg := simulate.DefaultConfig()
	cfg.Days, cfg.Requests, cfg.Agents, cfg.UglyLines = 3, 1500, 12, 0.02
	dir := filepath.Join(t.TempDir(), "world")
	if _, err := simulate.Generate(t.Context(), dir, cfg, nil); err != nil {
		t.Fatal(err)
	}
	return world{name: "simulated", dir: dir, model: cfg.Model, roles: []string{cfg.ServiceRole}, own: []string{cfg.OwnRole}}
}

// TestRebuildEqualsRun: what a rebuild makes of evidence that was taken in
// under other settings is what a run under the present ones makes of it.
func TestRebuildEqualsRun(t *testing.T) {
	t.Parallel()
	changes := []struct {
		name        string
		before, now func(*config.Config)
		retracts    bool
	}{
		{"roles", withoutRoles, rightSettings, true},
		{"windows", otherWindows, rightSettings, false},
		{"key pattern", rightSettings, byConversation, false},
		// These on the simulated world alone.
		{"roles away", rightSettings, withoutRoles, true},
		{"model", otherModel, rightSettings, false},
		{"key pattern away", byConversation, rightSettings, false},
		{"nothing", rightSettings, rightSettings, false},
	}
	const onAll = 3
	worlds := append(storedWorlds(t), simulated(t))
	if testing.Short() {
		worlds, changes = worlds[:1], changes[:1]
	}
	for n, w := range worlds {
		for at, change := range changes {
			if at >= onAll && n < len(worlds)-1 {
				continue
			}
			t.Run(w.name+"/"+change.name, func(t *testing.T) {
				t.Parallel()
				data, fresh := t.TempDir(), w.settings(t, t.TempDir(), change.now)
				once(t, fresh)
				want := trail(t, fresh)

				once(t, w.settings(t, data, change.before))
				c := w.settings(t, data, change.now)
				done := rebuilt(t, c)
				wantTrail(t, want, trail(t, c))
				wantProof(t, c)
				if done.Epoch != 2 || done.Left != 0 || done.Gaps != 0 || done.Reread != 0 {
					t.Errorf("it did %+v", done)
				}
				if got := done.Requests + done.Same + done.Changed + done.New; got != int64(len(want)) {
					t.Errorf("it counts %d records, there are %d: %+v", got, len(want), done)
				}
				if change.retracts && done.Retracted == 0 {
					t.Errorf("it retracted nothing: %+v", done)
				}
				wantWhole(t, c, done.Retracted)
			})
		}
	}
}

// wantWhole: all records are of the rebuild's epoch, every access that a
// request names is there, and so is the successor of each that was retracted.
func wantWhole(t *testing.T, c *config.Config, retracted int64) {
	t.Helper()
	reader, err := index.OpenReader(t.Context(), string(c.Index.Path))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close() //nolint:errcheck // it was only read
	accesses, named := make(map[string]bool), make(map[string]bool)
	err = reader.All(t.Context(), func(rec *access.Record) error {
		if epoch, _ := access.SplitRevision(rec.Arrival.Revision); epoch != 2 {
			t.Errorf("record %x is of epoch %d", rec.Id, epoch)
		}
		if rec.Kind == access.Kind_KIND_ACCESS {
			accesses[string(rec.Id)] = true
		} else {
			named[string(rec.AccessId)] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	voids := retractions(t, c)
	if int64(len(voids)) != retracted {
		t.Errorf("the archive has %d retractions of the rebuild, %d are reported", len(voids), retracted)
	}
	for _, rec := range voids {
		if accesses[string(rec.Id)] || len(rec.Successor) == 0 {
			t.Errorf("access %x is retracted, and there; or without a successor: %x", rec.Id, rec.Successor)
		}
		named[string(rec.Successor)] = true
	}
	for id := range named {
		if !accesses[id] {
			t.Errorf("access %x is named and not there", id)
		}
	}
}

// TestRebuildThenRun: a run goes on with more files after two rebuilds, and a
// rebuild after that has nothing to change.
func TestRebuildThenRun(t *testing.T) {
	slow(t)
	t.Parallel()
	w := storedWorlds(t)[0]
	half := world{name: w.name, dir: t.TempDir(), model: w.model, roles: w.roles, own: w.own}
	logs, audits := filepath.Join(half.dir, "logs"), filepath.Join(half.dir, "audits")
	early := func(name string) bool { return name < "2026-03-06" }
	copyFiles(t, filepath.Join(w.dir, "logs"), logs, early)
	copyFiles(t, filepath.Join(w.dir, "audits"), audits, func(string) bool { return true })
	data := t.TempDir()

	once(t, half.settings(t, data, withoutRoles))
	rebuilt(t, half.settings(t, data, otherWindows))
	if done := rebuilt(t, half.settings(t, data)); done.Epoch != 3 || done.Repeated == 0 || done.Left != 0 {
		t.Errorf("the second rebuild did %+v", done)
	}
	copyFiles(t, filepath.Join(w.dir, "logs"), logs, func(name string) bool { return !early(name) })
	c := half.settings(t, data)
	if result := once(t, c); result.Records() == 0 {
		t.Error("the run after the rebuild read nothing")
	}
	fresh := half.settings(t, t.TempDir())
	once(t, fresh)
	wantTrail(t, trail(t, fresh), trail(t, c))
	// And once more, over what the rebuilds and the runs have left.
	if done := rebuilt(t, c); done.Changed+done.New+done.Retracted+done.Left != 0 {
		t.Errorf("a rebuild under the same settings did %+v", done)
	}
	wantTrail(t, trail(t, fresh), trail(t, c))
	wantProof(t, c)
}

// TestRebuildWithoutState: what the state is computed from is what came since
// the rebuild.
func TestRebuildWithoutState(t *testing.T) {
	t.Parallel()
	w := storedWorlds(t)[1]
	data := t.TempDir()
	once(t, w.settings(t, data, byConversation))
	c := w.settings(t, data)
	rebuilt(t, c)
	want := trail(t, c)
	if err := os.RemoveAll(filepath.Join(data, "state")); err != nil {
		t.Fatal(err)
	}
	once(t, c)
	wantTrail(t, want, trail(t, c))
}

// TestRebuildInterrupted cuts rebuilds at random, and then lets one end.
func TestRebuildInterrupted(t *testing.T) {
	slow(t)
	t.Parallel()
	w := storedWorlds(t)[1]
	fresh := w.settings(t, t.TempDir())
	once(t, fresh)
	want := trail(t, fresh)
	data := t.TempDir()
	once(t, w.settings(t, data, withoutRoles, byConversation))
	c := w.settings(t, data)
	// How long one takes, to cut others within.
	whole := t.TempDir()
	once(t, w.settings(t, whole, withoutRoles, byConversation))
	began := time.Now()
	rebuilt(t, w.settings(t, whole))
	took := time.Since(began)

	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	cuts, rounds := 0, 6
	for range rounds {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.Int64N(int64(took))))
		_, err := rebuild(ctx, t, c)
		cut := ctx.Err() != nil
		cancel()
		switch {
		case err == nil:
		case cut:
			// Connections may call a deadline otherwise.
			cuts++
		default:
			t.Fatalf("a rebuild says: %v", err)
		}
	}
	t.Logf("%d rebuilds of %s were cut", cuts, took)
	rebuilt(t, c)
	wantTrail(t, want, trail(t, c))
	wantProof(t, c)
	if result := once(t, c); result.Records() != 0 {
		t.Errorf("a run after it read %d records again", result.Records())
	}
	wantTrail(t, want, trail(t, c))
}

// TestRebuildRefusals: what must not be mixed is refused, and each refusal
// says what to do.
func TestRebuildRefusals(t *testing.T) {
	t.Parallel()
	w := storedWorlds(t)[0]
	data := t.TempDir()
	empty := filepath.Join(data, "nothing")
	_, err := rebuild(t.Context(), t, w.settings(t, empty))
	if nothing := (*engine.NothingToRebuildError)(nil); !errors.As(err, &nothing) {
		t.Errorf("a rebuild of nothing says: %v", err)
	}
	if _, err := os.Stat(empty); err == nil {
		t.Error("a rebuild of nothing made the data folder")
	}

	once(t, w.settings(t, data))
	_, err = engine.Open(t.Context(), w.settings(t, data, withoutRoles), quiet(), engine.Options{Once: true})
	if changed := (*engine.RulesChangedError)(nil); !errors.As(err, &changed) || !strings.Contains(err.Error(), "earwitness rebuild") {
		t.Errorf("a run under other rules says: %v", err)
	}
	_, err = rebuild(t.Context(), t, w.settings(t, data, func(c *config.Config) { c.Bus.Partitions = 4 }))
	if err == nil || !strings.Contains(err.Error(), "3 partitions") {
		t.Errorf("a rebuild with other partitions says: %v", err)
	}

	// Cut where the epoch is open: the archive can't be read.
	c := w.settings(t, data, withoutRoles)
	damage(t, filepath.Join(data, "worm"))
	if _, err := rebuild(t.Context(), t, c); err == nil {
		t.Fatal("a rebuild from a damaged archive ended well")
	}
	_, err = engine.Open(t.Context(), c, quiet(), engine.Options{Once: true})
	if unfinished := (*engine.UnfinishedRebuildError)(nil); !errors.As(err, &unfinished) || !strings.Contains(err.Error(), "earwitness rebuild") {
		t.Errorf("a run after an unfinished rebuild says: %v", err)
	}
}

// damage flips a byte in the middle of the first evidence segment.
func damage(t *testing.T, store string) {
	t.Helper()
	segments, err := filepath.Glob(filepath.Join(store, "*", "earwitness.evidence", "00000", "*.seg"))
	if err != nil || len(segments) == 0 {
		t.Fatalf("there are no segments: %v", err)
	}
	if err := os.Chmod(segments[0], 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(segments[0])
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(segments[0], text, 0o600); err != nil {
		t.Fatal(err)
	}
}
