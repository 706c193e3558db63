package intaketest

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/iotest"

	"earwitness/pipeline/evidence"
)

// Decoder requires of d, on a sample that holds that many records:
//   - all of it is accounted for, in order, in batches that add up;
//   - at every cut (every one of some, in a long sample), what is there while
//     the object grows and what is left from there on, resumed at the last
//     End, are together the same records;
//   - it goes on behind any batch whose emit failed;
//   - a failing reader and a failing emit are errors that can be told.
func Decoder(t *testing.T, d evidence.Decoder, sample []byte, records int) {
	t.Helper()
	whole := decode(t, d, sample, 0, false)
	if whole.Records != records || whole.End != int64(len(sample)) {
		t.Fatalf("the sample gave %d records up to byte %d, want %d up to %d", whole.Records, whole.End, records, len(sample))
	}
	step := max(1, len(sample)/2000)
	for cut := 0; cut <= len(sample); cut += step {
		part := decode(t, d, sample[:cut], 0, true)
		rest := decode(t, d, sample, part.End, false)
		same(t, whole, append(part.Evidence, rest.Evidence...), cut)
	}
	failures(t, d, sample, whole)
}

func failures(t *testing.T, d evidence.Decoder, sample []byte, whole evidence.Batch) {
	t.Helper()
	broken := errors.New("broken")
	object := evidence.Object{URI: "file:///sample"}
	r := iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(sample)))
	if err := d.Decode(t.Context(), object, r, func(evidence.Batch) error { return nil }); len(sample) > 1 && !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("a failing reader gave %v", err)
	}
	var first evidence.Batch
	err := d.Decode(t.Context(), object, bytes.NewReader(sample), func(b evidence.Batch) error {
		first = b
		return broken
	})
	if len(sample) > 0 && !errors.Is(err, broken) {
		t.Errorf("a failing emit gave %v", err)
	}
	rest := decode(t, d, sample, first.End, false)
	same(t, whole, append(first.Evidence, rest.Evidence...), int(first.End))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Decode(ctx, object, bytes.NewReader(sample), func(evidence.Batch) error { return nil }); len(sample) > 0 && !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context gave %v", err)
	}
}

func decode(t *testing.T, d evidence.Decoder, data []byte, offset int64, growing bool) evidence.Batch {
	t.Helper()
	all := evidence.Batch{End: offset}
	object := evidence.Object{URI: "file:///sample", Offset: offset, Growing: growing}
	err := d.Decode(t.Context(), object, iotest.HalfReader(bytes.NewReader(data[offset:])), func(b evidence.Batch) error {
		if b.End <= all.End || b.Records != len(b.Evidence) || len(b.DeadLetters) > b.Records {
			t.Errorf("batch behind %d ends at %d with %d records, %d evidence, %d dead letters",
				all.End, b.End, b.Records, len(b.Evidence), len(b.DeadLetters))
		}
		for _, e := range b.Evidence {
			if o := e.Origin; o.Offset < all.End || o.Offset+o.Length > b.End {
				t.Errorf("record %d+%d lies outside of its batch, %d to %d", o.Offset, o.Length, all.End, b.End)
			}
		}
		all.End = b.End
		all.Records += b.Records
		all.Evidence = append(all.Evidence, b.Evidence...)
		return nil
	})
	if err != nil {
		t.Fatalf("decode from %d: %v", offset, err)
	}
	return all
}

func same(t *testing.T, whole evidence.Batch, parts []*evidence.Evidence, cut int) {
	t.Helper()
	if len(parts) != len(whole.Evidence) {
		t.Fatalf("cut at %d: %d records in parts, %d in one", cut, len(parts), len(whole.Evidence))
	}
	for i, e := range parts {
		want := whole.Evidence[i]
		if !bytes.Equal(e.Id, want.Id) || e.Origin.Offset != want.Origin.Offset || e.Grade != want.Grade {
			t.Fatalf("cut at %d: record %d is another than in one piece", cut, i)
		}
	}
}
