package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
)

// mistaken is a world whose audits are read as access logs at first, and of
// whose logs one file is cut and one line is none.
type mistaken struct {
	t    *testing.T
	dir  string
	data string
	// cut is the file that is cut, whole what it should hold.
	cut   string
	whole []byte
}

func newMistaken(t *testing.T) *mistaken {
	t.Helper()
	m := &mistaken{t: t, dir: t.TempDir()}
	m.data = filepath.Join(m.dir, "data")
	from := filepath.Join(worldsDir, "1")
	audits, err := os.ReadFile(filepath.Join(from, "audits", "quality.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	m.put("audits/quality.ndjson", audits)
	files, err := filepath.Glob(filepath.Join(from, "logs", "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("the world has %d files, %v", len(files), err)
	}
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			text = append(text, "this is no line of a log\n"...)
		}
		if i == 1 {
			m.whole = packed(t, text)
			m.cut = "logs/" + filepath.Base(file) + ".gz"
			m.put(m.cut, m.whole[:len(m.whole)-12])
			continue
		}
		m.put("logs/"+filepath.Base(file), text)
	}
	return m
}

func packed(t *testing.T, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	if _, err := zip.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (m *mistaken) put(name string, text []byte) {
	m.t.Helper()
	path := filepath.Join(m.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// settings with the audits as that type, in a data folder.
func (m *mistaken) settings(audits, data string) string {
	m.t.Helper()
	name := filepath.Base(data) + "-" + audits + ".yaml"
	m.put(name, []byte("data: "+data+"\n"+m.sources(audits)))
	return filepath.Join(m.dir, name)
}

func (m *mistaken) sources(audits string) string {
	return fmt.Sprintf(`model: direct
sources:
  - {name: logs, type: s3-access-log, path: %[1]s/logs}
  - {name: audits, type: %[2]s, path: %[1]s/audits}
`, m.dir, audits)
}

func TestDeadLetterReplay(t *testing.T) {
	t.Parallel()
	m := newMistaken(t)
	wrong, right := m.settings("s3-access-log", m.data), m.settings("genesys-audit", m.data)
	earwitness(t, "run", "--once", "--config", wrong).want(t, exitDeadLetters)
	counted := earwitness(t, "deadletter", "list", "--counts", "--config", right)
	counted.want(t, 0, "intake", "truncated", "s3log", "unreadable", "waiting")
	all := strings.Count(earwitness(t, "deadletter", "list", "--json", "--config", right).out, "\n")

	// The file is mended, and the settings are.
	m.put(m.cut, m.whole)
	dry := earwitness(t, "deadletter", "replay", "--dry-run", "--config", right)
	dry.want(t, exitDeadLetters, "would be replayed", "1 fail as before", "Nothing was changed.")
	earwitness(t, "deadletter", "replay", "--config", right, "--source", "audits").want(t, 0, "s3log, unreadable:", " settled in ", "0 left")
	left := strings.Count(earwitness(t, "deadletter", "list", "--json", "--config", right).out, "\n")
	if left != 2 || all < 10 {
		t.Errorf("%d dead letters wait of %d after the audits were replayed, want 2", left, all)
	}
	earwitness(t, "deadletter", "replay", "--config", right).want(t, exitDeadLetters, "intake, truncated:\n  1 replayed", "1 fail as before, and wait", "1 left")

	want := m.undisturbed()
	if diff := cmp.Diff(want, withoutArrival(t, trailOf(t, m.data))); diff != "" || len(want) < 50 {
		t.Errorf("%d records without the mistakes; after the replay (-want +got):\n%.4000s", len(want), diff)
	}
	m.dismiss(right)
}

// undisturbed is what comes of the world when nothing is mistaken.
func (m *mistaken) undisturbed() []string {
	m.t.Helper()
	return withoutArrival(m.t, m.undisturbedTrail())
}

func (m *mistaken) undisturbedTrail() []string {
	m.t.Helper()
	m.put(m.cut, m.whole)
	data := filepath.Join(m.dir, "undisturbed")
	earwitness(m.t, "run", "--once", "--config", m.settings("genesys-audit", data)).want(m.t, exitDeadLetters)
	return trailOf(m.t, data)
}

// dismiss settles the line that nobody can read.
func (m *mistaken) dismiss(settings string) {
	m.t.Helper()
	earwitness(m.t, "deadletter", "dismiss", "--config", settings).want(m.t, 2, "--reason is missing")
	earwitness(m.t, "deadletter", "dismiss", "--config", settings, "--reason", "no log").want(m.t, 2, "choose by ids or filters")
	earwitness(m.t, "deadletter", "dismiss", "--data", m.data, "--reason", "no log", "--stage", "s3log").want(m.t, 0, "1 dismissed", "0 left")
	earwitness(m.t, "deadletter", "list", "--config", settings).want(m.t, 0, "no dead letter found")
	earwitness(m.t, "deadletter", "list", "--all", "--config", settings, "--stage", "s3log").want(m.t, 0, "dismissed", "replayed")
	listed := earwitness(m.t, "deadletter", "list", "--all", "--json", "--config", settings, "--cause", "unreadable")
	listed.want(m.t, 0, `"settled":{"how":"dismissed","reason":"no log"`)
	earwitness(m.t, "deadletter", "replay", "--config", settings).want(m.t, 0, "No dead letter that was chosen waits.")
	earwitness(m.t, "verify", "--store", filepath.Join(m.data, "worm"), "--key", filepath.Join(m.data, "worm.pub")).want(m.t, 0)
}

func TestDeadLetterReplayRefused(t *testing.T) {
	t.Parallel()
	data := lettersIn(t)
	earwitness(t, "deadletter", "replay", "--data", data).want(t, 1, "no run has written it yet")
	earwitness(t, "deadletter", "replay", "--data", data, "--source", "logs").want(t, 2, `no source is named "logs"`, "none is configured")
	earwitness(t, "deadletter", "replay", "--data", data, "--since", "2026-03-02", "--until", "2026-03-01").want(t, 2, "--until lies before --since")
	earwitness(t, "deadletter", "replay", "xyz", "--data", data).want(t, 2, `"xyz" is no id`)
	empty := t.TempDir()
	earwitness(t, "deadletter", "replay", "--data", empty).want(t, 1, "makes the key")
	if files, err := os.ReadDir(empty); err != nil || len(files) > 0 {
		t.Errorf("a replay that is refused leaves %v in the folder, %v", files, err)
	}
}

// TestReplayKilled kills replays at random moments (kill -9 of the whole
// process), and lets the last one end.
func TestReplayKilled(t *testing.T) {
	slow(t)
	t.Parallel()
	m := newMistaken(t)
	wrong, right := m.settings("s3-access-log", m.data), m.settings("genesys-audit", m.data)
	earwitness(t, "run", "--once", "--config", wrong).want(t, exitDeadLetters)
	want := m.undisturbed()
	replay := []string{"deadletter", "replay", "--config", right}
	span := replayTook(t, m)
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 3))
	hits := 0
	for range 6 {
		if killedAfter(t, time.Duration(random.Int64N(int64(span))), replay) {
			hits++
		}
	}
	t.Logf("%d kills hit, seed %d; a replay takes %s", hits, seed, span)
	earwitness(t, replay...).want(t, exitDeadLetters, "1 left")
	if diff := cmp.Diff(want, withoutArrival(t, trailOf(t, m.data))); diff != "" {
		t.Errorf("the trail differs (-undisturbed +killed), seed %d:\n%.4000s", seed, diff)
	}
	if left := lettersOf(t, m.data); len(left) != 1 || left[0].Stage != "s3log" {
		t.Errorf("these wait, seed %d: %+v", seed, left)
	}
	earwitness(t, "verify", "--store", filepath.Join(m.data, "worm"), "--key", filepath.Join(m.data, "worm.pub")).want(t, 0)
}

// replayTook is how long a process takes that replays all, on a data folder
// of its own.
func replayTook(t *testing.T, m *mistaken) time.Duration {
	t.Helper()
	data := filepath.Join(m.dir, "measured")
	earwitness(t, "run", "--once", "--config", m.settings("s3-access-log", data)).want(t, exitDeadLetters)
	began := time.Now()
	killedAfter(t, time.Minute, []string{"deadletter", "replay", "--config", m.settings("genesys-audit", data)})
	return time.Since(began)
}

// killedAfter says whether the kill hit: the process had not ended by itself.
func killedAfter(t *testing.T, moment time.Duration, args []string) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killing := time.AfterFunc(moment, func() { _ = cmd.Process.Kill() })
	_ = cmd.Wait() // the process's state tells
	killing.Stop()
	return !cmd.ProcessState.Exited()
}
