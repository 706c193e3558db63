package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// asCommand in the environment makes the binary of the tests the command
// itself.
const asCommand = "BEDCTL_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// bedctl is a process in a cache of its own.
func bedctl(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	home, err := os.MkdirTemp("/tmp", "bed") //nolint:usetesting // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(home); err != nil {
			t.Error(err)
		}
	})
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommand+"=1", "HOME="+home, "XDG_CACHE_HOME="+home)
	return cmd
}

func TestExitCodeIsTheCommands(t *testing.T) {
	t.Parallel()
	tests := []struct {
		script   string
		code     int
		out, err string
	}{
		{"echo done", 0, "done\n", ""},
		{"cat; exit 3", 3, "what was typed\n", ""},
		{"kill -TERM $$", 128 + int(syscall.SIGTERM), "", "bedctl: run sh: signal: terminated\n"},
		{"test -S \"$EARWITNESS_TESTBED\" && echo a socket", 0, "a socket\n", ""},
	}
	for _, test := range tests {
		cmd := bedctl(t, "with", "--", "sh", "-c", test.script)
		var out, err bytes.Buffer
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader("what was typed\n"), &out, &err
		cmd.Run() //nolint:errcheck // the exit code tells
		if code := cmd.ProcessState.ExitCode(); code != test.code || out.String() != test.out || err.String() != test.err {
			t.Errorf("%s: code %d, out %q, err %q, want %d, %q, %q", test.script, code, &out, &err, test.code, test.out, test.err)
		}
	}
}

// TestSignalsReachTheCommand, and all that it has started, which may not heed
// them.
func TestSignalsReachTheCommand(t *testing.T) {
	t.Parallel()
	for name, sig := range map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "QUIT": syscall.SIGQUIT} {
		deaf := `(trap "" INT TERM HUP QUIT; exec sleep 600) & `
		cmd := bedctl(t, "with", "--", "bash", "-c", deaf+`trap "echo got `+name+`; exit 5" `+name+`; echo started; while :; do sleep 0.05; done`)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		started := make([]byte, len("started\n"))
		if _, err := io.ReadFull(stdout, started); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		// The end of the output shows that nothing is left that could write.
		rest, err := io.ReadAll(stdout)
		if err != nil || string(rest) != "got "+name+"\n" {
			t.Errorf("%s: the command wrote %q, %v", name, rest, err)
		}
		if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 5 {
			t.Errorf("%s: %v, want exit code 5: %s", name, err, &stderr)
		}
	}
}

// TestWhatIsMissingIsNamed, all at once, and before anything is run.
func TestWhatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	var out, errs bytes.Buffer
	cmd := bedctl(t, "with", "kafka", "kafka-cluster", "elasticsearch", "--", "sh", "-c", "echo it runs")
	cmd.Env = append(cmd.Env, "PATH="+home, "JAVA_HOME="+filepath.Join(home, "java"))
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Run() //nolint:errcheck // the exit code tells
	if code := cmd.ProcessState.ExitCode(); code != 1 || out.Len() > 0 {
		t.Errorf("code %d, out %q", code, &out)
	}
	for _, part := range []string{"fetch kafka 4.3.1 from Maven Central", "fetch elasticsearch 8", "install mvn, or put it on the PATH\nrun", "run kafka 4.3.1 and elasticsearch 8", "JAVA_HOME"} {
		if strings.Count(errs.String(), part) != 1 {
			t.Errorf("not once %q in: %s", part, &errs)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"with"}, {"with", "kafka"}, {"with", "kafka", "--"}, {"down", "kafka"}, {"else"}} {
		code, err := run(context.Background(), args, streams{})
		if code != 1 || err == nil || !strings.Contains(err.Error(), "usage: ") {
			t.Errorf("%q: code %d, %v", args, code, err)
		}
	}
}
