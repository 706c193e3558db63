package trail

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"strings"

	"earwitness/pipeline/access"
)

const (
	// sampleRows are held back to measure the columns by; later rows that
	// are wider are cut.
	sampleRows = 200
	// unlimited is the width of an output that is no terminal.
	unlimited = 1 << 20
	columnGap = 2
)

// column of the table. Where the width does not do, columns with a drop go
// away, the highest first, until the least of the others fit; then the
// highest give are cut first, down to their least.
type column struct {
	title      string
	least      int
	give, drop int
	right      bool
	value      func(*access.Record) string
}

func columns() []column {
	return []column{
		{title: "TIME (UTC)", least: 21, value: when},
		{title: "WHO", least: 14, give: 4, value: Actor},
		{title: "ACTION", least: 10, give: 5, drop: 2, value: func(r *access.Record) string { return r.Action }},
		{title: "VERDICT", least: 13, value: verdict},
		{title: "SURE", least: 6, drop: 5, value: func(r *access.Record) string { return r.Confidence.Name() }},
		{title: "TAKEN", least: 7, give: 1, drop: 4, value: func(r *access.Record) string { return r.Taken.Name() }},
		{title: "BYTES", least: 8, drop: 7, right: true, value: size},
		{title: "FROM", least: 10, give: 2, drop: 1, value: from},
		{title: "RECORDING", least: 9, give: 6, drop: 3, value: recording},
		{title: "FLAGS", least: 12, give: 3, drop: 6, value: func(r *access.Record) string { return strings.Join(access.FlagNames(r.Flags), ",") }},
	}
}

// Table writes an access a line, and indented below it those requests that
// follow it in records. Width is the terminal's in columns; 0 sets no limit.
// It returns how many accesses it wrote, and the first error of the records
// or of w.
func Table(w io.Writer, width int, records iter.Seq2[*access.Record, error]) (accesses int, err error) {
	if width <= 0 {
		width = unlimited
	}
	t := &table{out: bufio.NewWriter(w), width: width, columns: columns()}
	for r, err := range records {
		if err != nil {
			return accesses, err
		}
		if r.Kind == access.Kind_KIND_ACCESS {
			accesses++
		}
		t.add(r)
	}
	if accesses > 0 || len(t.held) > 0 {
		t.start()
	}
	if err := t.out.Flush(); err != nil {
		return accesses, fmt.Errorf("write table: %w", err)
	}
	return accesses, nil
}

// row is a line's cells; a request's, printed below its access, are marked.
type row struct {
	cells   []string
	request bool
}

type table struct {
	out     *bufio.Writer
	width   int
	columns []column
	widths  []int
	held    []row
}

func (t *table) add(r *access.Record) {
	line := row{request: r.Kind == access.Kind_KIND_REQUEST}
	for i, c := range t.columns {
		cell := printable(c.value(r))
		if i == 0 && line.request {
			cell = "  " + cell
		}
		line.cells = append(line.cells, cell)
	}
	if t.widths != nil {
		t.print(line)
		return
	}
	if t.held = append(t.held, line); len(t.held) == sampleRows {
		t.start()
	}
}

// start measures the columns by the held rows and prints them.
func (t *table) start() {
	if t.widths != nil {
		return
	}
	title := row{}
	for _, c := range t.columns {
		title.cells = append(title.cells, c.title)
	}
	t.widths = fit(t.columns, natural(append(t.held, title)), t.width)
	t.print(title)
	for _, line := range t.held {
		t.print(line)
	}
	t.held = nil
}

func natural(rows []row) []int {
	widths := make([]int, len(rows[0].cells))
	for _, line := range rows {
		for i, cell := range line.cells {
			widths[i] = max(widths[i], cells(cell))
		}
	}
	return widths
}

// fit narrows the columns from their natural widths until they stand side by
// side in width. A dropped column has width 0.
func fit(columns []column, widths []int, width int) []int {
	least := make([]int, len(columns))
	for i, c := range columns {
		least[i] = min(c.least, widths[i])
	}
	for total(least) > width {
		i := highest(columns, func(i int) int { return min(least[i], 1) * columns[i].drop })
		if i < 0 {
			break
		}
		least[i], widths[i] = 0, 0
	}
	for over := total(widths) - width; over > 0; over = total(widths) - width {
		i := highest(columns, func(i int) int { return min(widths[i]-least[i], 1) * columns[i].give })
		if i < 0 {
			break
		}
		widths[i] = max(least[i], widths[i]-over)
	}
	return widths
}

func total(widths []int) int {
	sum := -columnGap
	for _, w := range widths {
		if w > 0 {
			sum += w + columnGap
		}
	}
	return sum
}

// highest gives the column with the highest rank above 0, or -1.
func highest(columns []column, rank func(i int) int) int {
	best, top := -1, 0
	for i := range columns {
		if r := rank(i); r > top {
			best, top = i, r
		}
	}
	return best
}

func (t *table) print(line row) {
	var b strings.Builder
	for i, cell := range line.cells {
		w := t.widths[i]
		if w == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(strings.Repeat(" ", columnGap))
		}
		cell = cut(cell, w)
		pad := strings.Repeat(" ", w-cells(cell))
		if t.columns[i].right {
			b.WriteString(pad + cell)
		} else {
			b.WriteString(cell + pad)
		}
	}
	// An error stays with the writer and comes back from Flush.
	_, _ = fmt.Fprintln(t.out, strings.TrimRight(b.String(), " "))
}
