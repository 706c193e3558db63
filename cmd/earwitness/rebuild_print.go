package main

import (
	"bytes"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/engine"
)

// printRebuilt says what a rebuild has done, what there is now, and how to go
// on.
func printRebuilt(cmd *cobra.Command, settings *config.Config, rebuilt *engine.Rebuilt) error {
	var b bytes.Buffer
	printJudged(&b, rebuilt)
	if settings.Shared() {
		_, err := cmd.OutOrStdout().Write(b.Bytes())
		return err
	}
	sum, err := summarize(cmd.Context(), settings, 0)
	if err != nil {
		return err
	}
	printSummary(&b, sum)
	printNext(&b, settings, "")
	_, err = cmd.OutOrStdout().Write(b.Bytes())
	return err
}

func printJudged(b *bytes.Buffer, r *engine.Rebuilt) {
	seconds := max(r.Took.Seconds(), 0.001)
	fmt.Fprintf(b, "Judged %s of evidence anew in %s (%s a second). Epoch %d.\n", count(uint64(r.Pieces), "piece"),
		r.Took.Round(10*time.Millisecond), humanize.Comma(int64(float64(r.Pieces)/seconds)), r.Epoch)
	fmt.Fprintf(b, "  %s, by %s: %s as before, %s revised, %s new, %s retracted\n",
		count(uint64(r.Same+r.Changed+r.New), "access"), count(uint64(r.Requests), "request"),
		humanize.Comma(r.Same), humanize.Comma(r.Changed), humanize.Comma(r.New), humanize.Comma(r.Retracted))
	for _, note := range []struct {
		n           int64
		thing, text string
	}{
		{r.Reread, "piece", "can be read now that could not be before"},
		{r.Gaps, "gap", "in the archive: what it never got could not be judged"},
		{r.Left, "record", "left as before: the evidence did not come again"},
		{r.DeadLetters, "dead letter", "from evidence that could not be judged"},
	} {
		if note.n > 0 {
			fmt.Fprintf(b, "  %s %s\n", count(uint64(note.n), note.thing), note.text)
		}
	}
	b.WriteString("\n")
}
