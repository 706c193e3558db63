package main

import (
	"bytes"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/engine"
)

// printRedelivered says what became of the letters, and gives the exit code
// that goes with it.
func printRedelivered(cmd *cobra.Command, settings *config.Config, done *engine.Redelivered, options *engine.RedeliveryOptions) error {
	var b bytes.Buffer
	var settled, replayed, left int64
	for i := range done.Rows {
		row := &done.Rows[i]
		fmt.Fprintf(&b, "%s, %s:\n", printable([]byte(row.Stage)), printable([]byte(row.Cause)))
		printFates(&b, row, options.DryRun)
		settled += row.Replayed + row.Passed + row.Dismissed
		replayed, left = replayed+row.Replayed, left+row.Left()
	}
	switch {
	case len(done.Rows) == 0:
		fmt.Fprintln(&b, "No dead letter that was chosen waits.")
	case options.DryRun:
		fmt.Fprintf(&b, "%s would be settled, %d left. Nothing was changed.\n", count(uint64(settled), "dead letter"), left)
	default:
		fmt.Fprintf(&b, "%s settled in %s, %d left.\n", count(uint64(settled), "dead letter"), done.Took.Round(10*time.Millisecond), left)
	}
	if done.Correlator > 0 {
		fmt.Fprintf(&b, "The correlator gave up %s meanwhile: \"earwitness deadletter list --stage correlate\".\n", count(uint64(done.Correlator), "piece"))
	}
	if settings.Shared() && replayed > 0 && !options.DryRun {
		fmt.Fprintln(&b, "The processes that follow the topics judge and keep what comes of it; the acknowledgements are listed when their segment is sealed.")
	}
	if _, err := b.WriteTo(cmd.OutOrStdout()); err != nil {
		return err
	}
	if left > 0 || done.Correlator > 0 {
		return &ExitError{Code: exitDeadLetters}
	}
	return nil
}

func printFates(b *bytes.Buffer, row *engine.RedeliveredRow, dry bool) {
	replayed, passed, superseded := "replayed", "can be read and say nothing about a recording", "fail by another cause now, and wait under that"
	if dry {
		replayed, superseded = "would be replayed", "would fail by another cause"
	}
	for _, line := range []struct {
		of   engine.Leftover
		text string
	}{
		{engine.Leftover{Count: row.Replayed}, replayed},
		{engine.Leftover{Count: row.Passed}, passed},
		{engine.Leftover{Count: row.Dismissed}, "dismissed"},
		{row.Superseded, superseded},
		{row.Failed, "fail as before, and wait"},
		{row.Unfit, "can't be replayed, and wait"},
	} {
		if line.of.Count == 0 {
			continue
		}
		fmt.Fprintf(b, "  %d %s", line.of.Count, line.text)
		if line.of.Why != "" {
			fmt.Fprintf(b, " (the last: %s)", printable([]byte(line.of.Why)))
		}
		b.WriteByte('\n')
	}
}
