package main

import (
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"earwitness/cmd/earwitness/config"
	"earwitness/sinks/elastic"
)

func elasticCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "elastic",
		GroupID: groupSetUp,
		Short:   "Set up Elasticsearch",
		Long: `Set up Elasticsearch, for those who give a pipeline no right to make templates
(elastic.setup: false). What is made there and which rights it takes stands in
docs/operations/elasticsearch.md.`,
		Example: "  earwitness elastic setup --config earwitness.yaml",
	}
	cmd.AddCommand(elasticSetupCommand())
	return branch(cmd)
}

func elasticSetupCommand() *cobra.Command {
	var flags config.Flags
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Make the templates, bring indices up to date, make those of this month",
		Long: `Make the component and index templates, bring the indices of an older version
up to this one, and make the indices and aliases of this month. What is there
and new enough is left as it is, so it may be run again.`,
		Example: "  earwitness elastic setup --config earwitness.yaml",
		Args:    exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := config.Load(flags)
			if err != nil {
				return err
			}
			if !settings.Elastic.Enabled() {
				return usageErrorf(cmd, "no Elasticsearch is configured: name its nodes as elastic.urls in a file, and the file with --config")
			}
			sink, err := settings.Elastic.SinkConfig(slog.New(slog.DiscardHandler))
			if err != nil {
				return err
			}
			report, err := elastic.Setup(cmd.Context(), sink)
			for _, line := range report {
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), line); err != nil {
					return err
				}
			}
			return err
		},
	}
	flags.RegisterPlace(cmd.Flags())
	return cmd
}
