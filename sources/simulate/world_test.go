package simulate_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"earwitness/pipeline/evidence"
	"earwitness/sources/genesys"
	"earwitness/sources/s3log"
	"earwitness/sources/simulate"
)

func smallConfig() simulate.Config {
	cfg := simulate.DefaultConfig()
	cfg.Days, cfg.Requests, cfg.Agents = 3, 6_000, 20
	return cfg
}

// made is a world, read back.
type made struct {
	simulate.Summary
	dir     string
	files   map[string][]byte // below logs and audits, unpacked
	packed  int
	truth   []fact
	request map[string]*fact
	act     map[string]*fact
}

type fact struct {
	Kind, ID, Time, Story, Operation, Principal, Actor, Person, Audit, Recording, Action, Grade string
	Written                                                                                     int
	Failed                                                                                      bool
	seen                                                                                        int
}

func makeWorld(t *testing.T, cfg simulate.Config) *made {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "world")
	sum, err := simulate.Generate(t.Context(), dir, cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	m := &made{Summary: sum, dir: dir, files: map[string][]byte{}, request: map[string]*fact{}, act: map[string]*fact{}}
	for _, sub := range []string{simulate.LogsDir, simulate.AuditsDir} {
		entries, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			m.files[sub+"/"+e.Name()] = m.unpack(t, filepath.Join(dir, sub, e.Name()))
		}
	}
	m.readTruth(t)
	return m
}

func (m *made) unpack(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return data
	}
	m.packed++
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if data, err = io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
	return data
}

func (m *made) readTruth(t *testing.T) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(m.dir, simulate.TruthFile))
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	for {
		f := &fact{}
		err := d.Decode(f)
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		m.truth = append(m.truth, *f)
		into := m.request
		if f.Kind == "act" {
			into = m.act
		}
		if into[f.ID] != nil {
			t.Fatalf("two facts have id %s", f.ID)
		}
		into[f.ID] = f
	}
}

// read decodes all files below a folder of the world.
func (m *made) read(t *testing.T, sub string, d evidence.Decoder) (pieces []*evidence.Evidence, letters []*evidence.DeadLetter) {
	t.Helper()
	for name, data := range m.files {
		if !strings.HasPrefix(name, sub) {
			continue
		}
		err := d.Decode(context.Background(), evidence.Object{URI: name}, bytes.NewReader(data), func(b evidence.Batch) error {
			pieces, letters = append(pieces, b.Evidence...), append(letters, b.DeadLetters...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return pieces, letters
}

func TestEveryLineIsAccountedFor(t *testing.T) {
	t.Parallel()
	for _, model := range []string{simulate.ModelDirect, simulate.ModelExport} {
		cfg := smallConfig()
		cfg.Model, cfg.UglyLines, cfg.LostLines = model, 0.05, 0.02
		m := makeWorld(t, cfg)
		pieces, letters := m.read(t, simulate.LogsDir, s3log.New(s3log.Config{}))
		if int64(len(pieces)) != m.Lines {
			t.Errorf("%s: %d lines, want %d", model, len(pieces), m.Lines)
		}
		for _, e := range pieces {
			if e.Grade == evidence.Grade_GRADE_RAW {
				continue
			}
			id := hex.EncodeToString(e.GetRequest().Identity)
			f := m.request[id]
			if f == nil {
				t.Fatalf("%s: no truth for %s", model, e.Raw)
			}
			f.seen++
			if e.Grade.Name() != f.Grade {
				t.Errorf("%s: grade %s, want %s of %s", model, e.Grade.Name(), f.Grade, e.Raw)
			}
			if got := e.GetRequest().RecordingId; got != f.Recording {
				t.Errorf("%s: recording %q, want %q of %s", model, got, f.Recording, e.Raw)
			}
		}
		raw, lost, again, recovered := 0, 0, 0, 0
		for _, f := range m.request {
			switch {
			case f.Grade == "raw":
				raw += f.Written
			case f.Written != f.seen:
				t.Errorf("%s: %s was seen %d times, want %d", model, f.ID, f.seen, f.Written)
			}
			if f.Written == 0 {
				lost++
			}
			if f.Written == 2 {
				again++
			}
			if f.Grade == "recovered" {
				recovered++
			}
		}
		if raw != len(letters) || raw == 0 || lost != int(m.LostLines) || again != int(m.DuplicateLines) || recovered != int(m.RecoveredLines) {
			t.Errorf("%s: %d raw (%d letters), %d lost, %d twice, %d recovered of %+v", model, raw, len(letters), lost, again, recovered, m.Summary)
		}
	}
}

func TestEveryAuditIsRead(t *testing.T) {
	t.Parallel()
	m := makeWorld(t, smallConfig())
	pieces, letters := m.read(t, simulate.AuditsDir, genesys.New(genesys.Config{}))
	if len(letters) != 0 || int64(len(pieces)) != m.Audits {
		t.Fatalf("%d audits and %d dead letters, want %d and 0", len(pieces), len(letters), m.Audits)
	}
	kinds := map[string]int{}
	for _, e := range pieces {
		kinds[e.Kind.Name()]++
		a := e.GetAct()
		f := m.act[evidence.ActID(a.AuditId).String()]
		if f == nil {
			t.Fatalf("no truth for %s", e.Raw)
		}
		f.seen++
		if person := a.UserId + a.ClientId; person != f.Person || a.Action != f.Action || f.Failed != strings.EqualFold(a.Status, "failure") {
			t.Errorf("read %v, want %+v", a, f)
		}
	}
	for _, f := range m.act {
		if f.seen != f.Written {
			t.Errorf("audit %s was seen %d times, want %d", f.Audit, f.seen, f.Written)
		}
	}
	for _, kind := range []string{"platform-query", "quality-query", "event", "file"} {
		if kinds[kind] < 20 {
			t.Errorf("%d audits of kind %s", kinds[kind], kind)
		}
	}
}

func TestStoriesAreTold(t *testing.T) {
	t.Parallel()
	m := makeWorld(t, smallConfig())
	counted := map[string]simulate.StoryCount{}
	for i := range m.truth {
		f := &m.truth[i]
		c := counted[f.Story]
		if f.Kind == "act" {
			c.Acts++
		} else {
			c.Requests++
		}
		counted[f.Story] = c
	}
	told := maps.Clone(m.Stories)
	for name, c := range told {
		if c.Times == 0 {
			t.Errorf("story %s left %+v and never happened", name, c)
		}
		c.Times = 0
		if c != counted[name] {
			t.Errorf("story %s: %+v, want %+v", name, c, counted[name])
		}
	}
	for _, name := range simulate.Stories() {
		if _, ok := told[name]; !ok {
			t.Errorf("story %s did not happen", name)
		}
	}
	if len(told) != len(simulate.Stories()) {
		t.Errorf("%d stories happened, %d are listed", len(told), len(simulate.Stories()))
	}
}
