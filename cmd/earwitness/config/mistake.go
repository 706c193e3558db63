package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Mistake is one thing that is wrong with the configuration.
type Mistake struct {
	// File, Line and Column, from 1; empty and 0 for a flag, or where the
	// file as a whole is meant.
	File         string
	Line, Column int
	// Field is the path of the setting, as in sources[0].lateness, or a flag.
	Field string
	// Message says what is wrong and what is allowed.
	Message string
	// Source is the line, with secrets hidden.
	Source string
}

func (m Mistake) String() string {
	var b strings.Builder
	if m.File != "" {
		b.WriteString(m.File + ":")
	}
	if m.Line > 0 {
		fmt.Fprintf(&b, "%d:%d:", m.Line, m.Column)
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	if m.Field != "" {
		b.WriteString(m.Field + ": ")
	}
	b.WriteString(m.Message)
	if m.Line > 0 {
		number := fmt.Sprintf("%4d", m.Line)
		fmt.Fprintf(&b, "\n%s | %s\n%s | %s^", number, m.Source,
			strings.Repeat(" ", len(number)), strings.Repeat(" ", m.Column-1))
	}
	return b.String()
}

// Error is all that is wrong with the configuration, in the order of lines.
type Error struct {
	Mistakes []Mistake
}

func (e *Error) Error() string {
	lines := make([]string, len(e.Mistakes))
	for i, m := range e.Mistakes {
		lines[i] = m.String()
	}
	return strings.Join(lines, "\n")
}

func (e *Error) sort() {
	slices.SortStableFunc(e.Mistakes, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
