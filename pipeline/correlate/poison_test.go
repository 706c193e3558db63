package correlate_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/correlate"
)

// TestFoldPoison: a piece that makes the fold panic is named, and after Skip
// the rest of the partition goes on as if it had never been.
func TestFoldPoison(t *testing.T) {
	dir := t.TempDir()
	laid, v := newTopic(), newView(t)
	laid.epoch(1, []string{"all"})
	poison := request("p", "10:00:01")
	poison.GetRequest().Identity = []byte{1, 2, 3} // no decoder makes this
	laid.add(0, request("r", "10:00:00"), nil)
	laid.add(0, poison, nil)
	laid.add(0, act("a", "10:00:00"), nil)

	f := openFold(t, smallRules(), 0, dir)
	var found *correlate.PoisonError
	if err := f.Apply(laid.chunk(0, 0, 4)); !errors.As(err, &found) || found.Offset != 2 {
		t.Fatalf("Apply = %v, want a PoisonError at offset 2", err)
	}
	if err := f.Apply(laid.chunk(0, 3, 4)); err == nil {
		t.Error("a fold that is half changed goes on")
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	f = openFold(t, smallRules(), 0, dir)
	f.Skip(found.Offset)
	if err := f.Apply(laid.chunk(0, 0, 4)); err != nil {
		t.Fatal(err)
	}
	if err := f.Publish(true, v.take); err != nil {
		t.Fatal(err)
	}
	checkLine(t, v.records(), "r verdict=attributed access=a")
	checkLine(t, v.records(), "p gone")
}

func TestFoldGapIsRefused(t *testing.T) {
	laid := newTopic()
	laid.epoch(1, nil)
	for range 3 {
		laid.add(0, request("r", "10:00:00"), nil)
	}
	f := openFold(t, smallRules(), 0, t.TempDir())
	if err := f.Apply(laid.chunk(0, 0, 1)); err != nil {
		t.Fatal(err)
	}
	var gap *correlate.PositionError
	if err := f.Apply(laid.chunk(0, 2, 4)); !errors.As(err, &gap) || gap.Want != 1 || gap.Got != 2 {
		t.Fatalf("Apply = %v, want a PositionError from 1 to 2", err)
	}
}

// TestSnapshotDamaged: state that can't be read is computed again.
func TestSnapshotDamaged(t *testing.T) {
	damages := map[string]func(b []byte) []byte{
		"cut":       func(b []byte) []byte { return b[:len(b)/2] },
		"empty":     func([]byte) []byte { return nil },
		"flipped":   func(b []byte) []byte { b[len(b)/3] ^= 1; return b },
		"lengthens": func(b []byte) []byte { return append(b, 0) },
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			dir, laid, v := t.TempDir(), newTopic(), newView(t)
			laid.epoch(1, []string{"all"})
			laid.add(0, request("r", "10:00:00"), nil)
			f := openFold(t, smallRules(), 0, dir)
			if err := errors.Join(f.Apply(laid.chunk(0, 0, 2)), f.Publish(true, v.take), f.Snapshot(), f.Close()); err != nil {
				t.Fatal(err)
			}
			if f = openFold(t, smallRules(), 0, dir); f.Next() != 2 || f.Requests() != 1 {
				t.Fatalf("a good snapshot gives next %d and %d requests", f.Next(), f.Requests())
			}
			path := filepath.Join(dir, "snapshot")
			b, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path, damage(b), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			if f = openFold(t, smallRules(), 0, dir); f.Next() != 0 || f.Requests() != 0 {
				t.Errorf("a damaged snapshot gives next %d and %d requests", f.Next(), f.Requests())
			}
		})
	}
}

// TestSnapshotOfOtherRules is not used.
func TestSnapshotOfOtherRules(t *testing.T) {
	dir, laid := t.TempDir(), newTopic()
	laid.epoch(1, nil)
	f := openFold(t, smallRules(), 0, dir)
	if err := errors.Join(f.Apply(laid.chunk(0, 0, 1)), f.Snapshot(), f.Close()); err != nil {
		t.Fatal(err)
	}
	other := smallRules()
	other.After++
	if f = openFold(t, other, 0, dir); f.Next() != 0 {
		t.Errorf("a snapshot under other rules gives next %d", f.Next())
	}
}

// TestSnapshotNeedsPublish: what was not published would be lost.
func TestSnapshotNeedsPublish(t *testing.T) {
	laid := newTopic()
	laid.epoch(1, nil)
	laid.add(0, request("r", "10:00:00"), nil)
	f := openFold(t, smallRules(), 0, t.TempDir())
	if err := f.Apply(laid.chunk(0, 0, 2)); err != nil {
		t.Fatal(err)
	}
	if err := f.Snapshot(); err == nil {
		t.Error("a snapshot was written over records that nobody got")
	}
}

// TestFoldRefusesAnotherLineage: state of one log takes nothing of another,
// whatever the number of its epoch.
func TestFoldRefusesAnotherLineage(t *testing.T) {
	for _, number := range []uint64{1, 2} {
		laid := newTopic()
		laid.epoch(1, nil)
		laid.epoch(1, nil) // a repetition
		laid.add(0, nil, &bus.Control{Body: &bus.Control_Epoch{Epoch: &bus.Epoch{
			Number: number, Lineage: bytes.Repeat([]byte{8}, 16), Reason: correlate.ReasonNew,
		}}})
		f := openFold(t, smallRules(), 0, t.TempDir())
		if err := f.Apply(laid.chunk(0, 0, 2)); err != nil {
			t.Fatal(err)
		}
		var another *correlate.LineageError
		if err := f.Apply(laid.chunk(0, 2, 3)); !errors.As(err, &another) {
			t.Errorf("Apply of an epoch %d of another lineage = %v, want a LineageError", number, err)
		}
		if f.Next() != 2 {
			t.Errorf("Next is %d after it, want 2", f.Next())
		}
	}
}
