package intaketest

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"earwitness/pipeline/evidence"
	"earwitness/sources/intake"
)

// Directory writes files and reads them again and again with runs that fail
// after 0, 1, 2, … further batches, until one comes to the end. It requires
// that records different pieces come out, none lost, that those that came
// twice are counted, and that another run finds nothing to do.
func Directory(t *testing.T, d evidence.Decoder, files map[string][]byte, records int) {
	t.Helper()
	root, state := t.TempDir(), t.TempDir()
	for name, data := range files {
		path := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o750), os.WriteFile(path, data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]int{}
	var repeated, excess int64
	for limit := 0; ; limit++ {
		progress, err := run(t, d, root, state, limit, seen)
		repeated += progress.Repeated
		if err == nil {
			break
		}
		if !errors.Is(err, ErrFull) {
			t.Fatalf("run with %d batches: %v", limit, err)
		}
	}
	for _, n := range seen {
		excess += int64(n - 1)
	}
	if len(seen) != records {
		t.Errorf("%d different records came, want %d", len(seen), records)
	}
	if repeated < excess {
		t.Errorf("%d records came again, %d were counted", excess, repeated)
	}
	if progress, err := run(t, d, root, state, 0, seen); err != nil || progress.Records+progress.DeadLetters > 0 {
		t.Errorf("a run with nothing to do: %v, %+v", err, progress)
	}
}

func run(t *testing.T, d evidence.Decoder, root, state string, limit int, seen map[string]int) (intake.Progress, error) {
	t.Helper()
	publisher := &Publisher{Limit: limit}
	directory, err := intake.New(intake.Config{
		Source: "test", Path: root, StateDir: state, Once: true, Decoder: d, Publisher: publisher,
	})
	if err != nil {
		t.Fatal(err)
	}
	err = directory.Run(t.Context())
	for _, batch := range publisher.Taken() {
		for _, e := range batch.Evidence {
			seen[string(e.Id)]++
		}
	}
	return directory.Progress(), err
}
