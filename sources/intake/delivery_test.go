package intake_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"earwitness/sources/genesys"
	"earwitness/sources/intake"
	"earwitness/sources/intake/intaketest"
)

// deliver reads one object; err is that of Read, or what settled gave.
func deliver(t *testing.T, s *stored, key string, limit int) (audits int, causes string, err error) {
	t.Helper()
	p := &intaketest.Publisher{Limit: limit}
	d, err := intake.NewDelivery(intake.DeliveryConfig{
		Source: "audits", Objects: s, Bucket: "logs", Decoder: genesys.New(genesys.Config{}), Publisher: p,
	})
	if err != nil {
		t.Fatal(err)
	}
	settled := make(chan error, 2)
	err = d.Read(t.Context(), intake.Listed{Key: key}, func(err error) { settled <- err })
	if err == nil {
		err = <-settled
	}
	if len(settled) > 0 {
		t.Errorf("%s was settled although it could not be read, or twice", key)
	}
	taken, causes := ids(p.Taken())
	return len(taken), causes, err
}

func TestDelivery(t *testing.T) {
	t.Parallel()
	packed := gz(lines(0, 3000))
	s := &stored{objects: map[string][]byte{"plain": lines(0, 1800), "packed": packed, "cut": packed[:len(packed)/2], "empty": nil}}
	for key, want := range map[string]int{"plain": 1800, "packed": 3000, "empty": 0} {
		if audits, causes, err := deliver(t, s, key, -1); audits != want || causes != "" || err != nil {
			t.Errorf("%s: %d audits, causes %q: %v; want %d", key, audits, causes, err, want)
		}
	}
	if audits, causes, err := deliver(t, s, "cut", -1); audits == 0 || causes != intake.CauseTruncated || err != nil {
		t.Errorf("a truncated object: %d audits, causes %q: %v", audits, causes, err)
	}
	// It is not settled well before all of it is durable.
	for limit := range 3 {
		if _, _, err := deliver(t, s, "packed", limit); !errors.Is(err, intaketest.ErrFull) {
			t.Errorf("a publisher that fails behind %d batches: %v", limit, err)
		}
	}
	s.refuse(intake.CauseGone)
	var refused *intake.RefusalError
	if audits, causes, err := deliver(t, s, "plain", -1); audits != 0 || causes != "" || !errors.As(err, &refused) {
		t.Errorf("an object that is gone: %d audits, causes %q: %v", audits, causes, err)
	}
	s.fail = func(string) (io.Reader, error) {
		return io.MultiReader(bytes.NewReader(packed[:len(packed)/2]), iotest.ErrReader(io.ErrUnexpectedEOF)), nil
	}
	var transfer *intake.TransferError
	if _, causes, err := deliver(t, s, "packed", -1); causes != "" || !errors.As(err, &transfer) {
		t.Errorf("a transfer that breaks: causes %q: %v", causes, err)
	}
}

func TestDeliveryRefuses(t *testing.T) {
	t.Parallel()
	p := &intaketest.Publisher{Limit: -1}
	d, err := intake.NewDelivery(intake.DeliveryConfig{
		Source: "audits", Objects: &stored{}, Bucket: "logs", Decoder: genesys.New(genesys.Config{}), Publisher: p,
	})
	if err != nil {
		t.Fatal(err)
	}
	settled := make(chan error, 1)
	why := &intake.RefusalError{Cause: intake.CauseGone, Err: errors.New("there is no such object")}
	if err := d.Refuse(t.Context(), intake.Listed{Key: "x y"}, why, func(err error) { settled <- err }); err != nil {
		t.Fatal(err)
	}
	if err := <-settled; err != nil {
		t.Error(err)
	}
	batches := p.Taken()
	if len(batches) != 1 || len(batches[0].DeadLetters) != 1 || batches[0].DeadLetters[0].Origin.Uri != "s3://logs/x%20y" {
		t.Errorf("published: %v", batches)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Read(ctx, intake.Listed{Key: "x"}, func(error) { t.Error("it was settled") }); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
}
