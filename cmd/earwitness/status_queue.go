package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"earwitness/cmd/earwitness/engine"
)

// printQueues says how the queues get on that sources take from.
func printQueues(b *bytes.Buffer, e *engine.Status) {
	t := statusTable{now: e.Time}
	t.row("QUEUE", "NAME", "VISIBLE", "HIDDEN", "IN WORK", "OLDEST", "RECEIVED", "AGAIN", "DELETED", "BACK", "LOST", "TROUBLE")
	for i := range e.Sources {
		if e.Sources[i].Queue != nil {
			t.queue(e.Sources[i].Name, e.Sources[i].Queue)
		}
	}
	if len(t.rows) > 1 {
		b.WriteString("\n")
		t.print(b)
	}
}

func (t *statusTable) queue(source string, q *engine.QueueStatus) {
	oldest, trouble := "-", ""
	if q.Oldest != nil {
		oldest = span(t.now.Sub(*q.Oldest))
	}
	if len(q.Refused) > 0 {
		trouble = "refused: " + causes(q.Refused)
	}
	if len(q.Failed) > 0 {
		trouble = strings.TrimPrefix(trouble+"; requests failed: "+causes(q.Failed), "; ")
	}
	if trouble == "" {
		trouble = "-"
	}
	cells := []string{printable([]byte(source)), printable([]byte(q.Name))}
	for _, n := range []int64{q.Visible, q.Hidden, q.InWork} {
		cells = append(cells, humanize.Comma(n))
	}
	cells = append(cells, oldest)
	for _, n := range []int64{q.Received, q.Redelivered, q.Deleted, q.Released, q.Lost} {
		cells = append(cells, humanize.Comma(n))
	}
	t.row(append(cells, trouble)...)
}

// printOrganisations says how the API of Genesys Cloud answers.
func printOrganisations(b *bytes.Buffer, e *engine.Status) {
	if len(e.Organisations) == 0 {
		return
	}
	b.WriteString("\n")
	t := statusTable{now: e.Time}
	t.row("GENESYS", "LEFT", "CALLS", "RETRIES", "FAILED", "WAITING", "WAITED", "TOKENS", "CLOCK", "ANSWERS")
	for i := range e.Organisations {
		t.organisation(&e.Organisations[i])
	}
	t.print(b)
}

func (t *statusTable) organisation(o *engine.OrganisationStatus) {
	tokens, answers := humanize.Comma(o.Tokens), "-"
	if o.NoTokens > 0 {
		tokens += fmt.Sprintf(" (%d failed)", o.NoTokens)
	}
	if len(o.Answers) > 0 {
		all := make([]string, 0, len(o.Answers))
		for _, status := range slices.Sorted(maps.Keys(o.Answers)) {
			all = append(all, printable([]byte(status))+"="+humanize.Comma(o.Answers[status]))
		}
		answers = strings.Join(all, " ")
	}
	t.row(printable([]byte(o.Source)), fmt.Sprintf("%d of %d", o.Left, o.Allowed), humanize.Comma(o.Calls), humanize.Comma(o.Retries),
		humanize.Comma(o.Failed), fmt.Sprint(o.Waiting), span(time.Duration(o.Waited*float64(time.Second))), tokens, ahead(o.ClockOffset), answers)
}

// ahead says by how much another clock is; what a second is cut down to is
// nothing.
func ahead(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d.Abs() < 2*time.Second:
		return "right"
	case d < 0:
		return "-" + span(-d)
	}
	return "+" + span(d)
}

// causes are counts by their names.
func causes(counts map[string]int64) string {
	all := make([]string, 0, len(counts))
	for _, cause := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, fmt.Sprintf("%s %s", humanize.Comma(counts[cause]), printable([]byte(cause))))
	}
	return strings.Join(all, ", ")
}
