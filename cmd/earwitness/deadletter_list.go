package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"earwitness/cmd/earwitness/config"
	"earwitness/pipeline/evidence"
)

type deadLetterFilter struct {
	place        config.Flags
	stage, cause string
	json         bool
}

func deadLetterListCommand() *cobra.Command {
	var flags deadLetterFilter
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List what could not be processed",
		Long: `List what could not be processed, a failure a line; the same record failing
twice for one cause is one. With --json each is one document on one line, its
raw bytes in base64.`,
		Example: `  earwitness deadletter list
  earwitness deadletter list --stage s3log --cause unreadable
  earwitness deadletter list --json | jq -r '.raw | @base64d'`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error { return listDeadLetters(cmd, &flags) },
	}
	set := cmd.Flags()
	flags.place.RegisterPlace(set)
	set.StringVar(&flags.stage, "stage", "", "only of the stage `NAME`: s3log, genesys, intake, correlate, …")
	set.StringVar(&flags.cause, "cause", "", "only of the cause `NAME`: unreadable, too-long, …")
	set.BoolVar(&flags.json, "json", false, "one JSON document a line, for programs")
	return cmd
}

func listDeadLetters(cmd *cobra.Command, flags *deadLetterFilter) error {
	letters, err := openDeadLetters(cmd.Context(), flags.place)
	if err != nil {
		return err
	}
	defer letters.Close()
	out := bufio.NewWriter(cmd.OutOrStdout())
	show := flags.table(out, width(cmd.OutOrStdout()))
	if flags.json {
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		show = func(l *evidence.DeadLetter) error { return encoder.Encode(document(l)) }
	}
	shown := 0
	err = letters.each(cmd.Context(), func(l *evidence.DeadLetter) error {
		if flags.stage != "" && l.Stage != flags.stage || flags.cause != "" && l.Cause != flags.cause {
			return nil
		}
		shown++
		return show(l)
	})
	if err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if shown == 0 && !flags.json {
		_, err = fmt.Fprintln(cmd.ErrOrStderr(), "no dead letter found")
	}
	return err
}

// table has columns of fixed width, so that it can be printed as it comes.
func (f *deadLetterFilter) table(out io.Writer, width int) func(*evidence.DeadLetter) error {
	const form = "%-12s  %-19s  %-9s  %-12s  %s"
	started := false
	line := func(cells ...any) error {
		text := strings.TrimRight(fmt.Sprintf(form, cells...), " ")
		if width > 0 {
			text = cut(text, width)
		}
		_, err := fmt.Fprintln(out, text)
		return err
	}
	return func(l *evidence.DeadLetter) error {
		if !started {
			started = true
			if err := line("ID", "TIME (UTC)", "STAGE", "CAUSE", "WHERE AND WHY"); err != nil {
				return err
			}
		}
		why := printable([]byte(place(l.Origin) + ": " + l.Detail))
		return line(cut(hex.EncodeToString(l.Id), 32)[:min(12, 2*len(l.Id))], stamp(l.TimeMs), printable([]byte(l.Stage)), printable([]byte(l.Cause)), why)
	}
}
