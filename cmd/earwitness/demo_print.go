package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"earwitness/cmd/earwitness/config"
	"earwitness/pipeline/access"
	"earwitness/sinks/index"
	"earwitness/sinks/index/trail"
)

const (
	// paperWidth is that of text where no terminal says one; longer lines
	// than textWidth are hard to read.
	paperWidth = 80
	textWidth  = 100
)

// columns is how wide text on out may be.
func columns(out io.Writer) int {
	return min(cmp.Or(width(out), paperWidth), textWidth)
}

// printSuspects tells the story of each: who did what, when, from where, how
// much of it, why it deserves a look, and what the simulator knows.
func printSuspects(b *bytes.Buffer, width int, of []index.Suspect, told []truth) {
	if len(of) == 0 {
		return
	}
	b.WriteString("The most suspicious of what is final:\n\n")
	for i, suspect := range of {
		r := suspect.Record
		fill(b, width, fmt.Sprintf("%d. ", i+1), printable([]byte(trail.Actor(r)))+" "+deed(r))
		fill(b, width, "   ", circumstances(r))
		var why []string
		for _, reason := range suspect.Reasons {
			why = append(why, reason.Text)
		}
		fill(b, width, "   ", "Why: "+strings.Join(why, "; ")+".")
		if text := told[i].text(); text != "" {
			fill(b, width, "   ", "In truth: "+text+".")
		}
		b.WriteString("\n")
	}
}

// deed says what was done to what.
func deed(r *access.Record) string {
	thing := "recording " + r.RecordingId
	if r.RecordingId == "" {
		thing = printable([]byte(cmp.Or(r.SubjectId, r.Bucket)))
	}
	verb := map[access.Class]string{
		access.Class_CLASS_WRITE: "wrote", access.Class_CLASS_DELETE: "deleted",
		access.Class_CLASS_PROBE: "probed", access.Class_CLASS_CHANGE: "changed",
	}[r.Class]
	switch {
	case r.Failed:
		verb = "tried to " + cmp.Or(map[access.Class]string{
			access.Class_CLASS_READ: "read", access.Class_CLASS_WRITE: "write", access.Class_CLASS_DELETE: "delete",
			access.Class_CLASS_PROBE: "probe", access.Class_CLASS_CHANGE: "change",
		}[r.Class], "use")
	case r.Flags&access.FlagCopied != 0:
		verb = "copied"
	case r.Taken == access.Taken_TAKEN_FULL, r.Taken == access.Taken_TAKEN_LIKELY_FULL:
		verb = "took all of"
	case r.Taken == access.Taken_TAKEN_PARTIAL:
		verb = "took a part of"
	}
	return cmp.Or(verb, "used") + " " + thing
}

// circumstances says when, from where and how much.
func circumstances(r *access.Record) string {
	first, last := cmp.Or(r.StartMs, r.TimeMs), cmp.Or(r.EndMs, r.TimeMs)
	when := stamp(first)
	switch {
	case stamp(last) == when:
	case day(last) == day(first):
		when += " to " + time.UnixMilli(last).UTC().Format(time.TimeOnly)
	default:
		when += " to " + stamp(last)
	}
	parts := []string{when + " UTC"}
	const few = 4
	switch ips := r.RelatedIps; {
	case len(ips) > few:
		parts = append(parts, fmt.Sprintf("from %s and %d more", strings.Join(ips[:few], ", "), len(ips)-few))
	case len(ips) > 0:
		parts = append(parts, "from "+strings.Join(ips, ", "))
	}
	how := count(uint64(r.Requests), "request")
	if r.Bytes > 0 {
		how += ", " + humanize.IBytes(uint64(r.Bytes))
	}
	return printable([]byte(strings.Join(append(parts, how), ", ")))
}

// fill breaks text between words into lines of a width, the first after head
// and the others below its end.
func fill(b *bytes.Buffer, width int, head, text string) {
	indent := strings.Repeat(" ", len(head))
	line := head
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
			line += word
		case len([]rune(line))+1+len([]rune(word)) > width:
			b.WriteString(line + "\n")
			line = indent + word
		default:
			line += " " + word
		}
	}
	b.WriteString(line + "\n")
}

// printTour gives commands that work as they stand, and how to remove it all.
func printTour(b *bytes.Buffer, settings *config.Config, of []index.Suspect) {
	data := " --data " + quoted(string(settings.Data))
	b.WriteString("Look further.\n")
	step := func(what, command string) {
		fmt.Fprintf(b, "\n%s\n  %s %s\n", what, program(), command)
	}
	for _, suspect := range of {
		if name := suspect.Record.RecordingId; name != "" {
			step("Who else has had a recording of these?", "trail"+data+" --recording "+quoted(name)+" --requests")
			break
		}
	}
	step("What did the storage give out that nobody's act explains?", "trail"+data+" --verdict unattributed")
	step("Does the archive still hold all that was put there?",
		"verify --store "+quoted(string(settings.WORM.Directory))+" --key "+quoted(verifierOf(settings)))
	fmt.Fprintf(b, "\nAll of it lies in %s. To remove it:\n  rm -r %s\n", settings.Data, quoted(string(settings.Data)))
}
