package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"

	"earwitness/pipeline/evidence"
)

// errShrank is no failure of the run: the next listing reads the file anew.
var errShrank = errors.New("it shrank while it was read")

// errNotRegular is what a folder that can't be listed comes to as well.
var errNotRegular = errors.New("it is no regular file, or a folder that can't be listed")

// reading is one file on its way through the decoder.
type reading struct {
	d       *Directory
	file    *os.File
	uri     string
	size    int64
	packed  bool
	tracker *tracker
	// before is the offset up to which records were sent in an earlier run.
	before int64
	end    int64
	fail   context.CancelCauseFunc
}

// read hands on what is new in a file. An error is the publisher's, the
// journal's or ctx's; what is wrong with the file becomes a dead letter.
func (d *Directory) read(ctx context.Context, fail context.CancelCauseFunc, file found, closed bool, gone map[string][]position) error {
	uri := (&url.URL{Scheme: "file", Path: file.path}).String()
	f, err := os.Open(file.path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return d.refused(ctx, fail, refusal{uri, file.size, CauseUnreadable, err})
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNotRegular
	}
	if err != nil {
		return d.refused(ctx, fail, refusal{uri, file.size, CauseUnreadable, err})
	}
	file.size, file.modTime = info.Size(), info.ModTime().UnixNano()
	from := d.resume(f, file, gone)
	r := &reading{
		d: d, file: f, uri: uri, size: file.size, packed: isCompressed(f), before: from.Sent, end: from.Offset, fail: fail,
		tracker: &tracker{keep: d.journal.put, now: from},
	}
	body := openContent(f, from.Offset, &d.bytesDone)
	defer body.close()
	object := evidence.Object{URI: uri, Offset: from.Offset, Growing: !closed}
	err = d.config.Decoder.Decode(ctx, object, body, func(b evidence.Batch) error { return r.emit(ctx, b) })
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case body.err != nil && closed:
		if err := r.problem(ctx, body.cause(), body.err); err != nil {
			return err
		}
	case errors.Is(err, errShrank):
		return d.refused(ctx, fail, refusal{uri, file.size, CauseUnreadable, err})
	case body.err == nil && err != nil:
		return err
	}
	d.filesDone.Add(1)
	return r.tracker.finish(file.size, file.modTime, closed)
}

// emit publishes a batch and moves the position when it is durable.
func (r *reading) emit(ctx context.Context, batch evidence.Batch) error {
	s := &sent{end: batch.End, markSize: batch.End}
	if r.packed {
		s.markSize = r.size
	}
	var err error
	if s.mark, err = mark(r.file, s.markSize); err != nil {
		return fmt.Errorf("tell file %s: %w: %w", r.uri, errShrank, err)
	}
	if err := r.tracker.send(s); err != nil {
		return err
	}
	r.end = batch.End
	records, letters, repeated := int64(batch.Records), int64(len(batch.DeadLetters)), int64(0)
	for _, e := range batch.Evidence {
		if e.Origin.GetOffset() < r.before {
			repeated++
		}
	}
	d := r.d
	if err := d.publish(ctx, r.fail, batch, func(err error) error {
		if err == nil {
			err = r.tracker.ack(s)
		}
		return err
	}); err != nil {
		return err
	}
	// Only what was accepted has been handed on.
	d.records.Add(records)
	d.deadLetters.Add(letters)
	d.repeated.Add(repeated)
	return nil
}

// problem publishes a dead letter for the part of a file that can't be read.
func (r *reading) problem(ctx context.Context, cause string, why error) error {
	d := r.d
	d.problems.Add(1)
	d.config.Logger.WarnContext(ctx, "file can't be read further", slog.String("source", d.config.Source),
		slog.String("uri", r.uri), slog.Int64("offset", r.end), slog.String("cause", cause), slog.Any("error", why))
	return r.emit(ctx, evidence.Batch{End: r.end, DeadLetters: []*evidence.DeadLetter{letter(refusal{r.uri, r.size, cause, why}, r.end)}})
}
