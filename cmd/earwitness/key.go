package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"earwitness/cmd/earwitness/config"
	"earwitness/pipeline/evidence"
)

func keyCommand() *cobra.Command {
	var flags config.Flags
	var bucket string
	cmd := &cobra.Command{
		Use:     "key KEY",
		GroupID: groupAsk,
		Short:   "Try the key patterns on an object key",
		Long: `Try the key patterns on an object key, decoded, as the storage shows it: which
pattern matches, what it names, and which subject a request for it has. The
patterns of the configuration come first, then the built-in ones. The exit
code is 1 when none matches.`,
		Example: `  earwitness key recordings/2026/11/23/0b6f3f44-98f0-4a7e-8d70-15c3cf34f1b7.opus

  # with patterns of your own
  earwitness key archive/2026/7781.wav --config earwitness.yaml`,
		Args: exactly(1, "the object key"),
		RunE: func(cmd *cobra.Command, args []string) error {
			settings, err := config.Load(flags)
			if err != nil {
				return err
			}
			return tryKey(cmd.OutOrStdout(), settings, bucket, args[0])
		},
	}
	cmd.Flags().StringVar(&flags.File, "config", "", "configuration `FILE` with patterns of your own; none: the built-in ones alone")
	cmd.Flags().StringVar(&bucket, "bucket", "bucket", "`NAME` of the bucket, for the subject")
	return cmd
}

func tryKey(out io.Writer, settings *config.Config, bucket, key string) error {
	patterns, err := settings.KeyPatterns()
	if err != nil {
		return err
	}
	facts, found := patterns.Match(key)
	if !found {
		tried := []string{}
		for _, k := range settings.Keys {
			tried = append(tried, string(k.Name))
		}
		tried = append(tried, evidence.PatternExport, evidence.PatternGuide)
		return fmt.Errorf("match key %q: none of the patterns does (%s); a request for it is about the object %s/%s alone",
			key, strings.Join(tried, ", "), bucket, key)
	}
	e := &evidence.Evidence{Fact: &evidence.Evidence_Request{Request: &evidence.StorageRequest{
		Bucket: bucket, Key: key, RecordingId: facts.RecordingID,
	}}}
	evidence.SetRequestSubject(e)
	return printRows(out, [][2]string{
		{"pattern", facts.Pattern},
		{"kind", facts.Kind.Name()},
		{"organization", cmp.Or(facts.OrganizationID, "-")},
		{"conversation", cmp.Or(facts.ConversationID, "-")},
		{"recording", cmp.Or(facts.RecordingID, "-")},
		{"subject", string(evidence.SubjectKey(nil, e.SubjectKind, e.SubjectId))},
	})
}
