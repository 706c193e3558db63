package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"earwitness/pipeline/evidence"
)

// download is one object on its way through the decoder.
type download struct {
	d       *Delivery
	uri     string
	object  Listed
	from    extent
	tracker *tracker
	end     int64
	fail    context.CancelCauseFunc
	// settling, where not nil, is told of each batch.
	settling *settling
	// answered counts batches that were accepted and not yet answered for.
	answered sync.WaitGroup
}

// newDownload goes on from an extent, and gives keep how far it has come.
func (d *Delivery) newDownload(o Listed, from extent, fail context.CancelCauseFunc, keep func(position) error) *download {
	now := position{Offset: from.Offset, Sent: from.Sent}
	return &download{
		d: d, uri: d.uri(o.Key), object: o, from: from, end: from.Offset, fail: fail,
		tracker: &tracker{keep: keep, now: now},
	}
}

// run hands on what is new in an object. An error is the publisher's, the
// state's, ctx's, a *RefusalError or a *TransferError; what is wrong with the
// object's content becomes a dead letter.
func (r *download) run(ctx context.Context) error {
	d := r.d
	// A decoder must not take a transfer that breaks for the object's end, so
	// its context ends with it.
	decoding, cut := context.WithCancelCause(ctx)
	defer cut(nil)
	raw, metadata, err := d.objects.Open(decoding, r.object)
	if err != nil {
		return r.failed(ctx, err)
	}
	d.opened.Add(1)
	defer func() { _ = raw.Close() }() // what was not read is not waited for
	transfer := &transfer{r: raw, cut: cut}
	body := d.spaces.openStream(transfer, r.from.Offset, &d.bytesDone)
	defer body.close()
	object := evidence.Object{URI: r.uri, Offset: r.from.Offset, Metadata: metadata}
	err = d.decoder.Decode(decoding, object, body, func(batch evidence.Batch) error { return r.emit(ctx, batch) })
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case transfer.err != nil:
		return r.failed(ctx, transfer.err)
	case body.err != nil:
		if err := r.problem(ctx, body.cause(), body.err); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	d.filesDone.Add(1)
	return r.tracker.finish(r.object.Size, 0, true)
}

// failed gives a failure of Objects a type.
func (r *download) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var refused *RefusalError
	var broken *TransferError
	switch {
	case errors.As(err, &refused) && refused.Cause == CauseDenied:
		r.d.denied.Add(1)
		return err
	case refused != nil:
		r.d.gone.Add(1)
		return err
	case errors.As(err, &broken):
		return err
	}
	return &TransferError{What: "read", URI: r.uri, Err: err}
}

// emit publishes a batch and moves the position when it is durable.
func (r *download) emit(ctx context.Context, batch evidence.Batch) error {
	s := &sent{end: batch.End}
	if err := r.tracker.send(s); err != nil {
		return err
	}
	r.end = batch.End
	records, letters, repeated := int64(batch.Records), int64(len(batch.DeadLetters)), int64(0)
	for _, e := range batch.Evidence {
		if e.Origin.GetOffset() < r.from.Sent {
			repeated++
		}
	}
	r.answered.Add(1)
	if r.settling != nil {
		r.settling.add()
	}
	err := r.d.publish(ctx, r.fail, batch, func(err error) error {
		defer r.answered.Done()
		if err == nil {
			err = r.tracker.ack(s)
		}
		if r.settling != nil {
			r.settling.answer(err)
		}
		return err
	})
	if err != nil {
		r.answered.Done()
		return err
	}
	r.d.records.Add(records)
	r.d.deadLetters.Add(letters)
	r.d.repeated.Add(repeated)
	return nil
}

// problem publishes a dead letter for the part of an object that can't be
// unpacked.
func (r *download) problem(ctx context.Context, cause string, why error) error {
	d := r.d
	d.problems.Add(1)
	d.logger.WarnContext(ctx, "object can't be read further", slog.String("source", d.source),
		slog.String("uri", r.uri), slog.Int64("offset", r.end), slog.String("cause", cause), slog.Any("error", why))
	letters := []*evidence.DeadLetter{letter(refusal{r.uri, r.object.Size, cause, why}, r.end)}
	return r.emit(ctx, evidence.Batch{End: r.end, DeadLetters: letters})
}

// refuse publishes a dead letter for an object of which nothing can be read.
func (d *Delivery) refuse(ctx context.Context, answered func(error), o Listed, why *RefusalError) error {
	r := refusal{d.uri(o.Key), o.Size, why.Cause, why.Err}
	d.filesDone.Add(1)
	d.problems.Add(1)
	d.deadLetters.Add(1)
	d.logger.WarnContext(ctx, "object can't be opened", slog.String("source", d.source),
		slog.String("uri", r.uri), slog.String("cause", r.cause), slog.Any("error", r.why))
	batch := evidence.Batch{DeadLetters: []*evidence.DeadLetter{letter(r, 0)}}
	return d.publish(ctx, func(error) {}, batch, func(err error) error {
		answered(err)
		return err
	})
}

// transfer is an object's bytes as they come. A failure of theirs says nothing
// about the object.
type transfer struct {
	r   io.Reader
	cut context.CancelCauseFunc
	err error
}

func (t *transfer) Read(p []byte) (int, error) {
	if t.err != nil {
		return 0, t.err
	}
	n, err := t.r.Read(p)
	if err != nil && err != io.EOF {
		t.err = fmt.Errorf("read on: %w", err)
		t.cut(t.err)
		err = t.err
	}
	return n, err
}
