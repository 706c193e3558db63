package main

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/engine"
)

type backfillFlags struct {
	config.Flags
	from, to       midnight
	sources        []string
	objects        float64
	bytesPerSecond string
	share          string
}

func backfillCommand() *cobra.Command {
	var flags backfillFlags
	cmd := &cobra.Command{
		Use:     "backfill --from DATE --to DATE",
		GroupID: groupRun,
		Short:   "Read the log objects of a range of days from buckets",
		Long: `Read the log objects of a range of days, both included, from the sources whose
path is s3://BUCKET/PREFIX: what lay there before the first run, or came later
than its past days. Give the settings of the run.

The days of an object are those of a listing (docs/operations/s3-logs.md). Logs
and audits correlate when both come within windows.horizon, whatever their age.
Records say final as far as runs have said that the sources have delivered.

A bar on a terminal, and lines elsewhere, show how far it has come. Interrupted
or killed, the same command goes on where it was; when it has ended, how far it
came is forgotten, and the same command reads all again, which does no harm.

On a data folder no run may go on meanwhile, and what comes of it is brought to
the sinks. With bus.brokers it works beside processes that run, with a data
folder of its own (--data), and they judge what comes. --share divides the
objects among several, each with another share.

Exit codes: 0 done, 3 done but some input went to the dead letters
("earwitness deadletter list"), 1 failed, 2 wrong usage.`,
		Example: `  earwitness backfill --config earwitness.yaml --from 2026-01-01 --to 2026-03-31
  earwitness backfill --config e.yaml --from 2026-01-01 --to 2026-01-07 \
    --source access-logs --objects-per-second 50
  earwitness backfill --s3-logs s3://logs/a/ --from 2026-03-01 --to 2026-03-02`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := config.Load(flags.Flags)
			if err != nil {
				return err
			}
			backfill, err := flags.backfill(cmd, settings)
			if err != nil {
				return err
			}
			return runBackfill(cmd, settings, backfill)
		},
	}
	set := cmd.Flags()
	flags.Register(set)
	set.Var(&flags.from, "from", "first `DATE`, as in 2026-01-01 (UTC)")
	set.Var(&flags.to, "to", "last `DATE`, as in 2026-01-31 (UTC)")
	set.StringArrayVar(&flags.sources, "source", nil, "read the source `NAME` (repeatable; default: all that list a bucket)")
	set.Float64Var(&flags.objects, "objects-per-second", 0, "read at most `N` objects a second from each source (default: no limit)")
	set.StringVar(&flags.share, "share", "", "read the share `K/N` of the objects, as in 1/3: others read the rest")
	set.StringVar(&flags.bytesPerSecond, "bytes-per-second", "", "read at most `SIZE` a second from each source, as in 10MiB (default: no limit)")
	return cmd
}

// backfill checks what is asked for before anything is made in the data folder.
func (f *backfillFlags) backfill(cmd *cobra.Command, settings *config.Config) (*engine.Backfill, error) {
	from, to := time.Time(f.from), time.Time(f.to)
	switch {
	case from.IsZero() || to.IsZero():
		return nil, usageErrorf(cmd, "--from and --to say which days are read; give both")
	case to.Before(from):
		return nil, usageErrorf(cmd, "--to %s is before --from %s; give the first day by --from", f.to.String(), f.from.String())
	case f.objects < 0:
		return nil, usageErrorf(cmd, "--objects-per-second %g is negative; leave it out for no limit", f.objects)
	}
	b := &engine.Backfill{From: from, To: to.AddDate(0, 0, 1), Sources: f.sources, ObjectsPerSecond: f.objects}
	if f.bytesPerSecond != "" {
		size, err := humanize.ParseBytes(f.bytesPerSecond)
		if err != nil || size < 1 || size > 1<<40 {
			return nil, usageErrorf(cmd, "--bytes-per-second %q is no size; write it as in 10MiB", f.bytesPerSecond)
		}
		b.BytesPerSecond = int64(size)
	}
	var err error
	if b.Share, err = parseShare(f.share); err != nil {
		return nil, usageErrorf(cmd, "--share %w", err)
	}
	if _, err := b.Choose(settings.Sources); err != nil {
		return nil, usageErrorf(cmd, "%w", err)
	}
	return b, nil
}

func runBackfill(cmd *cobra.Command, settings *config.Config, backfill *engine.Backfill) error {
	ctx, errOut := cmd.Context(), cmd.ErrOrStderr()
	bar := newBar(errOut)
	defer bar.end()
	log := settings.Log.Logger(bar.above(errOut))
	warn(ctx, log, settings)
	var result engine.Result
	options := engine.Options{Once: true, Backfill: backfill}
	err := withEngine(ctx, settings, log, options, func(e *engine.Engine) (err error) {
		stop := bar.lines(errOut, e.Progress)
		defer stop()
		result, err = e.Backfill(ctx)
		return err
	})
	if err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("%w; the same command goes on where it was", err)
		}
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
