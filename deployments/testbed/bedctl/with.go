package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"earwitness/deployments/testbed"
)

// endings are the signals that ask a process to end.
func endings() []os.Signal {
	return []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}
}

// with lends servers to a command while it runs. What it has to say goes to
// standard error: the output is the command's.
func with(ctx context.Context, names, command []string, s streams) (code int, err error) {
	// From here on signals are the command's; they are kept until it runs.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, endings()...)
	defer signal.Stop(signals)
	loan, err := testbed.Lend(ctx, names, func(format string, args ...any) {
		fmt.Fprintf(s.err, "bedctl: "+format+"\n", args...) //nolint:errcheck // nobody listens
	})
	if err != nil {
		return 1, err
	}
	code, err = runCommand(command, append(os.Environ(), loan.Variable()), s, signals)
	if ended := loan.End(); ended != nil {
		return max(code, 1), errors.Join(err, ended)
	}
	return code, err
}

// runCommand passes signals on and gives the command's exit code, as a shell
// does.
func runCommand(command, environment []string, s streams, signals <-chan os.Signal) (int, error) {
	//nolint:noctx // it ends by signals, which it may want to handle
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = environment, s.in, s.out, s.err
	// A group of its own, so that each signal reaches it once, with all that
	// it has started.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		return 1, fmt.Errorf("run %s: %w", command[0], err)
	}
	ended := make(chan error)
	go func() { ended <- cmd.Wait() }()
	told := false
	for {
		select {
		case sig := <-signals:
			told = true
			syscall.Kill(-cmd.Process.Pid, sig.(syscall.Signal)) //nolint:errcheck // it may have ended
		case err := <-ended:
			if told { // what did not heed the signal has nobody to wait for it
				syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) //nolint:errcheck // there may be none
			}
			return exitCode(command[0], err)
		}
	}
}

// exitCode tells a command's own failure, which it has spoken of itself, from
// ours.
func exitCode(name string, err error) (int, error) {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return 128 + int(status.Signal()), fmt.Errorf("run %s: %w", name, err)
		}
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, fmt.Errorf("wait for %s: %w", name, err)
	}
	return 0, nil
}
