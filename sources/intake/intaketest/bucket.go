package intaketest

import (
	"errors"
	"testing"
	"time"

	"earwitness/pipeline/evidence"
	"earwitness/sources/intake"
)

// Bucket reads what lies below a prefix again and again with runs that fail
// after 0, 1, 2, … further batches, until one comes to the end. It requires
// that records different pieces come out, none lost, that those that came
// twice are counted, and that another run finds nothing to do. All that is
// there must be of the last ten days by now.
func Bucket(t *testing.T, d evidence.Decoder, objects intake.Objects, prefix string, now time.Time, records int) {
	t.Helper()
	state, seen := t.TempDir(), map[string]int{}
	run := func(limit int) (intake.Progress, error) {
		publisher := &Publisher{Limit: limit}
		bucket, err := intake.NewBucket(intake.BucketConfig{
			Source: "test", Objects: objects, Bucket: "test", Prefix: prefix, StateDir: state, Once: true,
			Decoder: d, Publisher: publisher, Now: func() time.Time { return now },
		})
		if err != nil {
			t.Fatal(err)
		}
		err = bucket.Run(t.Context())
		for _, batch := range publisher.Taken() {
			for _, e := range batch.Evidence {
				seen[string(e.Id)]++
			}
		}
		return bucket.Progress(), err
	}
	var repeated, excess int64
	for limit := 0; ; limit++ {
		progress, err := run(limit)
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
	if progress, err := run(0); err != nil || progress.Records+progress.DeadLetters > 0 {
		t.Errorf("a run with nothing to do: %v, %+v", err, progress)
	}
}
