package elastic

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"earwitness/pipeline/evidence"
)

// send delivers one bulk after another until ctx ends.
func (s *Sink) send(ctx context.Context) {
	for {
		b := s.queue.next()
		if b == nil {
			return
		}
		if err := s.deliver(ctx, b); err != nil && ctx.Err() == nil {
			s.fail(ctx, b, err)
		}
		s.queue.recycle(b)
	}
}

// deliver sends a bulk, and again what of it has to wait, until each item's
// result is known. An error is one that waiting does not mend; the items that
// are then left in b have no result.
func (s *Sink) deliver(ctx context.Context, b *bulk) error {
	var patience backoff
	defer s.waits.drop(&patience)
	for len(b.items) > 0 {
		before := len(b.items)
		err := s.attempt(ctx, b)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var e *RequestError
		if errors.As(err, &e) && e.Status == http.StatusRequestEntityTooLarge {
			err = s.split(ctx, b)
		}
		switch {
		case err == nil:
			s.waits.end(ctx, &patience)
			continue
		case !temporary(err):
			return err
		case len(b.items) < before:
			patience.reset()
		}
		if err := s.wait(ctx, &patience, err); err != nil {
			return err
		}
	}
	return nil
}

// attempt sends a bulk once and settles the items that have a result. Nil
// means that none is left; a temporary error says why some wait.
func (s *Sink) attempt(ctx context.Context, b *bulk) error {
	last := ""
	for i := range b.items {
		if name := b.items[i].index; name != last {
			if err := s.indices.ensure(ctx, name); err != nil {
				return err
			}
			last = name
		}
	}
	action := fmt.Sprintf("index %d records", len(b.items))
	var a answer
	request := esapi.BulkRequest{Body: bytes.NewReader(b.body), FilterPath: answerPaths()}
	if err := s.client.do(ctx, action, request, &a); err != nil {
		return err
	}
	s.counts.requests.Add(1)
	s.counts.bytes.Add(uint64(len(b.body)))
	if len(a.Items) != len(b.items) {
		return &RequestError{Action: action, URL: s.client.where, Err: fmt.Errorf("%w: it speaks of %d items", errUnreadable, len(a.Items))}
	}
	for i := range a.Items {
		if a.Items[i].Index == nil {
			return &RequestError{Action: action, URL: s.client.where, Err: fmt.Errorf("%w: item %d has no result", errUnreadable, i)}
		}
	}
	return s.settleAll(ctx, b, &a)
}

// settleAll goes by the result of each item and leaves in b those that wait.
func (s *Sink) settleAll(ctx context.Context, b *bulk, a *answer) error {
	var left []item
	var letters []*evidence.DeadLetter
	var from []int // their partitions
	var cause error
	done, unfit := settlement{sink: s}, settlement{sink: s}
	for i := range b.items {
		it, got := &b.items[i], a.Items[i].Index
		switch what := judge(got.Status, got.Error); what {
		case stored:
			s.counts.stored.Add(1)
			done.add(it)
		case superseded:
			s.counts.superseded.Add(1)
			done.add(it)
		case refused:
			letters = append(letters, it.letter(CauseRefused, got.describe(), s.cfg.Now()))
			from = append(from, it.partition)
			s.logRefused(ctx, it, got)
			unfit.add(it)
		case waiting, homeless:
			if what == homeless {
				s.indices.forget(it.index)
			}
			left = append(left, *it)
			if cause == nil {
				cause = s.itemError(it, got)
			}
		}
	}
	done.end()
	// A refused one is settled when its dead letter is durable.
	if err := s.buryAll(ctx, letters); err != nil {
		return err
	}
	for _, n := range from {
		s.partition(n).buried.Add(1)
	}
	unfit.end()
	b.keep(left)
	return cause
}

func (s *Sink) itemError(it *item, got *result) error {
	e := &RequestError{Action: "index a record into " + it.index, URL: s.client.where, Status: got.Status}
	if got.Error != nil {
		e.Type, e.Reason = got.Error.Type, got.Error.reason()
	}
	return &ItemError{e}
}

func (r *result) describe() string {
	if r.Error == nil {
		return fmt.Sprintf("Elasticsearch answered %d", r.Status)
	}
	return fmt.Sprintf("Elasticsearch answered %d, %s: %s", r.Status, r.Error.Type, r.Error.reason())
}

// logRefused says that a document was refused; its reason may show what it
// holds, and stands in the dead letter alone.
func (s *Sink) logRefused(ctx context.Context, it *item, got *result) {
	kind := ""
	if got.Error != nil {
		kind = got.Error.Type
	}
	s.log.ErrorContext(ctx, "Elasticsearch refused a record, it goes to the dead letters", slog.String("index", it.index),
		slog.Int("partition", it.partition), slog.Int64("offset", it.offset), slog.Int("status", got.Status), slog.String("type", kind))
}

// split delivers a bulk that is too large in two; what is too large by itself
// goes to the dead letters.
func (s *Sink) split(ctx context.Context, b *bulk) error {
	if len(b.items) > 1 {
		if s.queue.lower(len(b.body) / 2) {
			s.log.WarnContext(ctx, "Elasticsearch, or a proxy before it, takes no body as large as bulk_bytes: smaller ones are sent",
				slog.Int("refused", len(b.body)), slog.Int("limit", len(b.body)/2))
		}
		rest := b.cut(len(b.items) / 2)
		err := s.deliver(ctx, b)
		if err == nil {
			err = s.deliver(ctx, rest)
		}
		for _, it := range rest.items {
			b.add(it, rest.body[it.start:it.end])
		}
		return err
	}
	it := &b.items[0]
	detail := fmt.Sprintf("the document of %d bytes is larger than Elasticsearch, or a proxy before it, takes", it.end-it.start)
	s.log.ErrorContext(ctx, "a record is too large for Elasticsearch, it goes to the dead letters", slog.String("index", it.index),
		slog.Int("partition", it.partition), slog.Int64("offset", it.offset), slog.Int("bytes", it.end-it.start))
	if err := s.buryAll(ctx, []*evidence.DeadLetter{it.letter(CauseTooLarge, detail, s.cfg.Now())}); err != nil {
		return err
	}
	s.partition(it.partition).buried.Add(1)
	unfit := settlement{sink: s}
	unfit.add(it)
	unfit.end()
	b.keep(nil)
	return nil
}
