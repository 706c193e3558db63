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
	"earwitness/cmd/earwitness/letters"
)

type letterList struct {
	place             config.Flags
	chosen            letterFilter
	json, all, counts bool
}

func deadLetterListCommand() *cobra.Command {
	var flags letterList
	cmd := &cobra.Command{
		Use:   "list [ID...]",
		Short: "List what could not be processed",
		Long: `List what could not be processed and still waits, a failure a line; the same
record failing twice for one cause is one. With --all those are listed too that
were replayed or dismissed. With --json each is one document on one line, its
raw bytes in base64; with --counts there is one line for each stage and cause.`,
		Example: `  earwitness deadletter list --counts
  earwitness deadletter list --stage s3log --cause unreadable --since 2026-03-01
  earwitness deadletter list --source file:///var/log/s3
  earwitness deadletter list --json | jq -r '.raw | @base64d'`,
		RunE: func(cmd *cobra.Command, args []string) error { return listDeadLetters(cmd, &flags, args) },
	}
	set := cmd.Flags()
	flags.place.RegisterPlace(set)
	flags.chosen.register(set)
	set.BoolVar(&flags.json, "json", false, "one JSON document a line, for programs")
	set.BoolVar(&flags.all, "all", false, "those that were settled too")
	set.BoolVar(&flags.counts, "counts", false, "how many there are by stage and cause, and when the first and the last came")
	return cmd
}

// lister shows letters as they come, and has something to say at the end.
type lister interface {
	take(l *letters.Letter) error
	end() error
}

func listDeadLetters(cmd *cobra.Command, flags *letterList, ids []string) error {
	all, err := openDeadLetters(cmd.Context(), flags.place)
	if err != nil {
		return err
	}
	defer all.Close()
	filter, err := flags.chosen.filter(cmd, all.settings, ids)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(cmd.OutOrStdout())
	var show lister = &letterTable{out: out, width: width(cmd.OutOrStdout()), state: flags.all}
	switch {
	case flags.counts:
		show = &letterCounts{out: out, json: flags.json}
	case flags.json:
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		show = letterDocuments{encoder}
	}
	shown := 0
	err = all.each(cmd.Context(), &filter, func(l *letters.Letter) error {
		if l.Settled != nil && !flags.all {
			return nil
		}
		shown++
		return show.take(l)
	})
	if err != nil {
		return err
	}
	if err := show.end(); err != nil {
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

type letterDocuments struct{ encoder *json.Encoder }

func (d letterDocuments) take(l *letters.Letter) error { return d.encoder.Encode(document(l)) }

func (d letterDocuments) end() error { return nil }

// letterTable has columns of fixed width, so that it can be printed as it
// comes.
type letterTable struct {
	out     io.Writer
	width   int
	state   bool
	started bool
}

func (t *letterTable) end() error { return nil }

func (t *letterTable) take(l *letters.Letter) error {
	if !t.started {
		t.started = true
		if err := t.line("ID", "TIME (UTC)", "STAGE", "CAUSE", "STATE", "WHERE AND WHY"); err != nil {
			return err
		}
	}
	state := "waiting"
	if l.Settled != nil {
		state = l.Settled.How
	}
	return t.line(hex.EncodeToString(l.Id)[:min(12, 2*len(l.Id))], stamp(l.TimeMs), printable([]byte(l.Stage)), printable([]byte(l.Cause)),
		printable([]byte(state)), printable([]byte(place(l.Origin)+": "+l.Detail)))
}

func (t *letterTable) line(id, at, stage, cause, state, why string) error {
	text := fmt.Sprintf("%-12s  %-19s  %-10s  %-12s  ", id, at, stage, cause)
	if t.state {
		text += fmt.Sprintf("%-10s  ", state)
	}
	text = strings.TrimRight(text+why, " ")
	if t.width > 0 {
		text = cut(text, t.width)
	}
	_, err := fmt.Fprintln(t.out, text)
	return err
}
