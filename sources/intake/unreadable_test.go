package intake

import (
	"context"
	"errors"
	"io"
	"testing"

	"earwitness/pipeline/evidence"

	"github.com/google/go-cmp/cmp"
)

type nothing struct{}

func (nothing) Decode(context.Context, evidence.Object, io.Reader, func(evidence.Batch) error) error {
	return nil
}

type letters struct{ causes []string }

func (l *letters) Publish(_ context.Context, b evidence.Batch, done func(error)) error {
	for _, letter := range b.DeadLetters {
		l.causes = append(l.causes, letter.Stage+" "+letter.Cause)
	}
	done(nil)
	return nil
}

func TestUnreadableFileIsReportedOnce(t *testing.T) {
	l := &letters{}
	d, err := New(Config{Source: "s", Path: t.TempDir(), StateDir: t.TempDir(), Decoder: nothing{}, Publisher: l})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.journal.close(); err != nil {
			t.Error(err)
		}
	}()
	fail := func(err error) { t.Error(err) }
	for range 2 {
		// A folder in the place of a file can be opened, but not read.
		if err := d.read(t.Context(), fail, found{path: t.TempDir()}, true, nil); err != nil {
			t.Fatal(err)
		}
		if err := d.read(t.Context(), fail, found{path: d.root}, true, nil); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"intake unreadable", "intake unreadable", "intake unreadable"}, l.causes); diff != "" {
		t.Error(diff)
	}
	if p := d.Progress(); p.Problems != 3 || p.DeadLetters != 3 {
		t.Errorf("%+v", p)
	}
}

func TestPositionWaitsForGaps(t *testing.T) {
	path := t.TempDir() + "/p"
	j, err := openPositions(path)
	if err != nil {
		t.Fatal(err)
	}
	tr := &tracker{keep: j.put, now: position{Path: "f"}}
	batches := []*sent{{end: 10}, {end: 20}, {end: 30}}
	var errs []error
	for _, s := range batches {
		errs = append(errs, tr.send(s))
	}
	errs = append(errs, tr.finish(30, 7, true))
	for _, step := range []struct {
		batch  int
		offset int64
		done   bool
	}{{2, 0, false}, {0, 10, false}, {1, 30, true}} {
		errs = append(errs, tr.ack(batches[step.batch]))
		if p, _ := j.get("f"); p.Offset != step.offset || p.Done != step.done || p.Sent != 30 {
			t.Errorf("after batch %d: %+v", step.batch, p)
		}
	}
	if err := errors.Join(append(errs, j.close())...); err != nil {
		t.Error(err)
	}
	again, err := openPositions(path)
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := again.get("f"); !ok || p.Offset != 30 || !p.Done {
		t.Errorf("after a restart: %+v", p)
	}
	if err := again.close(); err != nil {
		t.Error(err)
	}
}
