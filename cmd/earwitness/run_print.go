package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/engine"
	"earwitness/pipeline/access"
	"earwitness/sinks/index"
)

// printRun says what a run has done, what there is now, and how to go on.
func printRun(cmd *cobra.Command, settings *config.Config, result *engine.Result) error {
	var b bytes.Buffer
	if settings.Shared() {
		printRead(&b, settings, result)
		printKept(&b, settings, result)
		_, err := cmd.OutOrStdout().Write(b.Bytes())
		return err
	}
	sum, err := summarize(cmd.Context(), settings, 0)
	if err != nil {
		return err
	}
	printRead(&b, settings, result)
	printSummary(&b, sum)
	printKey(&b, settings, result)
	printNext(&b, settings, "")
	_, err = cmd.OutOrStdout().Write(b.Bytes())
	return err
}

func summarize(ctx context.Context, settings *config.Config, suspects int) (*index.Summary, error) {
	// A summary is printed also when the run was interrupted.
	ctx = context.WithoutCancel(ctx)
	reader, err := openIndex(ctx, settings)
	if err != nil {
		return nil, err
	}
	defer reader.Close() //nolint:errcheck // it was only read
	return reader.Summary(ctx, suspects)
}

func printRead(b *bytes.Buffer, settings *config.Config, result *engine.Result) {
	seconds := max(result.Took.Seconds(), 0.001)
	fmt.Fprintf(b, "Read %s in %s (%s a second).\n", count(uint64(result.Records()), "record"),
		result.Took.Round(10*time.Millisecond), humanize.Comma(int64(float64(result.Records())/seconds)))
	for _, s := range result.Sources {
		p := s.Progress
		fmt.Fprintf(b, "  %-12s %s from %s", s.Name, count(uint64(p.Records), "record"), count(uint64(p.FilesTotal), s.Unit))
		if p.Records == 0 && p.FilesTotal > 0 && p.FilesTotal == p.FilesDone {
			b.WriteString(", nothing new")
		}
		if p.Repeated > 0 {
			fmt.Fprintf(b, ", %s of them sent before", humanize.Comma(p.Repeated))
		}
		b.WriteString("\n")
	}
	if result.DeadLetters > 0 {
		fmt.Fprintf(b, "  %s: %s deadletter list%s\n", count(uint64(result.DeadLetters), "dead letter"), program(), placeFlags(settings))
	}
	b.WriteString("\n")
}

// barWidth is the width of the longest bar of a summary.
const barWidth = 16

func printSummary(b *bytes.Buffer, sum *index.Summary) {
	total, most := int64(0), int64(1)
	for _, n := range sum.Accesses {
		total, most = total+n, max(most, n)
	}
	b.WriteString(count(uint64(total), "access"))
	if total > 0 {
		fmt.Fprintf(b, ", %s to %s", day(sum.First), day(sum.Last))
	}
	fmt.Fprintf(b, "\nto %s or other objects, by %s\n", count(uint64(sum.Recordings), "recording"), count(uint64(sum.Requests), "storage request"))
	for _, v := range verdictOrder() {
		n := sum.Accesses[v]
		if n == 0 {
			continue
		}
		bar := strings.Repeat("█", max(1, int(n*barWidth/most)))
		fmt.Fprintf(b, "  %-12s %9s  %-*s  %s\n", v.Name(), humanize.Comma(n), barWidth, bar, meaning(v))
	}
	if sum.PendingAccess > 0 {
		fmt.Fprintf(b, "  %s may still change: not all sources have delivered that far.\n", humanize.Comma(sum.PendingAccess))
	}
	b.WriteString("\n")
}

func day(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.DateOnly) }

// verdictOrder has what needs no look first.
func verdictOrder() []access.Verdict {
	return []access.Verdict{
		access.Verdict_VERDICT_ATTRIBUTED, access.Verdict_VERDICT_AUDIT_ONLY, access.Verdict_VERDICT_SERVICE, access.Verdict_VERDICT_SYSTEM,
		access.Verdict_VERDICT_DIRECT, access.Verdict_VERDICT_ANONYMOUS, access.Verdict_VERDICT_UNATTRIBUTED, access.Verdict_VERDICT_OPEN,
	}
}

