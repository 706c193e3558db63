package engine_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/engine"
	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/sinks/index"
	"earwitness/sinks/worm"
)

// world is logs and audits, and the settings that are right for them.
type world struct {
	name  string
	dir   string
	model string
	roles []string
	own   []string
}

// storedWorlds are the two worlds of the rules' tests.
func storedWorlds(t *testing.T) []world {
	t.Helper()
	var worlds []world
	for _, name := range []string{"1", "2"} {
		dir, err := filepath.Abs(filepath.Join("..", "..", "..", "pipeline", "correlate", "testdata", "worlds", name))
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "expected.json"))
		if err != nil {
			t.Fatal(err)
		}
		var expected struct {
			Model   string
			Service []string
			Self    []string
		}
		if err := json.Unmarshal(text, &expected); err != nil {
			t.Fatal(err)
		}
		worlds = append(worlds, world{name: "world " + name, dir: dir, model: expected.Model, roles: expected.Service, own: expected.Self})
	}
	return worlds
}

// settings for a data folder, with the roles and model that are right.
func (w world) settings(t *testing.T, data string, change ...func(*config.Config)) *config.Config {
	t.Helper()
	c, err := config.Load(config.Flags{
		Data: data, Model: w.model, ServiceRoles: w.roles, OwnRoles: w.own,
		S3Logs: []string{filepath.Join(w.dir, "logs")}, Audits: []string{filepath.Join(w.dir, "audits")},
	})
	if err != nil {
		t.Fatal(err)
	}
	c.Bus.Partitions = 3
	for _, fn := range change {
		fn(c)
	}
	return c
}

// once runs an engine to its end.
func once(t *testing.T, c *config.Config) engine.Result {
	t.Helper()
	e, err := engine.Open(t.Context(), c, quiet(), engine.Options{Once: true})
	if err != nil {
		t.Fatal(err)
	}
	result, err := e.Once(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return result
}

// rebuild runs a rebuild until it ends or ctx does.
func rebuild(ctx context.Context, t *testing.T, c *config.Config) (engine.Rebuilt, error) {
	t.Helper()
	r, err := engine.OpenRebuild(ctx, c, quiet(), nil)
	if err != nil {
		return engine.Rebuilt{}, err
	}
	rebuilt, err := r.Run(ctx)
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return rebuilt, err
}

func rebuilt(t *testing.T, c *config.Config) engine.Rebuilt {
	t.Helper()
	done, err := rebuild(t.Context(), t, c)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// trail has every current record as a document, without what depends on when
// evidence came.
func trail(t *testing.T, c *config.Config) []string {
	t.Helper()
	reader, err := index.OpenReader(t.Context(), string(c.Index.Path))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close() //nolint:errcheck // it was only read
	var lines []string
	err = reader.All(t.Context(), func(rec *access.Record) error {
		rec.Arrival = nil
		lines = append(lines, string(access.AppendJSON(nil, rec)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines
}

// wantTrail says which documents differ.
func wantTrail(t *testing.T, want, got []string) {
	t.Helper()
	if len(want) == 0 {
		t.Fatal("there are no records to compare")
	}
	if slices.Equal(want, got) {
		return
	}
	t.Errorf("records differ: want %d, got %d", len(want), len(got))
	shown := 0
	for _, line := range got {
		if _, found := slices.BinarySearch(want, line); !found && shown < 3 {
			shown++
			t.Errorf("not expected: %s\n%s", line, cmp.Diff(sameID(want, line), line))
		}
	}
}

func sameID(lines []string, like string) string {
	id := func(line string) string {
		var document struct {
			Event struct{ ID string } `json:"event"`
		}
		if json.Unmarshal([]byte(line), &document) != nil {
			return ""
		}
		return document.Event.ID
	}
	for _, line := range lines {
		if id(line) == id(like) {
			return line
		}
	}
	return ""
}

// archive opens the archive for reading.
func archive(t *testing.T, c *config.Config) (worm.Store, note.Verifiers) {
	t.Helper()
	store, err := worm.ReadDir(string(c.WORM.Directory))
	if err != nil {
		t.Fatal(err)
	}
	_, verifier, _ := c.OwnKey()
	known, err := worm.LoadVerifiers(verifier)
	if err != nil {
		t.Fatal(err)
	}
	return store, known
}

// wantProof checks the archive.
func wantProof(t *testing.T, c *config.Config) {
	t.Helper()
	store, known := archive(t, c)
	report, err := worm.Verify(t.Context(), store, known, worm.VerifyOptions{})
	if err != nil || !report.Holds() {
		t.Errorf("the archive does not hold: %v, %v", report, err)
	}
}

// retractions are those in the archive that a rebuild made: of offset 0.
func retractions(t *testing.T, c *config.Config) []*access.Record {
	t.Helper()
	store, known := archive(t, c)
	reader, err := worm.NewReader(store, known)
	if err != nil {
		t.Fatal(err)
	}
	logs, err := reader.Logs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var records []*access.Record
	for _, log := range logs {
		if log.Topic != bus.TopicAccess {
			continue
		}
		err := reader.Read(t.Context(), log, 0, func(entry worm.Record) error {
			if bus.IsControl(&entry.Message) {
				return nil
			}
			rec := new(access.Record)
			if err := rec.UnmarshalVT(entry.Message.Value); err != nil {
				return err
			}
			if _, offset := access.SplitRevision(rec.Arrival.Revision); offset == 0 && rec.State == access.State_STATE_RETRACTED {
				records = append(records, rec)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return records
}

// copyFiles copies those of a folder whose names are wanted.
func copyFiles(t *testing.T, from, to string, wanted func(name string) bool) {
	t.Helper()
	err := os.MkdirAll(to, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.IsDir() || !wanted(entry.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(from, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, strings.TrimSuffix(entry.Name(), ".tmp")), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
