package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/letters"
)

type deadLetterView struct {
	place     config.Flags
	json, raw bool
}

func deadLetterShowCommand() *cobra.Command {
	var flags deadLetterView
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show one failure with its raw bytes",
		Long: `Show one failure: its cause, the object and the bytes it came from, and what
stands there. Of the id the first digits are enough. Bytes that are no
printable characters are shown as \x1b; with --raw the record is written as it
was kept, secrets of presigned URLs replaced by their hashes.`,
		Example: `  earwitness deadletter show 1f0c9a
  earwitness deadletter show 1f0c9a --raw > line`,
		Args: exactly(1, "the id, or its first digits"),
		RunE: func(cmd *cobra.Command, args []string) error { return showDeadLetter(cmd, &flags, args[0]) },
	}
	set := cmd.Flags()
	flags.place.RegisterPlace(set)
	set.BoolVar(&flags.json, "json", false, "one JSON document, for programs")
	set.BoolVar(&flags.raw, "raw", false, "write the raw bytes and nothing else; not to a terminal")
	return cmd
}

func showDeadLetter(cmd *cobra.Command, flags *deadLetterView, id string) error {
	if flags.raw && width(cmd.OutOrStdout()) > 0 {
		return usageErrorf(cmd, "--raw writes whatever bytes came, which is not safe for a terminal; write them to a file, or leave --raw out")
	}
	all, err := openDeadLetters(cmd.Context(), flags.place)
	if err != nil {
		return err
	}
	defer all.Close()
	filter, err := new(letterFilter).filter(cmd, all.settings, []string{id})
	if err != nil {
		return err
	}
	var found []*letters.Letter
	err = all.each(cmd.Context(), &filter, func(l *letters.Letter) error {
		switch {
		case len(found) > 0 && bytes.Equal(found[0].Id, l.Id):
			if l.Settled == nil {
				found[0] = l // it waits again
			}
		case len(found) < 2:
			found = append(found, l)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return fmt.Errorf("find dead letter %s: there is none in the archive; \"earwitness deadletter list\" names those there are", id)
	case len(found) > 1:
		return usageErrorf(cmd, "several ids begin with %s, %x and %x among them; give more digits", id, found[0].Id, found[1].Id)
	}
	return flags.print(cmd.OutOrStdout(), found[0])
}

func (f *deadLetterView) print(out io.Writer, l *letters.Letter) error {
	switch {
	case f.raw:
		_, err := out.Write(l.Raw)
		return err
	case f.json:
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(document(l))
	}
	err := printRows(out, [][2]string{
		{"id", hex.EncodeToString(l.Id)},
		{"time", stamp(l.TimeMs)},
		{"stage", l.Stage},
		{"cause", l.Cause},
		{"detail", l.Detail},
		{"kind", l.Kind.Name()},
		{"from", place(l.Origin)},
		{"sha256", hex.EncodeToString(l.Origin.GetSha256())},
		{"state", stateOf(l)},
	})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "raw, %s:\n", count(uint64(len(l.Raw)), "byte")); err != nil {
		return err
	}
	for line := range bytes.Lines(l.Raw) {
		if _, err := fmt.Fprintf(out, "  %s\n", printable(bytes.TrimSuffix(line, []byte("\n")))); err != nil {
			return err
		}
	}
	return nil
}

// stateOf says whether it waits, or what became of it.
func stateOf(l *letters.Letter) string {
	s := l.Settled
	if s == nil {
		return "waiting"
	}
	text := s.How + " " + s.At.UTC().Format("2006-01-02 15:04:05")
	if s.Reason != "" {
		text += ": " + s.Reason
	}
	return text
}
