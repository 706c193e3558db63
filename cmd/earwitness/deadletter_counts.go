package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"earwitness/cmd/earwitness/letters"
)

// letterCounts counts letters by stage, cause and state.
type letterCounts struct {
	out  io.Writer
	json bool
	rows map[letterClass]*letterCount
}

type letterClass struct{ stage, cause, state string }

// letterCount is one line; times are UTC.
type letterCount struct {
	Stage string `json:"stage"`
	Cause string `json:"cause"`
	State string `json:"state"`
	Count uint64 `json:"count"`
	First string `json:"first"`
	Last  string `json:"last"`

	first, last int64
}

func (c *letterCounts) take(l *letters.Letter) error {
	class := letterClass{l.Stage, l.Cause, "waiting"}
	if l.Settled != nil {
		class.state = l.Settled.How
	}
	if c.rows == nil {
		c.rows = map[letterClass]*letterCount{}
	}
	row := c.rows[class]
	if row == nil {
		row = &letterCount{Stage: class.stage, Cause: class.cause, State: class.state, first: l.TimeMs, last: l.TimeMs}
		c.rows[class] = row
	}
	row.Count++
	row.first, row.last = min(row.first, l.TimeMs), max(row.last, l.TimeMs)
	return nil
}

func (c *letterCounts) end() error {
	rows := make([]*letterCount, 0, len(c.rows))
	for _, row := range c.rows {
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b *letterCount) int {
		return cmp.Or(cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Cause, b.Cause), cmp.Compare(a.State, b.State))
	})
	if c.json {
		return c.documents(rows)
	}
	if len(rows) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "STAGE\tCAUSE\tSTATE\tCOUNT\tFIRST (UTC)\tLAST (UTC)") //nolint:errcheck // Flush has the error
	for _, row := range rows {
		//nolint:errcheck // Flush has the error
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\t%s\n", printable([]byte(row.Stage)), printable([]byte(row.Cause)), row.State, row.Count, stamp(row.first), stamp(row.last))
	}
	return table.Flush()
}

func (c *letterCounts) documents(rows []*letterCount) error {
	encoder := json.NewEncoder(c.out)
	for _, row := range rows {
		row.First, row.Last = time.UnixMilli(row.first).UTC().Format(time.RFC3339Nano), time.UnixMilli(row.last).UTC().Format(time.RFC3339Nano)
		if err := encoder.Encode(row); err != nil {
			return err
		}
	}
	return nil
}
