package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// withoutArrival leaves out of documents what hangs on when and in which
// order their evidence came, and sorts them.
func withoutArrival(t *testing.T, lines []string) []string {
	t.Helper()
	var plain []string
	for _, line := range lines {
		var document map[string]any
		if err := json.Unmarshal([]byte(line), &document); err != nil {
			t.Fatal(err)
		}
		inner, ok := document["earwitness"].(map[string]any)
		if !ok || inner["arrival"] == nil {
			t.Fatalf("no arrival in %s", line)
		}
		delete(inner, "arrival")
		text, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		plain = append(plain, string(text))
	}
	slices.Sort(plain)
	return plain
}

// copyFiles links files of a world's folder into another folder.
func copyFiles(t *testing.T, from, to string, take func(i int) bool) {
	t.Helper()
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		t.Fatal(err)
	}
	taken := 0
	for i, entry := range entries {
		if !take(i) {
			continue
		}
		taken++
		text, err := os.ReadFile(filepath.Join(from, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, entry.Name()), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if taken == 0 {
		t.Fatalf("nothing is taken of the %d files in %s", len(entries), from)
	}
}

// A run goes on where the former one ended: what comes in parts ends as what
// came at once, and a run without anything new leaves every record as it is.
func TestOnceGoesOn(t *testing.T) {
	t.Parallel()
	a, dir := readAnswer(t, "2"), t.TempDir()
	world, parts, whole := filepath.Join(worldsDir, "2"), filepath.Join(dir, "parts"), filepath.Join(dir, "whole")
	logs, audits := filepath.Join(dir, "logs"), filepath.Join(dir, "audits")
	run := func(data string) outcome {
		got := earwitness(t, append(a.flags(data), "--s3-logs", logs, "--audits", audits)...)
		got.want(t, 0)
		return got
	}
	for part := range 2 {
		// The second run brings evidence from between that of the first.
		copyFiles(t, filepath.Join(world, "logs"), logs, func(i int) bool { return i%2 != part })
		copyFiles(t, filepath.Join(world, "audits"), audits, func(i int) bool { return (i+1)%2 == part })
		if got := run(parts); strings.Contains(got.out, "nothing new") {
			t.Errorf("run %d reads nothing:\n%s", part, got.out)
		}
	}
	a.check(t, parts)
	before := trailOf(t, parts)
	if got := run(parts); strings.Count(got.out, ", nothing new") != 2 {
		t.Errorf("a third run does not say that there is nothing new:\n%s", got.out)
	}
	if diff := cmp.Diff(before, trailOf(t, parts)); diff != "" {
		t.Errorf("a run without anything new changes records (-before +after):\n%s", diff)
	}
	run(whole)
	if diff := cmp.Diff(withoutArrival(t, trailOf(t, whole)), withoutArrival(t, before)); diff != "" {
		t.Errorf("what came in parts is another trail (-at once +in parts):\n%s", diff)
	}
}

// A line that can't be read is kept, with its place and its bytes, and told
// of by the exit code; the rest of the file goes on.
func TestOnceKeepsUglyLines(t *testing.T) {
	t.Parallel()
	a, dir := readAnswer(t, "1"), t.TempDir()
	logs, data := filepath.Join(dir, "logs"), filepath.Join(dir, "data")
	copyFiles(t, filepath.Join(worldsDir, "1", "logs"), logs, func(i int) bool { return i == 0 })
	args := append(a.flags(data), "--s3-logs", logs)
	earwitness(t, args...).want(t, 0)
	good := len(trailOf(t, data))

	const ugly = "cut short \x1b[31m by a crash\xff"
	if err := os.WriteFile(filepath.Join(logs, "ugly"), []byte(ugly+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	earwitness(t, args...).want(t, 3, "1 dead letter: ", "deadletter list --data "+data)
	if n := len(trailOf(t, data)); n != good {
		t.Errorf("%d records beside the ugly line, want %d", n, good)
	}
	letters := lettersOf(t, data)
	if len(letters) != 1 {
		t.Fatalf("%d letters are listed, want 1", len(letters))
	}
	letter := letters[0]
	if letter.Stage != "s3log" || string(letter.Raw) != ugly || !strings.HasSuffix(letter.Origin.URI, "/ugly") || letter.Origin.Length != int64(len(ugly)) {
		t.Errorf("the letter is %+v", letter)
	}
	earwitness(t, "deadletter", "show", letter.ID[:8], "--data", data).want(t, 0, letter.ID, `cut short \x1b[31m by a crash\xff`)
	if raw := earwitness(t, "deadletter", "show", letter.ID, "--raw", "--data", data); raw.out != ugly {
		t.Errorf("the bytes are %q, want %q", raw.out, ugly)
	}
	// It was told of once.
	earwitness(t, args...).want(t, 0)
}

func TestRunMistakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--once"}, 2, "there is nothing to read: name logs with --s3-logs"},
		{[]string{"--s3-logs", dir, "--share", "1/2"}, 2, "--share needs brokers"},
		{[]string{"--s3-logs", dir, "--share", "3/2"}, 2, `--share "3/2" is no share`},
		{[]string{"--once", "extra"}, 2, `"extra" is one argument too many`},
		{[]string{"--twice"}, 2, "unknown flag: --twice"},
		{[]string{"--once", "--s3-logs", dir, "--model", "both"}, 2, `--model: "both" is no model`},
		{[]string{"--once", "--s3-logs", dir, "--service-role", "a**"}, 2, "--service-role"},
		{[]string{"--once", "--config", filepath.Join(dir, "none.yaml")}, 2, "no such file"},
		{[]string{"--once", "--s3-logs", filepath.Join(dir, "nowhere")}, 2, "nowhere"},
		{[]string{"--once", "--s3-logs", dir, "--cpuprofile", filepath.Join(dir, "no", "where")}, 1, "write CPU profile"},
	} {
		got := earwitness(t, append([]string{"run", "--data", filepath.Join(dir, "data")}, test.args...)...)
		got.want(t, test.code, test.want)
		if strings.Count(got.err, "earwitness: ") != 1 || got.out != "" {
			t.Errorf("%v prints %q and %q", test.args, got.out, got.err)
		}
	}
}

// Records under other rules are never mixed with those there are.
func TestChangedRulesAreRefused(t *testing.T) {
	t.Parallel()
	a, data := readAnswer(t, "1"), t.TempDir()
	source := []string{"--audits", filepath.Join(worldsDir, "1", "audits")}
	earwitness(t, append(a.flags(data), source...)...).want(t, 0)
	before := trailOf(t, data)
	for _, flags := range [][]string{
		{"--service-role", "arn:aws:sts::111122223333:assumed-role/Another"},
		{"--own-role", "arn:aws:sts::111122223333:assumed-role/another-*"},
	} {
		earwitness(t, append(append(a.flags(data), source...), flags...)...).
			want(t, 1, "judged under other rules", `run "earwitness rebuild"`, data)
	}
	if diff := cmp.Diff(before, trailOf(t, data)); diff != "" {
		t.Errorf("a refused run changes records (-before +after):\n%s", diff)
	}
	earwitness(t, append(a.flags(data), source...)...).want(t, 0, "nothing new")
}
