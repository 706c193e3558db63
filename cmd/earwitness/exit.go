package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"earwitness/cmd/earwitness/config"
)

// The exit codes of all commands; ExitError has those of single ones.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// ExitError ends the process with a code of its own.
type ExitError struct {
	Code int
	// Err is printed; nil when all was said already.
	Err error
}

func (e *ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap gives what happened.
func (e *ExitError) Unwrap() error { return e.Err }

// usageErrorf says what is wrong with the command line.
func usageErrorf(cmd *cobra.Command, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &ExitError{Code: exitUsage, Err: fmt.Errorf("%w (see %s --help)", err, cmd.CommandPath())}
}

// execute runs a command, prints its error, once, and gives the exit code.
func execute(ctx context.Context, root *cobra.Command) int {
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		report(root.ErrOrStderr(), fmt.Errorf("interrupted: %w", context.Cause(ctx)))
		return exitFailed
	}
	code := exitFailed
	var exit *ExitError
	var mistaken *config.Error
	switch {
	case errors.As(err, &exit):
		code = exit.Code
		if exit.Err == nil {
			return code
		}
	case errors.As(err, &mistaken):
		code = exitUsage
	}
	report(root.ErrOrStderr(), err)
	return code
}

// report has nowhere to go with an error of its own.
func report(w io.Writer, err error) { _, _ = fmt.Fprintf(w, "earwitness: %v\n", err) }
