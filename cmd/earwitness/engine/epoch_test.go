package engine

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/correlate"
)

// race is epochs where others are quicker, as often as there are others.
type race struct {
	current *epochFile
	others  []*epochFile
}

func (r *race) read(context.Context) (*epochFile, error) { return r.current, nil }

func (r *race) write(_ context.Context, e *epochFile) error {
	if len(r.others) > 0 {
		r.current, r.others = r.others[0], r.others[1:]
	}
	if r.current.Number >= e.Number {
		return &overtakenError{by: r.current}
	}
	r.current = e
	return nil
}

// What is pending must be told under an epoch that was opened after it was
// found, not under one that another process opened meanwhile or long ago.
func TestOpenEpochComesAfterOthers(t *testing.T) {
	mine := &epochFile{Format: epochFormat, Number: 4, Lineage: "aa", Rules: "r", Sources: []string{"a"}, Partitions: 2}
	other := func(number uint64) *epochFile {
		e := *mine
		e.Number, e.Sources = number, []string{"a", "b"}
		return &e
	}
	store := &race{current: other(6), others: []*epochFile{other(7), other(8)}}
	e := &Engine{epochs: store, epoch: mine}
	if err := e.openEpoch(t.Context(), correlate.ReasonNew); err != nil {
		t.Fatal(err)
	}
	want := other(9)
	want.Reason = correlate.ReasonNew
	if diff := cmp.Diff(want, e.epoch); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, store.current); diff != "" {
		t.Error(diff)
	}
}

func TestOpenEpochRefusesOtherRules(t *testing.T) {
	mine := &epochFile{Number: 4, Rules: "r"}
	for name, by := range map[string]*epochFile{
		"rules":   {Number: 5, Rules: "s"},
		"rebuild": {Number: 5, Rules: "r", Rebuilding: true},
	} {
		t.Run(name, func(t *testing.T) {
			e := &Engine{epochs: &race{current: by}, epoch: mine}
			if err := e.openEpoch(t.Context(), correlate.ReasonNew); err == nil {
				t.Error("no error")
			}
			if e.epoch != mine {
				t.Error("the epoch was taken over")
			}
		})
	}
}
