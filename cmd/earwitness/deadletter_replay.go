package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/engine"
	"earwitness/cmd/earwitness/monitor"
)

type letterReplay struct {
	config.Flags
	chosen letterFilter
	dryRun bool
}

func deadLetterReplayCommand() *cobra.Command {
	var flags letterReplay
	cmd := &cobra.Command{
		Use:   "replay [ID...]",
		Short: "Bring what failed the way that it should have gone",
		Long: `Bring what failed the way that it should have gone, once its cause is mended:
by a newer version, or by other settings.

Records of sources are read again by the present decoders and settings, from
the bytes that were kept, and published with the file, the offset and the hash
that they came with; the correlator judges them as if they had come late. Files
that could not be read further are read on. Records that Elasticsearch refused
are delivered there again, and to nobody else. Give the settings of the run.

What went its way is acknowledged once the bus, or Elasticsearch, holds it:
interrupted or killed, it is repeated, and nothing is lost or there twice. What
fails again waits on, under its new cause where it has one. What the digests of
CloudTrail show is no record: "dismiss" settles it.

Without ids and filters all that wait are taken. On a data folder no run may go
on meanwhile; with bus.brokers it works beside processes that run, and they
judge what comes. After a change of the rules "earwitness rebuild" reads all
again, these records too; replay them after it.

Exit codes: 0 none of those chosen is left, 3 some are, 1 failed, 2 wrong usage.`,
		Example: `  earwitness deadletter replay --dry-run
  earwitness deadletter replay --config earwitness.yaml
  earwitness deadletter replay --stage s3log --since 2026-03-01
  earwitness deadletter replay --stage elastic --config earwitness.yaml
  earwitness deadletter replay 1f0c9a`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return redeliver(cmd, flags.Flags, &flags.chosen, args, engine.RedeliveryOptions{DryRun: flags.dryRun})
		},
	}
	set := cmd.Flags()
	flags.Register(set)
	flags.chosen.register(set)
	set.BoolVar(&flags.dryRun, "dry-run", false, "read all again, say what would come of it, and change nothing")
	return cmd
}

type letterDismissal struct {
	place  config.Flags
	chosen letterFilter
	reason string
	all    bool
}

func deadLetterDismissCommand() *cobra.Command {
	var flags letterDismissal
	cmd := &cobra.Command{
		Use:   "dismiss [ID...]",
		Short: "Settle what will never be mended",
		Long: `Settle failures that somebody has looked into and that nothing more will be
done about. They are no longer listed as waiting; they and the reason stay in
the archive. One that fails again waits again.

Exit codes: 0 done, 1 failed, 2 wrong usage.`,
		Example: `  earwitness deadletter dismiss 1f0c9a --reason 'cut by a full disk'
  earwitness deadletter dismiss --cause missing --reason 'expired'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if flags.reason == "" {
				return usageErrorf(cmd, "--reason is missing: say why nothing more is to be done; it stays in the archive")
			}
			chosen := &flags.chosen
			if len(args) == 0 && chosen.takesAll() && !flags.all {
				return usageErrorf(cmd, "choose by ids or filters what is to be dismissed, or say --all")
			}
			return redeliver(cmd, flags.place, chosen, args, engine.RedeliveryOptions{Dismiss: flags.reason})
		},
	}
	set := cmd.Flags()
	flags.place.RegisterPlace(set)
	flags.chosen.register(set)
	set.StringVar(&flags.reason, "reason", "", "`TEXT` for those who ask later")
	set.BoolVar(&flags.all, "all", false, "all that wait")
	return cmd
}

// redeliver settles what is chosen, with a progress bar on a terminal.
func redeliver(cmd *cobra.Command, flags config.Flags, chosen *letterFilter, ids []string, options engine.RedeliveryOptions) error {
	settings, err := config.Load(flags)
	if err != nil {
		return err
	}
	if options.Filter, err = chosen.filter(cmd, settings, ids); err != nil {
		return err
	}
	ctx := cmd.Context()
	archived, err := openLettersOf(ctx, settings)
	if err != nil {
		return err
	}
	defer archived.Close()
	bar := newBar(cmd.ErrOrStderr())
	defer bar.end()
	log := settings.Log.Logger(bar.above(cmd.ErrOrStderr()))
	var done engine.Redelivered
	err = monitored(ctx, settings, log, func(m *monitor.Monitor) (err error) {
		options.Opening = m.Step
		r, err := engine.OpenRedelivery(ctx, settings, archived.reader, log, options)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, r.Close(context.WithoutCancel(ctx))) }()
		stop := bar.follow(r.Progress)
		defer stop()
		done, err = r.Run(ctx)
		return err
	})
	if err != nil {
		return err
	}
	bar.end()
	return printRedelivered(cmd, settings, &done, &options)
}
