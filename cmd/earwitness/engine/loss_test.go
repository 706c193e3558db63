package engine_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/engine"
	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/correlate"
	"earwitness/sinks/index"
)

// midway lies inside the simulated world: what is later is not covered.
func midway() time.Time { return time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC) }

// onceAt runs an engine to its end that begins at a time.
func onceAt(t *testing.T, c *config.Config, at time.Time) engine.Result {
	t.Helper()
	e, err := engine.Open(t.Context(), c, quiet(), engine.Options{Once: true})
	if err != nil {
		t.Fatal(err)
	}
	e.BeginAt(at)
	result, err := e.Once(t.Context())
	if err := errors.Join(err, e.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	return result
}

// halves are a world whose second half comes later, when more is called.
func halves(t *testing.T) (half world, more func()) {
	t.Helper()
	w := simulated(t)
	half = w
	half.dir = t.TempDir()
	copyHalf := func(part int) {
		for _, name := range []string{"logs", "audits"} {
			n := 0
			copyFiles(t, filepath.Join(w.dir, name), filepath.Join(half.dir, name), func(string) bool {
				n++
				return n%2 == part
			})
		}
	}
	copyHalf(0)
	return half, func() { copyHalf(1) }
}

// wantLost checks that a folder's bus has given up messages of a topic.
func wantLost(t *testing.T, c *config.Config, topic string) {
	t.Helper()
	e, err := engine.Open(t.Context(), c, quiet(), engine.Options{Once: true})
	if err != nil {
		t.Fatal(err)
	}
	n, err := e.LostFrom(t.Context(), topic)
	if err := errors.Join(err, e.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Fatalf("nothing was deleted from %s: the test shows nothing", topic)
	}
}

func states(t *testing.T, c *config.Config) (pending, final int) {
	t.Helper()
	reader, err := index.OpenReader(t.Context(), string(c.Index.Path))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close() //nolint:errcheck // it was only read
	err = reader.All(t.Context(), func(rec *access.Record) error {
		switch rec.State {
		case access.State_STATE_PENDING:
			pending++
		case access.State_STATE_FINAL:
			final++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pending, final
}

// TestLostFolders: whatever part of a data folder is a cache or a view may be
// deleted between two runs. The records are those of a folder that was never
// touched, pending ones included, whether more evidence comes or not.
func TestLostFolders(t *testing.T) {
	slow(t)
	for _, lost := range [][]string{{"state"}, {"index"}, {"worm-hints"}, {"state", "index", "worm-hints"}} {
		t.Run(strings.Join(lost, " "), func(t *testing.T) {
			w, more := halves(t)
			kept, c := w.settings(t, t.TempDir()), w.settings(t, t.TempDir())
			onceAt(t, kept, midway())
			onceAt(t, c, midway())
			wantLost(t, c, bus.TopicEvidence)
			wantLost(t, c, bus.TopicAccess)
			if pending, final := states(t, c); pending == 0 || final == 0 {
				t.Fatalf("%d records are pending, %d final: the test shows too little", pending, final)
			}
			lose := func() {
				for _, name := range lost {
					if err := os.RemoveAll(filepath.Join(string(c.Data), name)); err != nil {
						t.Fatal(err)
					}
				}
			}
			lose()
			onceAt(t, c, midway())
			wantTrail(t, trail(t, kept), trail(t, c))

			lose()
			more()
			onceAt(t, kept, midway().Add(time.Hour))
			onceAt(t, c, midway().Add(time.Hour))
			wantTrail(t, trail(t, kept), trail(t, c))
			wantProof(t, c)
		})
	}
}

// TestLostIndexCrash: a run that dies after it has begun to fill the index
// leaves the next one to do it again.
func TestLostIndexCrash(t *testing.T) {
	w := simulated(t)
	c := w.settings(t, t.TempDir())
	onceAt(t, c, midway())
	want := trail(t, c)
	if err := os.RemoveAll(filepath.Dir(string(c.Index.Path))); err != nil {
		t.Fatal(err)
	}
	// Opened, it is filled; what is pending would come with the epoch.
	e, err := engine.Open(t.Context(), c, quiet(), engine.Options{Once: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := trail(t, c); len(got) == 0 || len(got) >= len(want) {
		t.Fatalf("%d of %d records came from the archive: the test shows nothing", len(got), len(want))
	}
	onceAt(t, c, midway())
	wantTrail(t, want, trail(t, c))
}

// TestLostBus is refused, each time, before anything is written to a new one.
func TestLostBus(t *testing.T) {
	c := storedWorlds(t)[0].settings(t, t.TempDir())
	once(t, c)
	if err := os.RemoveAll(c.BusDir()); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		_, err := engine.Open(t.Context(), c, quiet(), engine.Options{Once: true})
		var beyond *bus.BeyondEndError
		if !errors.As(err, &beyond) || beyond.End != 0 || !strings.Contains(err.Error(), "restore folder "+c.BusDir()) {
			t.Fatalf("without its bus a folder opens with: %v", err)
		}
	}
}

// TestArchivedButNotPublished: evidence that reached the archive before the
// process died with nothing published and no state saved is judged all the
// same.
func TestArchivedButNotPublished(t *testing.T) {
	w := storedWorlds(t)[0]
	fresh, c := w.settings(t, t.TempDir()), w.settings(t, t.TempDir())
	once(t, fresh)
	e, err := engine.Open(t.Context(), c, quiet(), engine.Options{Once: true})
	if err != nil {
		t.Fatal(err)
	}
	e.FailStage(correlate.StepProduce, errors.New("injected"))
	ctx, die := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := e.Once(ctx)
		ended <- err
	}()
	await(t, func() bool {
		archived, err := e.IsArchived(ctx)
		return archived && err == nil
	})
	die()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Once = %v", err)
	}
	if err := e.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(trail(t, c)); n != 0 {
		t.Fatalf("%d records were published", n)
	}
	once(t, c)
	wantTrail(t, trail(t, fresh), trail(t, c))
}

// await polls until it is so.
func await(t *testing.T, so func() bool) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	late := time.After(time.Minute)
	for !so() {
		select {
		case <-again.C:
		case <-late:
			t.Fatal("it does not come to be")
		}
	}
}
