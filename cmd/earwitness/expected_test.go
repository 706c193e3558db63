package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
	"earwitness/sinks/worm"
	"earwitness/sources/simulate"
)

var faultRequests = flag.Int64("fault-requests", 2000, "how many requests the world of a test of faults has")

// expected is a world, and what an undisturbed run on one machine makes of it.
type expected struct {
	world string
	// rules are the flags of its roles.
	rules   []string
	records []string
	letters []deadLetterDocument
	// archived are the identities of all evidence.
	archived map[string]bool
	// requestOf gives the record of a line by its SHA-256, in hex.
	requestOf map[string]string
}

func newExpected(t *testing.T) *expected {
	t.Helper()
	cfg := simulate.DefaultConfig()
	cfg.Days, cfg.Requests, cfg.Agents, cfg.UglyLines, cfg.FileLines = 2, *faultRequests, 12, 0.01, max(40, int(*faultRequests/50))
	x := &expected{world: t.TempDir(), requestOf: map[string]string{}}
	if _, err := simulate.Generate(t.Context(), x.world, cfg, nil); err != nil {
		t.Fatal(err)
	}
	x.rules = []string{"--model", cfg.Model, "--service-role", cfg.ServiceRole, "--own-role", cfg.OwnRole}
	data := filepath.Join(t.TempDir(), "alone")
	args := append([]string{"run", "--once", "--data", data}, x.rules...)
	if got := earwitness(t, append(args, sourcesIn(x.world)...)...); got.code != exitDeadLetters {
		t.Fatalf("the undisturbed run ends with %+v", got)
	}
	x.records, x.letters = withoutArrival(t, trailOf(t, data)), lettersOf(t, data)
	x.archived = evidenceIn(t, filepath.Join(data, "worm"), filepath.Join(data, "worm.pub"))
	for _, line := range x.records {
		var d struct {
			Event      struct{ ID string }
			Earwitness struct {
				Kind     string
				Evidence []struct{ SHA256 string }
			}
		}
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err)
		}
		if d.Earwitness.Kind == "request" {
			for _, piece := range d.Earwitness.Evidence {
				x.requestOf[piece.SHA256] = d.Event.ID
			}
		}
	}
	return x
}

// sourcesIn are the flags of the sources that lie in a folder as the
// simulator lays them.
func sourcesIn(dir string) []string {
	return []string{"--s3-logs", filepath.Join(dir, simulate.LogsDir), "--audits", filepath.Join(dir, simulate.AuditsDir)}
}

// linesIn are the hashes of the lines of the logs in a folder.
func linesIn(t *testing.T, dir string) map[string]bool {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, simulate.LogsDir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]bool{}
	for _, path := range paths {
		for line := range bytes.Lines(contentOf(t, path)) {
			if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 {
				lines[fmt.Sprintf("%x", sha256.Sum256(line))] = true
			}
		}
	}
	return lines
}

// contentOf unpacks a file where it is packed.
func contentOf(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(text, []byte("\x1f\x8b")) {
		return text
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	text, err = io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// requests are the records of requests that some lines have to have.
func (x *expected) requests(lines map[string]bool) map[string]bool {
	ids := map[string]bool{}
	for line := range lines {
		if id, read := x.requestOf[line]; read {
			ids[id] = true
		}
	}
	return ids
}

// check compares a trail, dead letters and an archive of the whole world,
// and counts each of its lines to its record or dead letter.
func (x *expected) check(t *testing.T, trail []string, letters []deadLetterDocument, archive, verifier string) {
	t.Helper()
	if diff := cmp.Diff(x.records, withoutArrival(t, trail)); diff != "" {
		t.Errorf("the records differ (-undisturbed +disturbed):\n%.4000s", diff)
	}
	if diff := cmp.Diff(byLetter(x.letters), byLetter(letters)); diff != "" {
		t.Errorf("the dead letters differ (-undisturbed +disturbed):\n%.4000s", diff)
	}
	accountFor(t, trail, letters, linesIn(t, x.world))
	if diff := cmp.Diff(x.archived, evidenceIn(t, archive, verifier)); diff != "" {
		t.Errorf("the archived evidence differs (-undisturbed +disturbed):\n%.4000s", diff)
	}
}

// byLetter leaves out when letters were written.
func byLetter(letters []deadLetterDocument) map[string]deadLetterDocument {
	all := map[string]deadLetterDocument{}
	for _, letter := range letters {
		letter.Time = ""
		all[letter.ID] = letter
	}
	return all
}

// evidenceIn gives the identities of the evidence in an archive.
func evidenceIn(t *testing.T, dir, verifier string) map[string]bool {
	t.Helper()
	ids := map[string]bool{}
	eachArchived(t, dir, verifier, bus.TopicEvidence, func(value []byte) error {
		e := &evidence.Evidence{}
		if err := e.UnmarshalVT(value); err != nil {
			return err
		}
		ids[hex.EncodeToString(e.Id)] = true
		return nil
	})
	return ids
}

// eachArchived reads what an archive has of a topic, control records aside.
func eachArchived(t *testing.T, dir, verifier, topic string, each func(value []byte) error) {
	t.Helper()
	known, err := worm.LoadVerifiers(verifier)
	if err != nil {
		t.Fatal(err)
	}
	store, err := worm.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := worm.NewReader(store, known)
	if err != nil {
		t.Fatal(err)
	}
	logs, err := reader.Logs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, log := range logs {
		if log.Topic != topic {
			continue
		}
		err := reader.Read(t.Context(), log, 0, func(record worm.Record) error {
			if bus.IsControl(&record.Message) {
				return nil
			}
			return each(record.Message.Value)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
