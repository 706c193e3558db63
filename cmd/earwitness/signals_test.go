package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

func TestSignalEndsTheContext(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		ctx, stop := untilSignalled(t.Context())
		if err := syscall.Kill(os.Getpid(), sig); err != nil {
			t.Fatal(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Second):
			t.Fatalf("%s does not end the context", sig)
		}
		if !errors.Is(ctx.Err(), context.Canceled) {
			t.Errorf("after %s the context ended with %v", sig, ctx.Err())
		}
		stop()
	}
}

// TestToldToStopBeforeAllIsOpen: what watches ends as it was told; what was to
// be done once is not done.
func TestToldToStopBeforeAllIsOpen(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	args := []string{"run", "--data", t.TempDir(), "--s3-logs", t.TempDir()}
	earwitnessIn(ctx, args...).want(t, 0, "told to stop before all was open")
	earwitnessIn(ctx, append(args, "--once")...).want(t, 1, "interrupted: context canceled")
}

const stubborn = "EARWITNESS_TEST_STUBBORN"

// TestSecondSignalEndsTheProcess runs itself as a process that hears the
// first signal and never ends by itself.
func TestSecondSignalEndsTheProcess(t *testing.T) {
	if os.Getenv(stubborn) != "" {
		ctx, stop := untilSignalled(t.Context())
		defer stop()
		fmt.Fprintln(os.Stderr, "ready")
		<-ctx.Done()
		fmt.Fprintln(os.Stderr, "ending")
		select {}
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSecondSignalEndsTheProcess$")
	cmd.Env = append(os.Environ(), stubborn+"=1")
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(pipe)
	for _, want := range []string{"ready", "ending"} {
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("the process says %q, want %q", lines.Text(), want)
		}
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	// A signal right behind the first may still be heard in its way.
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	late := time.After(20 * time.Second)
	for {
		select {
		case err := <-ended:
			var exit *exec.ExitError
			if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !errors.As(err, &exit) || !ok || status.Signal() != syscall.SIGTERM {
				t.Errorf("the process ended with %v", err)
			}
			return
		case <-again.C:
			_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		case <-late:
			t.Fatalf("the process does not end: %v", cmd.Process.Kill())
		}
	}
}
