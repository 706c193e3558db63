package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"earwitness/cmd/earwitness/config"
)

func configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "config",
		GroupID: groupSetUp,
		Short:   "Check the configuration",
		Long:    "Check the configuration and print what is in force. Every key is described in\ndocs/configuration.md.",
		Example: "  earwitness config check --config earwitness.yaml",
	}
	cmd.AddCommand(configCheckCommand())
	return branch(cmd)
}

func configCheckCommand() *cobra.Command {
	var flags config.Flags
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Find mistakes in the configuration and print what is in force",
		Long: `Find mistakes in the configuration. Each is reported with its line and what is
allowed instead, and the exit code is 2. Without mistakes the configuration in
force is printed, with all defaults and with the other flags laid over it; of
secrets it says where they are. Sources whose path is not there are named on
standard error.`,
		Example: `  earwitness config check --config earwitness.yaml

  # begin with all defaults
  earwitness config check > earwitness.yaml`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error { return checkConfig(cmd, flags) },
	}
	flags.Register(cmd.Flags())
	return cmd
}

func checkConfig(cmd *cobra.Command, flags config.Flags) error {
	settings, err := config.Load(flags)
	if err != nil {
		return err
	}
	text, err := settings.YAML()
	if err != nil {
		return err
	}
	for _, source := range settings.Sources {
		if !source.OnDisk() {
			continue
		}
		if _, err := os.Stat(string(source.Path)); err != nil {
			if _, err := fmt.Fprintf(cmd.ErrOrStderr(), "source %s: %v\n", source.Name, err); err != nil {
				return err
			}
		}
	}
	_, err = cmd.OutOrStdout().Write(text)
	return err
}
