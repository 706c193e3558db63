package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// The groups of commands in the root's help.
const (
	groupRun   = "run"
	groupAsk   = "ask"
	groupProve = "prove"
	groupSetUp = "set-up"
)

// isBranch annotates a command of others.
const isBranch = "branch"

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "earwitness",
		Short: "Who accessed which call recording, when, from where, and by what right",
		Long: `Earwitness answers one question and can prove the answer: who accessed which
call recording, when, from where, and by what right.

It reads what the storage saw (S3 access logs, CloudTrail) and what the contact
centre saw (Genesys Cloud audits), correlates them for each recording, and keeps
the result where it can be searched and where nobody can change it unnoticed.`,
		Example: `  # read what there is, once, and look at it
  earwitness run --once --s3-logs ./logs --audits ./audits
  earwitness trail

  # who listened to this recording?
  earwitness trail --recording 0b6f3f44-98f0-4a7e-8d70-15c3cf34f1b7 --requests`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usageErrorf(cmd, "%w", err) })
	root.AddGroup(
		&cobra.Group{ID: groupRun, Title: "Gather and correlate:"},
		&cobra.Group{ID: groupAsk, Title: "Ask:"},
		&cobra.Group{ID: groupProve, Title: "Prove:"},
		&cobra.Group{ID: groupSetUp, Title: "Set up:"},
	)
	// A branch runs only to say what is wrong: its name alone is no usage.
	root.SetUsageTemplate(strings.Replace(root.UsageTemplate(), "{{if .Runnable}}",
		fmt.Sprintf("{{if and .Runnable (not (index .Annotations %q))}}", isBranch), 1))
	root.SetHelpCommandGroupID(groupSetUp)
	root.SetCompletionCommandGroupID(groupSetUp)
	root.AddCommand(commands()...)
	return branch(root)
}

// commands lists them all; those of groupRun are wired up in run.go,
// backfill.go, rebuild.go, status.go, demo.go, simulate.go and fake_genesys.go.
func commands() []*cobra.Command {
	return []*cobra.Command{
		runCommand(),
		backfillCommand(),
		rebuildCommand(),
		statusCommand(),
		demoCommand(),
		simulateCommand(),
		fakeGenesysCommand(),
		trailCommand(),
		deadLetterCommand(),
		keyCommand(),
		verifyCommand(),
		proveCommand(),
		keysCommand(),
		topicsCommand(),
		elasticCommand(),
		configCommand(),
		versionCommand(),
	}
}

// branch makes a command of others: by itself, or with a word that it does
// not know, it is wrong usage.
func branch(cmd *cobra.Command) *cobra.Command {
	cmd.Annotations = map[string]string{isBranch: "yes"}
	cmd.SuggestionsMinimumDistance = 2
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			cmd.SetOut(cmd.ErrOrStderr())
			return &ExitError{Code: exitUsage, Err: cmd.Help()}
		}
		for _, near := range cmd.SuggestionsFor(args[0]) {
			return usageErrorf(cmd, "unknown command %q; is %q meant?", args[0], near)
		}
		return usageErrorf(cmd, "unknown command %q", args[0])
	}
	cmd.Args = cobra.ArbitraryArgs
	return cmd
}

// exactly wants so many arguments; what says which.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == n:
			return nil
		case n == 0:
			return usageErrorf(cmd, "%q is one argument too many; none is wanted", args[0])
		}
		return usageErrorf(cmd, "%d arguments, but one is wanted: %s", len(args), what)
	}
}

// needFlags says which flags are missing.
func needFlags(cmd *cobra.Command, names ...string) error {
	for _, name := range names {
		if flag := cmd.Flags().Lookup(name); !flag.Changed {
			return usageErrorf(cmd, "--%s is missing: %s", name, flag.Usage)
		}
	}
	return nil
}
