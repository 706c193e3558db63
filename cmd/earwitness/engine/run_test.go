package engine_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/engine"
)

// watching is an engine that watches until it is stopped.
type watching struct {
	t      *testing.T
	engine *engine.Engine
	stop   context.CancelFunc
	ended  chan error
	result engine.Result
}

func watch(t *testing.T, c *config.Config) *watching {
	t.Helper()
	e, err := engine.Open(t.Context(), c, quiet(), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	w := &watching{t: t, engine: e, stop: stop, ended: make(chan error, 1)}
	go func() {
		var err error
		w.result, err = e.Watch(ctx)
		w.ended <- err
	}()
	return w
}

// end stops as a signal does.
func (w *watching) end() {
	w.t.Helper()
	w.stop()
	if err := errors.Join(<-w.ended, w.engine.Close(w.t.Context())); err != nil {
		w.t.Fatal(err)
	}
}

// awaitRecords waits until so many have been read, not until they are kept.
func (w *watching) awaitRecords(n int64) {
	w.t.Helper()
	await(w.t, func() bool { return w.engine.Progress().Records >= n })
}

// TestWatch: files that come and files that grow are followed, and what was
// read when it is told to stop is in the index when it has.
func TestWatch(t *testing.T) {
	w := storedWorlds(t)[0]
	whole := once(t, w.settings(t, t.TempDir()))
	want := whole.Records()
	moving := w
	moving.dir = t.TempDir()
	logs, audits := filepath.Join(moving.dir, "logs"), filepath.Join(moving.dir, "audits")
	// One file is there, of another the beginning, cut inside a line.
	entries, err := os.ReadDir(filepath.Join(w.dir, "logs"))
	if err != nil || len(entries) < 2 {
		t.Fatalf("the world has %d files of logs, %v", len(entries), err)
	}
	growing := entries[1].Name()
	copyFiles(t, filepath.Join(w.dir, "logs"), logs, func(name string) bool { return name == entries[0].Name() })
	if err := os.MkdirAll(audits, 0o700); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(w.dir, "logs", growing))
	if err != nil {
		t.Fatal(err)
	}
	cut := bytes.IndexByte(text, '\n') + 50
	grow(t, filepath.Join(logs, growing), text[:cut])

	c := moving.settings(t, t.TempDir())
	run := watch(t, c)
	run.awaitRecords(1)
	copyFiles(t, filepath.Join(w.dir, "audits"), audits, func(string) bool { return true })
	copyFiles(t, filepath.Join(w.dir, "logs"), logs, func(name string) bool { return name != growing })
	grow(t, filepath.Join(logs, growing), text[cut:])
	run.awaitRecords(want)
	run.end()

	if n := run.result.Records(); n != want {
		t.Errorf("%d records were read, want %d", n, want)
	}
	kept := trail(t, c)
	if again := once(t, c); again.Records() != 0 {
		t.Errorf("a run after it reads %d records again", again.Records())
	}
	fresh := moving.settings(t, t.TempDir())
	once(t, fresh)
	wantTrail(t, trail(t, fresh), trail(t, c))
	if n := len(trail(t, fresh)); len(kept) != n {
		t.Errorf("the index had %d records of %d when the watch had ended", len(kept), n)
	}
	wantProof(t, c)
}

func grow(t *testing.T, path string, text []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestSilentSource: while a source has not delivered, what it may tell of
// stays pending, and the others go on.
func TestSilentSource(t *testing.T) {
	w := storedWorlds(t)[0]
	fresh := w.settings(t, t.TempDir())
	whole := once(t, fresh)
	data := t.TempDir()
	never := config.Duration(100 * 365 * 24 * time.Hour)
	c := w.settings(t, data, func(c *config.Config) {
		for i := range c.Sources {
			if strings.HasPrefix(string(c.Sources[i].Name), "audits") {
				// It says of itself that nothing of the world is complete.
				c.Sources[i].Lateness = &never
			}
		}
	})
	run := watch(t, c)
	run.awaitRecords(whole.Records())
	run.end()
	if pending, final := states(t, c); final != 0 || pending != len(trail(t, fresh)) {
		t.Errorf("%d records are final, %d pending of %d", final, pending, len(trail(t, fresh)))
	}
	once(t, w.settings(t, data))
	wantTrail(t, trail(t, fresh), trail(t, c))
}

// TestOneAtATime: a data folder that is in use is refused, and free after it.
func TestOneAtATime(t *testing.T) {
	c := storedWorlds(t)[0].settings(t, t.TempDir())
	e, err := engine.Open(t.Context(), c, quiet(), engine.Options{Once: true})
	if err != nil {
		t.Fatal(err)
	}
	_, err = engine.Open(t.Context(), c, quiet(), engine.Options{Once: true})
	if used := (*engine.InUseError)(nil); !errors.As(err, &used) || used.Folder != string(c.Data) {
		t.Errorf("a second engine says: %v", err)
	}
	if err := e.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	once(t, c)
}

// TestSourcesChange: other sources open another epoch, and the records are
// those of all evidence together.
func TestSourcesChange(t *testing.T) {
	w := storedWorlds(t)[0]
	fresh := w.settings(t, t.TempDir())
	once(t, fresh)
	data := t.TempDir()
	logsAlone := w.settings(t, data, func(c *config.Config) { c.Sources = c.Sources[:1] })
	if result := once(t, logsAlone); result.Epoch != 1 || result.Records() == 0 {
		t.Errorf("the first run read %d records in epoch %d", result.Records(), result.Epoch)
	}
	c := w.settings(t, data)
	if result := once(t, c); result.Epoch != 2 {
		t.Errorf("the second run is in epoch %d", result.Epoch)
	}
	wantTrail(t, trail(t, fresh), trail(t, c))
	if result := once(t, c); result.Epoch != 2 || result.Records() != 0 {
		t.Errorf("the third run read %d records in epoch %d", result.Records(), result.Epoch)
	}
}

// TestOtherPartitionsAreRefused: evidence would lie elsewhere.
func TestOtherPartitionsAreRefused(t *testing.T) {
	w := storedWorlds(t)[0]
	data := t.TempDir()
	once(t, w.settings(t, data))
	_, err := engine.Open(t.Context(), w.settings(t, data, func(c *config.Config) { c.Bus.Partitions = 4 }), quiet(), engine.Options{Once: true})
	if err == nil || !strings.Contains(err.Error(), "so set 3") {
		t.Errorf("other partitions: %v", err)
	}
}
