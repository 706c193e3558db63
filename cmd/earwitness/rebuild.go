package main

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/engine"
	"earwitness/cmd/earwitness/monitor"
)

func rebuildCommand() *cobra.Command {
	var flags config.Flags
	cmd := &cobra.Command{
		Use:     "rebuild",
		GroupID: groupRun,
		Short:   "Judge all archived evidence anew, under the present settings",
		Long: `Read all evidence back from the archive, bytes as they came, and judge it anew
under the present settings: model, roles, networks, windows and key patterns.
"earwitness run" refuses a data folder whose records were judged under others
until this was done.

Records that are no longer right are revised; accesses that are none any more
are retracted, and name the access that has their requests now. Both go into
the archive behind what was said before, so that it stays provable.

The sources are not read; name them as a run does, or leave them out, and they
stay what they were. Nothing else may use the data folder meanwhile. Should it
be interrupted, begin it again: it starts anew.

Exit codes: 0 done, 3 done but some evidence went to the dead letters
("earwitness deadletter list"), 1 failed, 2 wrong usage.`,
		Example: `  earwitness rebuild \
    --service-role 'arn:aws:sts::111122223333:assumed-role/ContactCentre*'

  earwitness rebuild --config earwitness.yaml`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := config.Load(flags)
			if err != nil {
				return err
			}
			return runRebuild(cmd, settings)
		},
	}
	flags.Register(cmd.Flags())
	return cmd
}

func runRebuild(cmd *cobra.Command, settings *config.Config) error {
	rebuilt, err := rebuild(cmd.Context(), cmd.ErrOrStderr(), settings)
	if err != nil {
		return err
	}
	if err := printRebuilt(cmd, settings, &rebuilt); err != nil {
		return err
	}
	if rebuilt.DeadLetters > 0 {
		return &ExitError{Code: exitDeadLetters}
	}
	return nil
}

// rebuild does it, with a progress bar on a terminal.
func rebuild(ctx context.Context, errOut io.Writer, settings *config.Config) (rebuilt engine.Rebuilt, err error) {
	bar := newBar(errOut)
	defer bar.end()
	log := settings.Log.Logger(bar.above(errOut))
	err = monitored(ctx, settings, log, func(m *monitor.Monitor) (err error) {
		r, err := engine.OpenRebuild(ctx, settings, log, m.Step)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, r.Close(context.WithoutCancel(ctx))) }()
		m.Attach(r)
		stop := bar.follow(r.Progress)
		defer stop()
		rebuilt, err = r.Run(ctx)
		return err
	})
	return rebuilt, err
}
