package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Any byte string may come as a file: every line of it is a record or a dead
// letter.
func TestEveryLineIsAccountedFor(t *testing.T) {
	t.Parallel()
	seeds := uint64(4)
	if testing.Short() {
		seeds = 1
	}
	good := goodLines(t)
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 3))
			dir := t.TempDir()
			logs, data := filepath.Join(dir, "logs"), filepath.Join(dir, "data")
			if err := os.Mkdir(logs, 0o700); err != nil {
				t.Fatal(err)
			}
			total, lines := 0, map[string]bool{}
			for n := range 40 {
				file := randomFile(random, good)
				if err := os.WriteFile(filepath.Join(logs, fmt.Sprint(n)), file, 0o600); err != nil {
					t.Fatal(err)
				}
				for _, line := range bytes.Split(file, []byte("\n")) {
					if line = bytes.TrimSuffix(line, []byte("\r")); len(line) > 0 {
						total++
						lines[fmt.Sprintf("%x", sha256.Sum256(line))] = true
					}
				}
			}
			got := earwitness(t, "run", "--once", "--data", data, "--s3-logs", logs)
			got.want(t, 3, fmt.Sprintf("%s from 40 files", count(uint64(total), "record")))
			accountFor(t, trailOf(t, data), lettersOf(t, data), lines)
		})
	}
}

// accountFor compares the hashes of the lines with what became of them:
// evidence of a request, or a dead letter, and not both.
func accountFor(t *testing.T, trail []string, letters []deadLetterDocument, lines map[string]bool) {
	t.Helper()
	read, refused := map[string]bool{}, map[string]bool{}
	for _, line := range trail {
		var d struct {
			Earwitness struct {
				Kind     string
				Evidence []struct{ SHA256 string }
			}
		}
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err)
		}
		for _, piece := range d.Earwitness.Evidence {
			if d.Earwitness.Kind == "request" {
				read[piece.SHA256] = true
			}
		}
	}
	for _, letter := range letters {
		refused[letter.Origin.SHA256] = true
		if read[letter.Origin.SHA256] {
			t.Errorf("the line %s was read, and refused", letter.Origin.SHA256)
		}
	}
	if len(read) == 0 || len(refused) == 0 {
		t.Errorf("%d lines were read and %d refused", len(read), len(refused))
	}
	maps.Copy(read, refused)
	if diff := cmp.Diff(lines, read); diff != "" {
		t.Errorf("lines that are accounted for (-want +got):\n%s", diff)
	}
}

// lettersOf gives all dead letters of a data folder.
func lettersOf(t *testing.T, data string, more ...string) []deadLetterDocument {
	t.Helper()
	listed := earwitness(t, append([]string{"deadletter", "list", "--json", "--data", data}, more...)...)
	listed.want(t, 0)
	var letters []deadLetterDocument
	for line := range strings.Lines(listed.out) {
		var letter deadLetterDocument
		if err := json.Unmarshal([]byte(line), &letter); err != nil {
			t.Fatal(err)
		}
		letters = append(letters, letter)
	}
	return letters
}

// randomFile mixes bytes that mean something to a scanner, whole lines, and
// any bytes at all.
func randomFile(random *rand.Rand, good [][]byte) []byte {
	pieces := []string{"\n", "\r\n", "\r", "\"", "[", "]", " ", "-", "\x00", "\xff\xfe", "\\x22", "{", "é", "\u2028"}
	var file []byte
	for range random.IntN(60) {
		switch random.IntN(6) {
		case 0:
			file = append(file, pieces[random.IntN(len(pieces))]...)
		case 1:
			for range random.IntN(40) {
				file = append(file, byte(random.Uint32()))
			}
		case 2:
			line := good[random.IntN(len(good))]
			file = append(append(file, line[:random.IntN(len(line))]...), '\n')
		default:
			file = append(append(append(file, '\n'), good[random.IntN(len(good))]...), '\n')
		}
	}
	// Magic bytes at its beginning would make it a compressed one.
	return append([]byte{'\n'}, file...)
}

// goodLines are lines that can be read, of requests that all differ.
func goodLines(t *testing.T) [][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(worldsDir, "2", "logs", "*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no logs are found: %v", err)
	}
	text, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	good := slices.Collect(bytes.Lines(text))
	for i := range good {
		good[i] = bytes.TrimRight(good[i], "\r\n")
	}
	return good
}

// What is no audit at all is told of, whole, and stops nothing.
func TestAnyBytesAsAudits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	audits, data := filepath.Join(dir, "audits"), filepath.Join(dir, "data")
	if err := os.Mkdir(audits, 0o700); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"bytes": "\xff\x00\x80 no JSON", "cut": `{"id":"0b6f3f44-98f0-4a7e-8d70-15c3cf34f1b7","action":"Re`,
		"gzip": "\x1f\x8b\x08\x00 no gzip", "zstd": "\x28\xb5\x2f\xfd no zstd", "array": `[{"id":1},`, "number": "17",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(audits, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	earwitness(t, "run", "--once", "--data", data, "--audits", audits).want(t, 3)
	told := map[string]bool{}
	for _, letter := range lettersOf(t, data) {
		told[filepath.Base(letter.Origin.URI)] = true
	}
	want := map[string]bool{}
	for name := range files {
		want[name] = true
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("files with a dead letter (-want +got):\n%s", diff)
	}
}
