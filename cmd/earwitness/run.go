package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/pprof"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/engine"
	"earwitness/cmd/earwitness/monitor"
)

// exitDeadLetters: all was done, but some input could not be read.
const exitDeadLetters = 3

type runFlags struct {
	config.Flags
	once, followOnly, acceptGaps bool
	partitions, share            string
	cpuProfile                   string
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
interrupted; what was read by then still reaches the sinks, and the exit code
is 0, also where not all was open yet.

With bus.brokers in the configuration several processes share the work: each
reads its sources, and the consumer group shares the partitions among those
that run. --partitions follows some by hand instead, and --once all; both may
run beside a group and do no harm. --follow-only reads no sources. --share
divides the objects of buckets among those that read; the first share has all
other sources too, and CloudTrail.

The topics must be there ("earwitness topics create").

Exit codes of --once: 0 done, 3 done but some input went to the dead letters
("earwitness deadletter list"), 1 failed, 2 wrong usage.`,
		Example: `  earwitness run --once --s3-logs ./logs --audits ./audits \
    --service-role 'arn:aws:sts::111122223333:assumed-role/ContactCentre*'

  earwitness run --config earwitness.yaml

  # one more process for the partitions of the brokers in the file
  earwitness run --config earwitness.yaml --follow-only`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			settings, err := config.Load(flags.Flags)
			if err != nil {
				return err
			}
			options, err := flags.options(cmd, settings)
			if err != nil {
				return err
			}
			stop, err := profile(flags.cpuProfile)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, stop()) }()
			if flags.once {
				return runOnce(cmd, settings, options)
			}
			return watch(cmd, settings, options)
		},
	}
	flags.register(cmd.Flags())
	return cmd
}

func (f *runFlags) register(set *pflag.FlagSet) {
	f.Register(set)
	set.BoolVar(&f.once, "once", false, "take what is there now, then end")
	set.BoolVar(&f.followOnly, "follow-only", false, "read no sources: other processes do; needs bus.brokers")
	set.StringVar(&f.partitions, "partitions", "", "follow the partitions `LIST`, as in 0-15 or 0,2,4-7, whatever the group assigns; needs bus.brokers")
	set.StringVar(&f.share, "share", "", "read the share `K/N` of what lies in buckets, as in 1/3: others read the rest; needs bus.brokers")
	set.BoolVar(&f.acceptGaps, "accept-gap", false, "go on without messages that neither a topic nor the archive has any more, and archive that they are lost")
	set.StringVar(&f.cpuProfile, "cpuprofile", "", "write a CPU profile of the run to `FILE`")
}

// options checks what is asked for before anything is made in the data folder.
func (f *runFlags) options(cmd *cobra.Command, settings *config.Config) (engine.Options, error) {
	options := engine.Options{Once: f.once, FollowOnly: f.followOnly, AcceptGaps: f.acceptGaps}
	switch {
	case f.followOnly && f.once:
		return options, usageErrorf(cmd, "--once reads the sources and --follow-only does not; give one of them")
	case f.followOnly && !settings.Shared():
		return options, usageErrorf(cmd, "--follow-only needs brokers that other processes write to: name them as bus.brokers in the configuration")
	case f.partitions != "" && !settings.Shared():
		return options, usageErrorf(cmd, "--partitions needs brokers that other processes read from too: name them as bus.brokers in the configuration")
	}
	var err error
	if options.Share, err = parseShare(f.share); err != nil {
		return options, usageErrorf(cmd, "--share %w", err)
	}
	switch {
	case f.share != "" && !settings.Shared():
		return options, usageErrorf(cmd, "--share needs brokers that those who read the rest write to: name them as bus.brokers in the configuration")
	case f.share != "" && (f.once || f.followOnly):
		return options, usageErrorf(cmd, "--share is for processes that go on reading; leave it out with --once and --follow-only, or see \"earwitness backfill\"")
	}
	if options.Partitions, err = parsePartitions(f.partitions, settings.Bus.Partitions); err != nil {
		return options, usageErrorf(cmd, "--partitions: %w", err)
	}
	if f.followOnly {
		return options, nil
	}
	if len(settings.Sources) == 0 {
		return options, usageErrorf(cmd, "there is nothing to read: name logs with --s3-logs and audits with --audits, or sources in a file with --config")
	}
	for _, source := range settings.Sources {
		if !source.OnDisk() {
			continue
		}
		if _, err := os.Stat(string(source.Path)); err != nil {
			return options, usageErrorf(cmd, "source %s: %w; name a file or folder that is there", source.Name, err)
		}
	}
	return options, nil
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

func runOnce(cmd *cobra.Command, settings *config.Config, options engine.Options) error {
	result, err := once(cmd.Context(), cmd.ErrOrStderr(), settings, options)
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
func once(ctx context.Context, errOut io.Writer, settings *config.Config, options engine.Options) (result engine.Result, err error) {
	bar := newBar(errOut)
	defer bar.end()
	log := settings.Log.Logger(bar.above(errOut))
	warn(ctx, log, settings)
	err = withEngine(ctx, settings, log, options, func(e *engine.Engine) (err error) {
		stop := bar.follow(e.Progress)
		defer stop()
		result, err = e.Once(ctx)
		return err
	})
	return result, err
}

// withEngine opens an engine for fn, and tells those who ask how it does from
// before it is opened until it is closed.
func withEngine(
	ctx context.Context, settings *config.Config, log *slog.Logger, options engine.Options, fn func(*engine.Engine) error,
) error {
	return monitored(ctx, settings, log, func(m *monitor.Monitor) (err error) {
		options.Opening = m.Step
		e, err := engine.Open(ctx, settings, log, options)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, e.Close(context.WithoutCancel(ctx))) }()
		m.Attach(e)
		return fn(e)
	})
}

func watch(cmd *cobra.Command, settings *config.Config, options engine.Options) error {
	ctx := cmd.Context()
	log := settings.Log.Logger(cmd.ErrOrStderr())
	warn(ctx, log, settings)
	opened := false
	err := withEngine(ctx, settings, log, options, func(e *engine.Engine) error {
		opened = true
		result, err := e.Watch(ctx)
		if err != nil {
			return err
		}
		return printRun(cmd, settings, &result)
	})
	if !opened && ctx.Err() != nil && errors.Is(err, context.Canceled) {
		log.LogAttrs(ctx, slog.LevelInfo, "told to stop before all was open; nothing was read", slog.Any("opening", err))
		return nil
	}
	return err
}

// warn says what the settings leave open to loss or to eyes.
func warn(ctx context.Context, log *slog.Logger, settings *config.Config) {
	for _, text := range settings.Warnings() {
		log.LogAttrs(ctx, slog.LevelWarn, "the configuration can be better", slog.String("warning", text))
	}
}
