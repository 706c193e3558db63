package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/pprof"

	"github.com/spf13/cobra"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/engine"
)

// exitDeadLetters: all was done, but some input could not be read.
const exitDeadLetters = 3

type runFlags struct {
	config.Flags
	once       bool
	cpuProfile string
}

func runCommand() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:     "run",
		GroupID: groupRun,
		Short:   "Read logs and audits, correlate them, keep the records",
		Long: `Read S3 access logs and Genesys audits, correlate them for each recording, and
keep the records where "earwitness trail" finds them and the evidence in the
archive. Nothing else has to be installed: what is not configured is embedded,
in the data folder.

With --once it takes what the sources hold now, waits until every sink has
every record, prints a summary and ends. Called again on the same data folder
it goes on from there. Without --once it watches the sources until it is
interrupted; what was read by then still reaches the sinks.

Exit codes of --once: 0 done, 3 done but some input went to the dead letters
("earwitness deadletter list"), 1 failed, 2 wrong usage.`,
		Example: `  earwitness run --once --s3-logs ./logs --audits ./audits \
    --service-role 'arn:aws:sts::111122223333:assumed-role/ContactCentre*'

  earwitness run --config earwitness.yaml`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			settings, err := config.Load(flags.Flags)
			if err != nil {
				return err
			}
			if len(settings.Sources) == 0 {
				return usageErrorf(cmd, "there is nothing to read: name logs with --s3-logs and audits with --audits, or sources in a file with --config")
			}
			for _, source := range settings.Sources {
				// Before anything is made in the data folder.
				if _, err := os.Stat(string(source.Path)); err != nil {
					return usageErrorf(cmd, "source %s: %w; name a file or folder that is there", source.Name, err)
				}
			}
			stop, err := profile(flags.cpuProfile)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, stop()) }()
			if flags.once {
				return runOnce(cmd, settings)
			}
			return watch(cmd, settings)
		},
	}
	flags.Register(cmd.Flags())
	cmd.Flags().BoolVar(&flags.once, "once", false, "take what is there now, then end")
	cmd.Flags().StringVar(&flags.cpuProfile, "cpuprofile", "", "write a CPU profile of the run to `FILE`")
	return cmd
}

// profile writes a CPU profile until stop, where a file is named.
func profile(path string) (stop func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("write CPU profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("write CPU profile: %w", err), f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}

func runOnce(cmd *cobra.Command, settings *config.Config) error {
	result, err := once(cmd.Context(), cmd.ErrOrStderr(), settings)
	if err != nil {
		return err
	}
	if err := printRun(cmd, settings, &result); err != nil {
		return err
	}
	if result.DeadLetters > 0 {
		return &ExitError{Code: exitDeadLetters}
	}
	return nil
}

// once runs the engine to its end, with a progress bar on a terminal.
func once(ctx context.Context, errOut io.Writer, settings *config.Config) (result engine.Result, err error) {
	bar := newBar(errOut)
	defer bar.end()
	log := settings.Log.Logger(bar.above(errOut))
	e, err := engine.Open(ctx, settings, log, true)
	if err != nil {
		return engine.Result{}, err
	}
	defer func() { err = errors.Join(err, e.Close(context.WithoutCancel(ctx))) }()
	stop := bar.follow(e.Progress)
	defer stop()
	return e.Once(ctx)
}

func watch(cmd *cobra.Command, settings *config.Config) (err error) {
	ctx := cmd.Context()
	e, err := engine.Open(ctx, settings, settings.Log.Logger(cmd.ErrOrStderr()), false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close(context.WithoutCancel(ctx))) }()
	result, err := e.Watch(ctx)
	if err != nil {
		return err
	}
	return printRun(cmd, settings, &result)
}
