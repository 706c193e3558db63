package main

import (
	"bytes"
	"fmt"
	"time"

	"earwitness/cmd/earwitness/engine"
)

// printCoverage says up to when records may be final, source by source, where
// the process knows.
func printCoverage(b *bytes.Buffer, e *engine.Status) {
	if e.ClockHeld > 0 {
		fmt.Fprintf(b, "\nThe clock of the machine was set forward by %s, or it slept; coverage follows once it has stood so for as long.\n",
			span(time.Duration(e.ClockHeld*float64(time.Second))))
	}
	if len(e.Coverage) == 0 {
		return
	}
	b.WriteString("\n")
	t := statusTable{now: e.Time}
	t.row("COVERAGE", "READERS", "UNTIL (UTC)", "MOVED", "STATE")
	for i := range e.Coverage {
		c := &e.Coverage[i]
		until := "-"
		if c.Until != nil {
			until = c.Until.UTC().Format("2006-01-02 15:04:05")
		}
		t.row(printable([]byte(c.Source)), fmt.Sprint(c.Readers), until, span(e.Time.Sub(c.Advanced))+" ago", coverageState(c))
	}
	t.print(b)
}

func coverageState(c *engine.CoverageStatus) string {
	switch {
	case c.Readers == 0 && c.Gone == 0:
		return "nobody reads it"
	case c.Readers == 0:
		return "nobody reads it any more"
	case c.Gone > 0:
		return fmt.Sprintf("held back by %s that died, until the source is read whole again", count(uint64(c.Gone), "reader"))
	case c.Silent:
		return "silent"
	case c.Until == nil:
		return "not read whole yet"
	}
	return "moving"
}
