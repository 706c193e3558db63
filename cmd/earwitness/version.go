package main

import (
	"cmp"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the linker where the Makefile builds.
var version string

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		GroupID: groupSetUp,
		Short:   "Print version, commit and compiler",
		Long:    "Print the version of the program, the commit it was built from, and the compiler.",
		Example: "  earwitness version",
		Args:    exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), describeBuild(debug.ReadBuildInfo()))
			return err
		},
	}
}

func describeBuild(info *debug.BuildInfo, ok bool) string {
	if !ok {
		return "earwitness " + cmp.Or(version, "of an unknown build")
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	line := "earwitness " + cmp.Or(version, info.Main.Version, "(devel)")
	if revision := settings["vcs.revision"]; revision != "" {
		line += " commit " + revision
		if settings["vcs.modified"] == "true" {
			line += " with changes"
		}
		line += " of " + settings["vcs.time"]
	}
	return fmt.Sprintf("%s, %s %s/%s", line, info.GoVersion, settings["GOOS"], settings["GOARCH"])
}
