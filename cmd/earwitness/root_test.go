package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

func TestWrongUsage(t *testing.T) {
	for _, test := range []struct {
		args string
		want string
	}{
		{"", "Usage:\n  earwitness [command]\n"},
		{"keys", "Usage:\n  earwitness keys [command]\n"},
		{"trial", `unknown command "trial"; is "trail" meant? (see earwitness --help)`},
		{"nonsense", `unknown command "nonsense" (see earwitness --help)`},
		{"config chekc", `unknown command "chekc"; is "check" meant? (see earwitness config --help)`},
		{"version extra", `"extra" is one argument too many`},
	} {
		got := earwitness(t, strings.Fields(test.args)...)
		got.want(t, 2, test.want)
		if got.out != "" {
			t.Errorf("%q prints %q", test.args, got.out)
		}
	}
}

func TestExitCodes(t *testing.T) {
	for _, test := range []struct {
		err  error
		code int
		want string
	}{
		{nil, 0, ""},
		{errors.New("open door: locked"), 1, "earwitness: open door: locked\n"},
		{&ExitError{Code: 3, Err: errors.New("2 dead letters")}, 3, "earwitness: 2 dead letters\n"},
		{&ExitError{Code: 1}, 1, ""},
	} {
		var stderr strings.Builder
		cmd := &cobra.Command{SilenceErrors: true, SilenceUsage: true, RunE: func(*cobra.Command, []string) error { return test.err }}
		cmd.SetArgs(nil)
		cmd.SetErr(&stderr)
		if code := execute(t.Context(), cmd); code != test.code || stderr.String() != test.want {
			t.Errorf("%v gives %d and %q", test.err, code, stderr.String())
		}
	}
}

// Every command tells a stranger what it is for and shows how to use it.
func TestHelp(t *testing.T) {
	groups := map[string]bool{groupRun: true, groupAsk: true, groupProve: true, groupSetUp: true}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Short == "" || cmd.Long == "" || !strings.Contains(cmd.Example, "earwitness ") {
			t.Errorf("%s lacks a short or long text or an example", cmd.CommandPath())
		}
		if cmd.HasParent() && !cmd.Parent().HasParent() && !groups[cmd.GroupID] {
			t.Errorf("%s is in no group", cmd.CommandPath())
		}
		for line := range strings.Lines(cmd.Long + "\n" + cmd.Example) {
			if len([]rune(line)) > 82 {
				t.Errorf("%s: a line of the help is too long: %s", cmd.CommandPath(), line)
			}
		}
		for _, child := range cmd.Commands() {
			walk(child)
		}
	}
	walk(newRoot())
}

// What stands in the examples is a command with flags that it has.
func TestExamplesAreValid(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "earwitness config check --config FILE") {
		t.Error("the reference does not say how to check a configuration")
	}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for line := range strings.Lines(strings.ReplaceAll(cmd.Example, "\\\n", "")) {
			line, isCommand := strings.CutPrefix(strings.TrimSpace(line), "earwitness ")
			words, _, _ := strings.Cut(line, "|")
			if !isCommand {
				continue
			}
			found, rest, err := newRoot().Find(strings.Fields(words))
			if err == nil {
				err = found.ParseFlags(rest)
			}
			if err != nil || !found.HasParent() {
				t.Errorf("%s: the example %q is not valid: %v", cmd.CommandPath(), line, err)
			}
		}
		for _, child := range cmd.Commands() {
			walk(child)
		}
	}
	walk(newRoot())
}

func TestPrintable(t *testing.T) {
	for raw, want := range map[string]string{
		"plain Ünïcode 日本": "plain Ünïcode 日本", "\x1b[31m": `\x1b[31m`, "a\tb\r\n": `a\x09b\x0d\x0a`,
		"\xff\xfe": `\xff\xfe`, "\u202eevil": `\u202eevil`, "\u2028": `\u2028`, "\u00a0": `\u00a0`, "\ufffd": "\ufffd",
	} {
		if diff := cmp.Diff(want, printable([]byte(raw))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", raw, diff)
		}
	}
}
