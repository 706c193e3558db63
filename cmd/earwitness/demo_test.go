package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"earwitness/pipeline/access"
	"earwitness/sinks/index"
	"earwitness/sources/simulate"
)

// The demo leaves what it has shown, so that the commands that it prints work
// as they stand; the last of them removes it. Another demo has its own.
func TestDemo(t *testing.T) {
	t.Parallel()
	temp := "TMPDIR=" + t.TempDir()
	first := shell(t, quoted(os.Args[0])+" demo --requests 4000", temp)
	first.want(t, 0, "A contact centre was simulated", "accesses, 2026-03-02 to 2026-03-", "  attributed ", "  anonymous ", "  direct ",
		"1. ", "2. ", "3. ", "Why: ", "In truth: ", " UTC, from ")
	if n := strings.Count(first.out, "In truth: "); n != suspects {
		t.Errorf("%d suspects are told of, want %d", n, suspects)
	}
	checkLines(t, first.out)
	if first.err != "" {
		t.Errorf("what is no terminal is told %q", first.err)
	}
	second := shell(t, quoted(os.Args[0])+" demo --requests 4000", temp)
	second.want(t, 0, "Look further.")

	for _, demo := range []outcome{first, second} {
		commands := pasted(demo.out)
		if len(commands) != 5 {
			t.Fatalf("%d commands are printed, want 5:\n%s", len(commands), strings.Join(commands, "\n"))
		}
		for _, command := range commands {
			if got := shell(t, command, temp); got.code != 0 || got.out == "" && !strings.HasPrefix(command, "rm ") {
				t.Errorf("%s ends with %d and says %q, %q", command, got.code, got.out, got.err)
			}
		}
	}
	left, err := filepath.Glob(filepath.Join(strings.TrimPrefix(temp, "TMPDIR="), "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("removed as it was said, %v is left, %v", left, err)
	}
}

// pasted are the commands that a demo prints: that of the dead letters in its
// summary, and the indented ones below.
func pasted(out string) []string {
	var commands []string
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if _, command, found := strings.Cut(line, "dead letters: "); found {
			line = command
		}
		if strings.HasPrefix(line, quoted(os.Args[0])+" ") || strings.HasPrefix(line, "rm -r ") {
			commands = append(commands, line)
		}
	}
	return commands
}

// checkLines finds lines that a terminal of 80 columns would break, commands
// aside.
func checkLines(t *testing.T, out string) {
	t.Helper()
	for line := range strings.Lines(out) {
		if len([]rune(line)) > paperWidth+1 && !strings.Contains(line, string(filepath.Separator)) {
			t.Errorf("a line is longer than %d: %s", paperWidth, line)
		}
	}
}

func TestDemoInAFolder(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "demo")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	// One made before, and empty, will do.
	got := earwitness(t, "demo", "--data", folder, "--seed", "4", "--requests", "500")
	got.want(t, 0, "seed 4.", "All of it lies in "+folder+".")
	again := earwitness(t, "demo", "--data", folder)
	again.want(t, 1, "name one that is empty or missing")
	earwitness(t, "demo", "--requests", "0").want(t, 2, "check requests: 0 is not 1 or more")
	if len(trailOf(t, folder)) == 0 {
		t.Error("the refused demo has removed what the first one left")
	}
}

// Every story that the demo has words for is one of the simulator.
func TestDemoKnowsTheStories(t *testing.T) {
	t.Parallel()
	if len(stories) == 0 {
		t.Fatal("it has words for none")
	}
	for name := range stories {
		if !slices.Contains(simulate.Stories(), name) {
			t.Errorf("%s is no story", name)
		}
	}
}

// What an attacker sent can't move the cursor, and what is missing leaves no
// hole.
func TestSuspectsArePrintedSafely(t *testing.T) {
	t.Parallel()
	evil := "\x1b[2J\u202e\r\n\xff"
	r := &access.Record{
		Kind: access.Kind_KIND_ACCESS, TimeMs: 1795687200000, StartMs: 1795687200000, EndMs: 1795687200000 + 86_400_000,
		SubjectId: "bucket/" + evil, PrincipalId: evil, Class: access.Class_CLASS_DELETE, Verdict: access.Verdict_VERDICT_DIRECT,
		RelatedIps: []string{evil, "b", "c", "d", "e", "f"}, Requests: 1,
	}
	var b bytes.Buffer
	printSuspects(&b, 40, []index.Suspect{{Record: r, Reasons: index.Reasons(r)}, {Record: &access.Record{Failed: true, Class: access.Class_CLASS_READ}}}, make([]truth, 2))
	if bad := regexp.MustCompile(`[^\n[:print:]]`).FindString(b.String()); bad != "" {
		t.Errorf("%q is printed: %q", bad, b.String())
	}
	text := strings.Join(strings.Fields(b.String()), " ")
	for _, want := range []string{"deleted bucket/", "2026-11-26 10:00:00 to 2026-11-27 10:00:00 UTC", "and 2 more, 1 request", "went around the contact centre", "2. - tried to read"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %q", want, text)
		}
	}
	if strings.Contains(text, "In truth") {
		t.Errorf("what is not known is told of: %q", text)
	}
}
