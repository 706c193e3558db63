package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/rivo/uniseg"

	"earwitness/cmd/earwitness/engine"
	"earwitness/cmd/earwitness/monitor"
	"earwitness/pipeline/amazon"
)

// printStatus prints a report as one table, and below it what is waited for.
func printStatus(b *bytes.Buffer, address string, r *monitor.Report, now time.Time) {
	fmt.Fprintf(b, "%s at %s, up %s", printable([]byte(r.Version)), address, span(now.Sub(r.Began)))
	if r.Ready {
		b.WriteString(", ready\n")
	} else {
		b.WriteString(", not ready:\n")
		for _, reason := range r.Reasons {
			fmt.Fprintf(b, "  %s\n", printable([]byte(reason)))
		}
	}
	if r.Engine == nil {
		return
	}
	b.WriteString("\n")
	t := statusTable{now: r.Engine.Time}
	t.row("STAGE", "WHERE", "POSITION", "END", "LAG", "BEHIND", "RATE/S", "RETRIES", "DEAD", "STATE")
	for i := range r.Engine.Sources {
		t.source(&r.Engine.Sources[i])
	}
	for i := range r.Engine.Stages {
		t.stage(&r.Engine.Stages[i])
	}
	if r.Engine.Enricher != nil {
		t.lookups(r.Engine.Enricher)
	}
	t.print(b)
	printQueues(b, r.Engine)
	printOrganisations(b, r.Engine)
	printCoverage(b, r.Engine)
	if len(t.notes) > 0 {
		b.WriteString("\n")
	}
	for i, note := range t.notes {
		fmt.Fprintf(b, "[%d] %s\n", i+1, note)
	}
}

// statusTable is one under way.
type statusTable struct {
	rows [][]string
	now  time.Time
	// notes are what is waited for, each once.
	notes []string
}

func (t *statusTable) row(cells ...string) { t.rows = append(t.rows, cells) }

// print has texts to the left, and the numbers between them to the right.
func (t *statusTable) print(b *bytes.Buffer) {
	widths := make([]int, len(t.rows[0]))
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], uniseg.StringWidth(cell))
		}
	}
	for _, row := range t.rows {
		last := len(row) - 1
		for i, cell := range row[:last] {
			pad := strings.Repeat(" ", widths[i]-uniseg.StringWidth(cell))
			if i >= 2 {
				cell, pad = pad+cell, ""
			}
			b.WriteString(cell + pad + "  ")
		}
		b.WriteString(row[last] + "\n")
	}
}

func (t *statusTable) source(s *engine.SourceStatus) {
	left := s.BytesTotal - s.BytesDone
	state := sourceState(s, left)
	if s.Waiting != "" {
		state = t.waiting(s.Waiting, s.Since)
	}
	if s.Denied > 0 {
		state += ", " + humanize.Comma(s.Denied) + " times denied"
	}
	if s.Refused > 0 {
		state += ", " + humanize.Comma(s.Refused) + " gone or overwritten"
	}
	if failed := maps.Clone(s.Failed); len(failed) > 0 {
		delete(failed, amazon.FailureRefused) // said above
		if len(failed) > 0 {
			state += ", requests failed: " + causes(failed)
		}
	}
	retries := "-"
	if s.Retries > 0 {
		retries = humanize.Comma(s.Retries)
	}
	t.row("source", printable([]byte(s.Name)), size(s.BytesDone), size(s.BytesTotal), size(left), "-",
		perSecond(s.Rate), retries, humanize.Comma(s.DeadLetters), state)
}

// sourceState says what a source does that waits for nothing.
func sourceState(s *engine.SourceStatus, left int64) string {
	q := s.Queue
	switch {
	case q != nil && q.InWork > 0:
		return "taking messages"
	case q != nil && q.Visible+q.Delayed > 0:
		return "messages wait"
	case q != nil:
		return "the queue is empty"
	case s.FilesTotal == 0:
		return "no files yet"
	case left <= 0:
		return "all read"
	}
	return "reading"
}

func (t *statusTable) stage(s *engine.StageStatus) {
	for _, p := range s.Partitions {
		state := p.State
		switch {
		case p.State == engine.StateWaiting:
			state = t.waiting(p.Waiting, p.Since)
		case p.Since != nil:
			state += " for " + span(t.now.Sub(*p.Since))
		}
		behind := "-"
		if p.Lag > 0 {
			behind = span(time.Duration(p.LagSeconds * float64(time.Second)))
		}
		t.row(printable([]byte(s.Stage)), fmt.Sprintf("%s/%d", printable([]byte(s.Topic)), p.Partition), offset(p.Position), offset(p.End),
			humanize.Comma(p.Lag), behind, perSecond(p.Rate), humanize.Comma(p.Retries), humanize.Comma(p.DeadLetters), state)
	}
}

// lookups has the answers where others have a position, and the questions that
// wait where others lag.
func (t *statusTable) lookups(e *engine.EnricherStatus) {
	state, behind := "all answered", "-"
	if e.Waiting > 0 {
		state = "asking"
	}
	if e.Oldest != nil {
		behind = span(t.now.Sub(*e.Oldest))
	}
	if e.Trouble != "" {
		state = t.waiting(e.Trouble, e.Since)
	}
	t.row("lookups", "metadata", humanize.Comma(e.Published), "-", humanize.Comma(int64(e.Waiting)), behind, "-",
		humanize.Comma(e.Failed), humanize.Comma(e.GivenUp), state)
}

// waiting says since when, and what for by the number of a note.
func (t *statusTable) waiting(what string, since *time.Time) string {
	note := printable([]byte(what))
	n := slices.Index(t.notes, note)
	if n < 0 {
		n = len(t.notes)
		t.notes = append(t.notes, note)
	}
	if since == nil {
		return fmt.Sprintf("waiting [%d]", n+1)
	}
	return fmt.Sprintf("waiting since %s (%s) [%d]", since.UTC().Format("15:04:05"), span(t.now.Sub(*since)), n+1)
}

func size(n int64) string { return humanize.IBytes(uint64(max(0, n))) }

func offset(n int64) string {
	if n < 0 {
		return "-"
	}
	return humanize.Comma(n)
}

func perSecond(rate float64) string {
	if rate < 0.05 {
		return "0"
	}
	if rate < 10 {
		return fmt.Sprintf("%.1f", rate)
	}
	return humanize.Comma(int64(rate))
}

// span is a duration as short as it is still useful.
func span(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%dms", max(0, d.Milliseconds()))
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd", int(d.Hours())/24)
}
