package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/engine"
	"earwitness/sources/simulate"
)

// suspects is how many accesses the demo tells of.
const suspects = 3

func demoCommand() *cobra.Command {
	var folder string
	world := simulate.DefaultConfig()
	cmd := &cobra.Command{
		Use:     "demo",
		GroupID: groupRun,
		Short:   "See it work on a simulated contact centre; under a minute",
		Long: `Simulate a week of a little contact centre, read the logs and audits that it
would have left, judge and archive them, and show what came out: how many
accesses, by verdict, and the most suspicious of them with their story.

Everything stays in a folder, so that the other commands can be tried on it:
a new one among the temporary files, or --data. It says where, and how to
remove it. Nothing is sent anywhere.`,
		Example: `  earwitness demo

  # another world, in a folder of its own
  earwitness demo --seed 7 --data ./earwitness-demo`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error { return runDemo(cmd, folder, &world) },
	}
	cmd.Flags().StringVar(&folder, "data", "", "keep everything in the folder `DIR`, which is empty or missing (default a new temporary one)")
	cmd.Flags().Uint64Var(&world.Seed, "seed", world.Seed, "draw the world from the number `N`")
	cmd.Flags().Int64Var(&world.Requests, "requests", world.Requests, "about `N` requests to the bucket")
	return cmd
}

func runDemo(cmd *cobra.Command, folder string, world *simulate.Config) error {
	if err := world.Validate(); err != nil {
		return usageErrorf(cmd, "%w", err)
	}
	ctx := cmd.Context()
	made, err := makeDemoFolder(&folder)
	if err != nil {
		return err
	}
	err = demonstrate(cmd, folder, world)
	switch {
	case err == nil:
		return nil
	case made && ctx.Err() != nil:
		// Who interrupts it does not want half a demo.
		return errors.Join(err, os.RemoveAll(folder))
	}
	return fmt.Errorf("show demo in %s: %w", folder, err)
}

// makeDemoFolder makes a new folder where none is named, and says so; a named
// one must be empty or missing.
func makeDemoFolder(folder *string) (made bool, err error) {
	if *folder == "" {
		if *folder, err = os.MkdirTemp("", "earwitness-demo-"); err != nil {
			return false, fmt.Errorf("make folder for the demo: %w; name one with --data", err)
		}
		return true, nil
	}
	entries, err := os.ReadDir(*folder)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("use folder for the demo: %w; name one that is empty or missing with --data", err)
	case len(entries) > 0:
		return false, fmt.Errorf("use folder %s for the demo: it holds %s already; name one that is empty or missing with --data", *folder, entries[0].Name())
	}
	return false, nil
}

func demonstrate(cmd *cobra.Command, folder string, world *simulate.Config) error {
	ctx, out, errOut := cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	dir := filepath.Join(folder, "world")
	simulated, err := makeWorld(ctx, errOut, dir, world)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	printWorld(&b, columns(out), world, &simulated)
	if _, err := b.WriteTo(out); err != nil {
		return err
	}
	settings, err := demoSettings(folder, dir)
	if err != nil {
		return err
	}
	result, err := once(ctx, errOut, settings, engine.Options{Once: true})
	if err != nil {
		return err
	}
	return printDemo(ctx, out, dir, settings, &result)
}

// demoSettings are those that the world in dir asks for.
func demoSettings(folder, dir string) (*config.Config, error) {
	world, err := simulate.ReadSettings(dir)
	if err != nil {
		return nil, err
	}
	settings, err := config.Load(config.Flags{
		Data: folder, Model: world.Model, ServiceRoles: world.ServiceRoles, OwnRoles: world.OwnRoles,
		S3Logs: []string{filepath.Join(dir, simulate.LogsDir)}, Audits: []string{filepath.Join(dir, simulate.AuditsDir)},
	})
	if err != nil {
		return nil, err
	}
	// What a demo's archive is worth needs no warning.
	settings.Log.Level = config.LevelWarn
	return settings, nil
}

func printDemo(ctx context.Context, out io.Writer, dir string, settings *config.Config, result *engine.Result) error {
	sum, err := summarize(ctx, settings, suspects)
	if err != nil {
		return err
	}
	told, err := tellTruth(ctx, settings, filepath.Join(dir, simulate.TruthFile), sum.Suspicious)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	printRead(&b, settings, result)
	printSummary(&b, sum)
	printSuspects(&b, columns(out), sum.Suspicious, told)
	printTour(&b, settings, sum.Suspicious)
	_, err = b.WriteTo(out)
	return err
}
