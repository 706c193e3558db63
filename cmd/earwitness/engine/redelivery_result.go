package engine

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"earwitness/cmd/earwitness/letters"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// Redelivered is what became of the letters that were chosen.
type Redelivered struct {
	// Rows are by stage and cause, in the order of the names.
	Rows []RedeliveredRow
	// Correlator counts what it gave up meanwhile: anew, or again.
	Correlator int64
	Took       time.Duration
}

// RedeliveredRow counts letters of one stage and cause.
type RedeliveredRow struct {
	Stage, Cause string
	// Replayed led to evidence, or to a document; Passed can be read now and
	// say nothing about a recording; Dismissed were settled as they are.
	Replayed, Passed, Dismissed int64
	// Superseded fail by another cause now, Failed by the same, Unfit can't be
	// read again.
	Superseded, Failed, Unfit Leftover
}

// Leftover counts letters that wait on, and has what was said of the last.
type Leftover struct {
	Count int64
	Why   string
}

// Left counts those that still wait, or do so under another cause.
func (r *RedeliveredRow) Left() int64 { return r.Superseded.Count + r.Failed.Count + r.Unfit.Count }

// fate of a letter; why says more of those that are left.
type fate struct {
	kind fateKind
	why  string
}

type fateKind int

const (
	fateReplayed fateKind = iota
	fatePassed
	fateDismissed
	fateSuperseded
	fateFailed
	fateUnfit
)

// fateOf a letter whose record gives something now.
func fateOf(l *letters.Letter, now *letters.Reading) fate {
	switch {
	case now.Unfit != "":
		return fate{fateUnfit, now.Unfit}
	case now.Letter == nil && now.Evidence == nil:
		return fate{kind: fatePassed}
	case now.Letter == nil:
		return fate{kind: fateReplayed}
	case bytes.Equal(now.Letter.Id, l.Id), l.Stage == correlate.StageName:
		// What the correlator gave up stays with it until it takes it.
		return fate{fateFailed, now.Letter.Detail}
	}
	return fate{fateSuperseded, now.Letter.Cause + ": " + now.Letter.Detail}
}

// count notes what became of a letter.
func (r *Redelivery) count(l *evidence.DeadLetter, f fate) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, found := slices.BinarySearchFunc(r.done.Rows, l, func(row RedeliveredRow, l *evidence.DeadLetter) int {
		return cmp.Or(cmp.Compare(row.Stage, l.Stage), cmp.Compare(row.Cause, l.Cause))
	})
	if !found {
		r.done.Rows = slices.Insert(r.done.Rows, at, RedeliveredRow{Stage: l.Stage, Cause: l.Cause})
	}
	row := &r.done.Rows[at]
	left := &row.Unfit
	switch f.kind {
	case fateReplayed:
		row.Replayed++
		return
	case fatePassed:
		row.Passed++
		return
	case fateDismissed:
		row.Dismissed++
		return
	case fateSuperseded:
		left = &row.Superseded
	case fateFailed:
		left = &row.Failed
	case fateUnfit:
	}
	left.Count, left.Why = left.Count+1, f.why
}
