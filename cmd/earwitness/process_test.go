package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asCommand in the environment makes the binary of the tests the command
// itself.
const asCommand = "EARWITNESS_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(runTests(m))
}

// shell runs a line as it would be pasted.
func shell(t *testing.T, line string, env ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "bash", "-c", line)
	cmd.Env = append(append(os.Environ(), asCommand+"=1"), env...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{out: stdout.String(), err: stderr.String(), code: cmd.ProcessState.ExitCode()}
}

// A process that watches keeps others out of its data folder, and ends on a
// signal with all that it has read.
func TestOneProcessUsesADataFolder(t *testing.T) {
	t.Parallel()
	data, logs := t.TempDir(), filepath.Join(worldsDir, "1", "logs")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	watching := exec.CommandContext(ctx, os.Args[0], "run", "--data", data, "--s3-logs", logs)
	watching.Env = append(os.Environ(), asCommand+"=1")
	var stdout bytes.Buffer
	watching.Stdout = &stdout
	stderr, err := watching.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := watching.Start(); err != nil {
		t.Fatal(err)
	}
	// What it logs first it logs with the folder locked.
	lines := bufio.NewReader(stderr)
	if line, err := lines.ReadString('\n'); err != nil {
		t.Fatalf("the process logs nothing: %q, %v", line, err)
	}
	drained := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, lines)
		drained <- err
	}()
	earwitness(t, "run", "--once", "--data", data, "--s3-logs", logs).
		want(t, 1, "another earwitness works on it", data, "name another folder with --data")
	awaitTrail(t, data)
	if err := watching.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(<-drained, watching.Wait()); err != nil || !strings.Contains(stdout.String(), "Look further:") {
		t.Errorf("the process ends with %v and says %q", err, stdout.String())
	}
	earwitness(t, "run", "--once", "--data", data, "--s3-logs", logs).want(t, 0)
}

// awaitTrail waits until the index of a data folder, which another process
// fills, has records.
func awaitTrail(t *testing.T, data string, more ...string) {
	t.Helper()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	late := time.After(time.Minute)
	for {
		got := earwitness(t, append([]string{"trail", "--json", "--data", data}, more...)...)
		if got.code == 0 && got.out != "" {
			return
		}
		select {
		case <-again.C:
		case <-late:
			t.Fatalf("no record comes; the last answer is %+v", got)
		}
	}
}
