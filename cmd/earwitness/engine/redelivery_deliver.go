package engine

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	"earwitness/cmd/earwitness/letters"
	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
	"earwitness/sinks/elastic"
)

// documents are records that Elasticsearch refused, on their way there once
// more, past everything else. It keeps no position.
type documents struct {
	sink *elastic.Sink
	next int64

	mu sync.Mutex
	// refused has what was, by the hash of the record.
	refused map[[sha256.Size]byte]*evidence.DeadLetter
}

// Load implements elastic.Positions.
func (*documents) Load(context.Context, int) (int64, error) { return -1, nil }

// Store implements elastic.Positions.
func (*documents) Store(context.Context, int, int64) error { return nil }

func (d *documents) bury(_ context.Context, all []*evidence.DeadLetter) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range all {
		d.refused[sha256.Sum256(l.Raw)] = l
	}
	return nil
}

// open gives the sink; one that does not answer is an error, for somebody
// waits.
func (r *Redelivery) openDocuments(ctx context.Context) error {
	settings, err := r.engine.config.Elastic.SinkConfig(r.engine.log)
	if err != nil {
		return err
	}
	d := &documents{refused: map[[sha256.Size]byte]*evidence.DeadLetter{}}
	settings.Positions, settings.DeadLetters = d, d.bury
	if d.sink, err = elastic.Open(ctx, settings); err != nil {
		return err
	}
	r.documents = d
	preparing, cancel := context.WithTimeout(ctx, prepareFor)
	defer cancel()
	err = d.sink.Prepare(preparing)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return fmt.Errorf("deliver records to Elasticsearch again: no answer for %s: %w; repeat the replay when it is there, or leave its letters out by --stage",
			prepareFor, d.sink.Stats().Waiting)
	}
	return err
}

// deliver gives records to Elasticsearch and to nobody else. One that has a
// later revision keeps that.
func (r *Redelivery) deliver(ctx context.Context, all []*letters.Letter) error {
	switch {
	case len(all) == 0:
		return nil
	case !r.engine.config.Elastic.Enabled():
		for _, l := range all {
			r.count(l.DeadLetter, fate{fateUnfit, "no Elasticsearch is configured: name it as the run does"})
		}
		return nil
	case r.options.DryRun:
		for _, l := range all {
			r.seen[placeOfLetter(l)] = true
			r.count(l.DeadLetter, fate{kind: fateReplayed})
		}
		return nil
	case r.documents == nil:
		if err := r.openDocuments(ctx); err != nil {
			return err
		}
	}
	d := r.documents
	chunk := &bus.Chunk[*access.Record]{}
	for _, l := range all {
		m := bus.Message{Offset: d.next, Value: l.Raw}
		record, err := decodeAccess(&m)
		chunk.Messages, chunk.Values = append(chunk.Messages, m), append(chunk.Values, record)
		chunk.Controls, chunk.Errs = append(chunk.Controls, nil), append(chunk.Errs, err)
		d.next++
	}
	chunk.Next, chunk.End = d.next, d.next
	err := d.sink.Write(ctx, 0, chunk)
	if err == nil {
		err = d.sink.Flush(ctx, 0)
	}
	if err != nil {
		return fmt.Errorf("deliver records to Elasticsearch again: %w", err)
	}
	return r.settleDocuments(ctx, all)
}

func (r *Redelivery) settleDocuments(ctx context.Context, all []*letters.Letter) error {
	d := r.documents
	d.mu.Lock()
	refused := d.refused
	d.refused = map[[sha256.Size]byte]*evidence.DeadLetter{}
	d.mu.Unlock()
	var batch evidence.Batch
	fates := make([]fate, len(all))
	for i, l := range all {
		now := letters.Reading{Letter: refused[sha256.Sum256(l.Raw)]}
		if now.Letter == nil {
			continue // its fate is to be replayed
		}
		if fates[i] = fateOf(l, &now); fates[i].kind == fateSuperseded {
			now.Letter.Origin = l.Origin
			batch.DeadLetters = append(batch.DeadLetters, now.Letter)
		}
	}
	return r.conclude(ctx, all, fates, batch)
}
