package engine

import (
	"context"
	"io"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/letters"
	"earwitness/pipeline/evidence"
	"earwitness/sources/intake"
)

// readObject reads a file, or an object of a bucket, on from where it could
// not be read further.
func (r *Redelivery) readObject(ctx context.Context, l *letters.Letter) error {
	uri, offset := l.Origin.GetUri(), l.Origin.GetOffset()
	source, decoder := r.decoders.OfObject(uri)
	if decoder == nil {
		r.count(l.DeadLetter, fate{fateUnfit, "no source that is configured reads the object: name the sources as the run does"})
		return nil
	}
	content, err := r.openObject(ctx, source, uri)
	if err != nil {
		r.count(l.DeadLetter, fate{fateFailed, err.Error()})
		return context.Cause(ctx)
	}
	defer content.Close() //nolint:errcheck // it was only read
	var handed error
	if _, err = io.CopyN(io.Discard, content, offset); err == nil {
		err = decoder.Decode(ctx, evidence.Object{URI: uri, Offset: offset}, content, func(b evidence.Batch) error {
			handed = r.hand(ctx, b)
			return handed
		})
	}
	switch {
	case handed != nil:
		return handed
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		r.count(l.DeadLetter, fate{fateFailed, err.Error()})
		return nil
	}
	if err := r.settle(ctx, letters.Replayed, []*letters.Letter{l}); err != nil {
		return err
	}
	r.count(l.DeadLetter, fate{kind: fateReplayed})
	return nil
}

// openObject gives it from its start, decompressed. The caller closes it.
func (r *Redelivery) openObject(ctx context.Context, source *config.Source, uri string) (io.ReadCloser, error) {
	if source.OnDisk() {
		return intake.Open(uri)
	}
	objects := r.buckets[source]
	if objects == nil {
		var err error
		if objects, err = r.engine.openObjects(ctx, source); err != nil {
			return nil, err
		}
		r.buckets[source] = objects
	}
	return intake.Reopen(ctx, objects, uri)
}
