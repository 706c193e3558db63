package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"earwitness/cmd/earwitness/config"
	"earwitness/pipeline/bus"
)

func topicsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "topics",
		GroupID: groupSetUp,
		Short:   "Create and check the topics of Kafka",
		Long: `Create and check the topics of the brokers in the configuration: partitions,
replication, min.insync.replicas, cleanup policy, retention, the largest
message and whose clock stamps them. "earwitness run" refuses topics with
which something could be lost. The embedded broker needs none of this.`,
		Example: `  earwitness topics create --config earwitness.yaml
  earwitness topics check --config earwitness.yaml`,
	}
	cmd.AddCommand(topicsCreateCommand(), topicsCheckCommand())
	return branch(cmd)
}

func topicsCreateCommand() *cobra.Command {
	var flags config.Flags
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Create the topics that are missing, then check all",
		Long: `Create the topics that are missing, as bus.partitions, bus.replication,
bus.min-insync-replicas and bus.retention say, and then check all. What is
there is left as it is.

Exit codes: 0 all is well, 1 something is wrong, 2 wrong usage.`,
		Example: "  earwitness topics create --config earwitness.yaml",
		Args:    exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withBrokers(cmd, flags, func(ctx context.Context, client *bus.Client, settings *config.Config) error {
				created, err := client.CreateTopics(ctx, settings.TopicsMade())
				for _, topic := range created {
					if _, err := fmt.Fprintf(cmd.OutOrStdout(), "created %s\n", topic); err != nil {
						return err
					}
				}
				if err != nil {
					return err
				}
				return checkTopics(cmd, client, settings)
			})
		},
	}
	flags.RegisterPlace(cmd.Flags())
	return cmd
}

func topicsCheckCommand() *cobra.Command {
	var flags config.Flags
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Say what is wrong with the topics, and how to mend it",
		Long: `Say what is wrong with the topics, and how to mend it.

Exit codes: 0 all is well, 1 something is wrong, 2 wrong usage.`,
		Example: "  earwitness topics check --config earwitness.yaml",
		Args:    exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withBrokers(cmd, flags, func(_ context.Context, client *bus.Client, settings *config.Config) error {
				return checkTopics(cmd, client, settings)
			})
		},
	}
	flags.RegisterPlace(cmd.Flags())
	return cmd
}

// withBrokers connects to those of the configuration.
func withBrokers(cmd *cobra.Command, flags config.Flags, do func(context.Context, *bus.Client, *config.Config) error) error {
	settings, err := config.Load(flags)
	if err != nil {
		return err
	}
	if !settings.Shared() {
		return usageErrorf(cmd, "no brokers are configured: name them as bus.brokers in a file, and the file with --config; the embedded broker makes its topics by itself")
	}
	reached, err := settings.Bus.ClientConfig(slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	client := bus.NewClient(reached)
	defer client.Close()
	return do(cmd.Context(), client, settings)
}

// checkTopics prints what it finds; it fails for what a run refuses.
func checkTopics(cmd *cobra.Command, client *bus.Client, settings *config.Config) error {
	findings, err := client.CheckTopics(cmd.Context(), settings.TopicsNeeded())
	if err != nil {
		return err
	}
	var b bytes.Buffer
	fatal := 0
	for _, finding := range findings {
		if finding.Fatal {
			fatal++
			fmt.Fprintf(&b, "wrong: %s\n", finding)
			continue
		}
		fmt.Fprintf(&b, "note: %s\n", finding)
	}
	if fatal == 0 {
		fmt.Fprintf(&b, "The topics are as they have to be: %d partitions on %v.\n", settings.Bus.Partitions, settings.Bus.Brokers)
	}
	if _, err := cmd.OutOrStdout().Write(b.Bytes()); err != nil {
		return err
	}
	if fatal > 0 {
		return &ExitError{Code: exitFailed}
	}
	return nil
}
