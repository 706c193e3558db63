package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"earwitness/cmd/earwitness/letters"
	"earwitness/pipeline/bus"
)

const badLine = "79a59df900b949e5 bucket \x1b[31m \"GET /x\xff\n"

func lettersIn(t *testing.T) (data string) {
	t.Helper()
	data = t.TempDir()
	makeArchive(t, data, bus.TopicDeadLetter,
		makeLetter("s3log", "unreadable", badLine), makeLetter("genesys", "broken", "{"),
		makeLetter("s3log", "too-long", "x"), makeLetter("s3log", "unreadable", badLine))
	return data
}

func TestDeadLetterList(t *testing.T) {
	data := lettersIn(t)
	for _, test := range []struct {
		flags []string
		want  int
	}{
		{nil, 3},
		{[]string{"--stage", "s3log"}, 2},
		{[]string{"--cause", "broken"}, 1},
		{[]string{"--stage", "s3log", "--cause", "broken"}, 0},
	} {
		got := earwitness(t, append([]string{"deadletter", "list", "--json", "--data", data}, test.flags...)...)
		got.want(t, 0)
		if n := strings.Count(got.out, "\n"); n != test.want {
			t.Errorf("%v lists %d, want %d", test.flags, n, test.want)
		}
	}
	letter := makeLetter("s3log", "unreadable", badLine)
	table := earwitness(t, "deadletter", "list", "--data", data)
	table.want(t, 0, "WHERE AND WHY", fmt.Sprintf("%x", letter.Id)[:12], "2026-11-26 10:00:00", "file:///logs/a bytes 100-")
	earwitness(t, "deadletter", "list", "--data", data, "--stage", "index").want(t, 0, "no dead letter found")
}

func TestDeadLetterShow(t *testing.T) {
	data, letter := lettersIn(t), makeLetter("s3log", "unreadable", badLine)
	id := fmt.Sprintf("%x", letter.Id)
	show := func(args ...string) outcome {
		return earwitness(t, append([]string{"deadletter", "show", "--data", data}, args...)...)
	}
	text := show(strings.ToUpper(id[:8]))
	text.want(t, 0, id, "unreadable", "field 9 is no number", `  79a59df900b949e5 bucket \x1b[31m "GET /x\xff`, fmt.Sprintf("raw, %d bytes", len(badLine)))
	if strings.Contains(text.out, "\x1b") || strings.Contains(text.out, "\xff") {
		t.Errorf("the terminal is told %q", text.out)
	}
	if raw := show(id, "--raw"); raw.out != badLine {
		t.Errorf("--raw gives %q", raw.out)
	}
	var got deadLetterDocument
	if err := json.Unmarshal([]byte(show(id, "--json").out), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(document(&letters.Letter{DeadLetter: letter}), got); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
	show("ffffffffffffffff").want(t, 1, "there is none in the archive")
	show("ab").want(t, 2, `"ab" is no id`)
	show("letter").want(t, 2, `"letter" is no id`)
	show().want(t, 2, "one is wanted: the id")
}

func TestDeadLettersNeedAnArchive(t *testing.T) {
	data := t.TempDir()
	earwitness(t, "deadletter", "list", "--data", data).want(t, 1, filepath.Join(data, "worm.pub"), "makes the key")
}

// A configured key is found by the configuration, and its secret is not
// asked of the data folder.
func TestDeadLettersUnderAConfiguredKey(t *testing.T) {
	data := lettersIn(t)
	key := filepath.Join(t.TempDir(), "moved.key")
	if err := os.Rename(filepath.Join(data, "worm.key"), key); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(data, "worm.pub")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "e.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, "data: %s\nworm: {key: \"file:%s\"}\n", data, key), 0o600); err != nil {
		t.Fatal(err)
	}
	earwitness(t, "deadletter", "list", "--config", file).want(t, 0, "unreadable", "broken", "too-long")
}

// Who only reads needs the verifier line beside where the key would be.
func TestDeadLettersWithoutTheSecret(t *testing.T) {
	data := lettersIn(t)
	beside := filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(filepath.Join(data, "worm.pub"), beside+".pub"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "e.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, "data: %s\nworm: {key: \"file:%s.key\"}\n", data, beside), 0o600); err != nil {
		t.Fatal(err)
	}
	earwitness(t, "deadletter", "list", "--config", file).want(t, 0, "unreadable", "broken", "too-long")
	if err := os.Remove(beside + ".pub"); err != nil {
		t.Fatal(err)
	}
	earwitness(t, "deadletter", "list", "--config", file).want(t, 1, beside+".key", "its verifier line is enough", ".pub")
}
