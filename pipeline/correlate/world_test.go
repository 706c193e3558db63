package correlate_test

import (
	"time"

	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// world is a set of evidence with the rules that it is judged by and how far
// its sources have delivered.
type world struct {
	// Name says what it is, for failures: a row, or a seed.
	Name  string
	Rules correlate.Rules
	// Sources are those configured; Coverage is the latest statement of each
	// that has made one.
	Sources  []string
	Coverage map[string]time.Time
	// Evidence in no order that would mean anything, duplicates included.
	Evidence []*evidence.Evidence
}