func meaning(v access.Verdict) string {
	switch v {
	case access.Verdict_VERDICT_ATTRIBUTED:
		return "somebody's act, seen in the storage"
	case access.Verdict_VERDICT_AUDIT_ONLY:
		return "somebody's act, no storage needed"
	case access.Verdict_VERDICT_SERVICE:
		return "the contact centre's own work"
	case access.Verdict_VERDICT_SYSTEM:
		return "the storage's own work, or ours"
	case access.Verdict_VERDICT_DIRECT:
		return "went around the contact centre"
	case access.Verdict_VERDICT_ANONYMOUS:
		return "nobody said who they were"
	case access.Verdict_VERDICT_UNATTRIBUTED:
		return "nobody's act explains it"
	}
	return "an explanation may still come"
}

func printKey(b *bytes.Buffer, settings *config.Config, result *engine.Result) {
	if !result.KeyMade {
		return
	}
	key, verifier, _ := settings.OwnKey()
	fmt.Fprintf(b, "A signing key was made in the data folder: %s,\nverifier line in %s.\n"+
		"Whoever can write that folder can sign too, so it shows mistakes and tampering\n"+
		"by others, not by whoever holds the folder. \"earwitness keys init\" makes one\n"+
		"apart; keep the verifier line elsewhere.\n\n", key, verifier)
}

// printNext gives commands that work as they stand.
func printNext(b *bytes.Buffer, settings *config.Config, recording string) {
	fmt.Fprintf(b, "Look further:\n  %s trail%s", program(), placeFlags(settings))
	if recording != "" {
		fmt.Fprintf(b, " --recording %s --requests", quoted(recording))
	}
	fmt.Fprintf(b, "\n  %s verify --store %s --key %s\n", program(), quoted(archiveAddress(settings)), quoted(verifierOf(settings)))
}

// placeFlags name what was named for this run.
func placeFlags(settings *config.Config) string {
	text := ""
	if file := settings.File(); file != "" {
		text = " --config " + quoted(file)
	}
	return text + " --data " + quoted(string(settings.Data))
}

// printKept says what this process has kept where others keep too.
func printKept(b *bytes.Buffer, settings *config.Config, result *engine.Result) {
	if kept := result.Elastic; kept != nil {
		fmt.Fprintf(b, "Elasticsearch took %s from this process (%s were there already).\n",
			count(kept.Stored, "record"), humanize.Comma(int64(kept.Superseded)))
		if kept.DeadLetters > 0 {
			fmt.Fprintf(b, "It refused %s, which went to the dead letters.\n", count(kept.DeadLetters, "record"))
		}
		b.WriteString("\n")
	}
	b.WriteString("Look further:\n")
	if settings.Elastic.Enabled() {
		fmt.Fprintf(b, "  search the alias %s-records of %s\n", settings.Elastic.Prefix, settings.Elastic.URLs[0])
	}
	fmt.Fprintf(b, "  %s verify --store %s --key %s\n", program(), quoted(archiveAddress(settings)), quoted(verifierOf(settings)))
}

// verifierOf gives the file of the own key's verifier line, else the line.
func verifierOf(settings *config.Config) string {
	if _, path, own := settings.OwnKey(); own {
		return path
	}
	key, err := settings.WORM.LoadKey()
	if err != nil {
		return "VERIFIER" // a run has loaded it, so this is no time to fail
	}
	return key.Line
}

// program is this one as whoever started it named it, so that what is printed
// works when pasted.
func program() string { return quoted(os.Args[0]) }

// quoted is text as a shell takes it.
func quoted(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_@%+=:,./-", r)
	}
	if text != "" && strings.TrimLeftFunc(text, plain) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
