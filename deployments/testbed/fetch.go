package testbed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

const (
	fetchPatience  = 15 * time.Minute // MinIO takes four on two idle cores
	outputInErrors = 40               // last lines of a tool's output
)

// FetchError tells what could not be fetched, from where, and why.
type FetchError struct {
	// Name and Version of what was to be fetched.
	Name, Version string
	// From is where it was looked for.
	From string
	// Tried is the command, empty when its program is not there.
	Tried string
	// Output is the end of what the command wrote.
	Output string
	// Cause is why it failed.
	Cause error
	// Advice is what to do, if there is something to say.
	Advice string
}

func (e *FetchError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "fetch %s %s from %s", e.Name, e.Version, e.From)
	if e.Tried != "" {
		fmt.Fprintf(&text, " by %q", e.Tried)
	}
	fmt.Fprintf(&text, ": %v", e.Cause)
	if e.Advice != "" {
		fmt.Fprintf(&text, ": %s", e.Advice)
	}
	if e.Output != "" {
		fmt.Fprintf(&text, "\n%s", e.Output)
	}
	return text.String()
}

// Unwrap gives the cause.
func (e *FetchError) Unwrap() error { return e.Cause }

func (t tool) failed(cause error) *FetchError {
	return &FetchError{Name: t.name, Version: t.version, From: t.from, Cause: cause}
}

// findProgram looks for what fetches it.
func (t tool) findProgram() (string, error) {
	program, err := exec.LookPath(t.program)
	if err != nil {
		failure := t.failed(err)
		failure.Advice = fmt.Sprintf("install %s, or put it on the PATH", t.program)
		return "", failure
	}
	return program, nil
}

// run runs the tool's program in a folder.
func (t tool) run(ctx context.Context, dir string, env []string, args ...string) error {
	program, err := t.findProgram()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, fetchPatience)
	defer cancel()
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		failure := t.failed(errors.Join(context.Cause(ctx), err))
		failure.Tried = t.program + " " + strings.Join(args, " ")
		failure.Output = lastLines(output.Bytes(), outputInErrors)
		failure.Advice = t.remedy
		return failure
	}
	return nil
}

func lastLines(text []byte, lines int) string {
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
