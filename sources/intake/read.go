package intake

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"time"

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
		return d.reportUnreadable(ctx, fail, file, uri, err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNotRegular
	}
	if err != nil {
		return d.reportUnreadable(ctx, fail, file, uri, err)
	}
	file.size, file.modTime = info.Size(), info.ModTime().UnixNano()
	from := d.resume(f, file, gone)
	r := &reading{
		d: d, file: f, uri: uri, size: file.size, packed: isCompressed(f), before: from.Sent, end: from.Offset, fail: fail,
		tracker: &tracker{journal: d.journal, now: from},
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
		return d.reportUnreadable(ctx, fail, file, uri, err)
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
	if err := d.publish(ctx, r.fail, batch, func() error { return r.tracker.ack(s) }); err != nil {
		return err
	}
	// Only what was accepted has been handed on.
	d.records.Add(records)
	d.deadLetters.Add(letters)
	d.repeated.Add(repeated)
	return nil
}

func (d *Directory) publish(ctx context.Context, fail context.CancelCauseFunc, batch evidence.Batch, acked func() error) error {
	d.sending.Add(1)
	err := d.config.Publisher.Publish(ctx, batch, func(err error) {
		defer d.sending.Done()
		if err == nil {
			err = acked()
		}
		if err != nil {
			fail(fmt.Errorf("publish batch of source %s: %w", d.config.Source, err))
		}
	})
	if err != nil {
		d.sending.Done()
		return fmt.Errorf("publish batch of source %s: %w", d.config.Source, err)
	}
	return nil
}

// problem publishes a dead letter for the part of a file that can't be read.
func (r *reading) problem(ctx context.Context, cause string, why error) error {
	d := r.d
	d.problems.Add(1)
	d.config.Logger.WarnContext(ctx, "file can't be read further", slog.String("source", d.config.Source),
		slog.String("uri", r.uri), slog.Int64("offset", r.end), slog.String("cause", cause), slog.Any("error", why))
	return r.emit(ctx, evidence.Batch{End: r.end, DeadLetters: []*evidence.DeadLetter{letter(r.uri, r.size, r.end, cause, why)}})
}

// reportUnreadable publishes a dead letter once a run for a file that can't
// be opened; the next listing tries it again.
func (d *Directory) reportUnreadable(ctx context.Context, fail context.CancelCauseFunc, file found, uri string, why error) error {
	d.filesDone.Add(1)
	d.mu.Lock()
	known := d.reported[file.path]
	d.reported[file.path] = true
	d.mu.Unlock()
	if known {
		return nil
	}
	d.problems.Add(1)
	d.deadLetters.Add(1)
	d.config.Logger.WarnContext(ctx, "file can't be opened", slog.String("source", d.config.Source),
		slog.String("uri", uri), slog.Any("error", why))
	batch := evidence.Batch{DeadLetters: []*evidence.DeadLetter{letter(uri, file.size, 0, CauseUnreadable, why)}}
	return d.publish(ctx, fail, batch, func() error { return nil })
}

// letter stands for a file from an offset on. Its hash is that of the file's
// name, size and the place, for the bytes are out of reach.
func letter(uri string, size, offset int64, cause string, why error) *evidence.DeadLetter {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%d\n%d", uri, size, offset))
	id := evidence.DeadLetterID(Stage, cause, sum)
	return &evidence.DeadLetter{
		Id: id[:], Stage: Stage, Cause: cause, TimeMs: time.Now().UnixMilli(),
		Detail: fmt.Sprintf("the file can't be read from byte %d on: %v", offset, why),
		Origin: &evidence.Origin{Uri: uri, Offset: offset, Sha256: sum[:]},
	}
}
