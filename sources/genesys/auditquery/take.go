package auditquery

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"earwitness/pipeline/evidence"
	"earwitness/sources/genesys/cloud"
)

// asking is one query on its way to the publisher.
type asking struct {
	stream *stream
	to     time.Time
	cancel context.CancelCauseFunc
	// sending counts batches that were accepted and not yet answered for.
	sending sync.WaitGroup
	mu      sync.Mutex
	failed  error
}

// ask makes one query and returns when all that it found is durable.
func (s *stream) ask(ctx context.Context, from, to time.Time) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	a := &asking{stream: s, to: to, cancel: cancel}
	q := s.query
	q.From, q.To = from, to
	s.source.counts.queries.Add(1)
	err := s.source.config.Client.Audits(ctx, q, func(part cloud.Part) error { return a.read(ctx, part) })
	a.sending.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed != nil {
		return &publishError{a.failed}
	}
	return err
}

// read decodes one part and publishes what is new in it.
func (a *asking) read(ctx context.Context, part cloud.Part) error {
	body, err := part.Open(ctx)
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // it was only read
	r := bufio.NewReader(body)
	if err := wantJSON(r); err != nil {
		return fmt.Errorf("read %s: %w", part.URI, err)
	}
	return a.stream.source.config.Decoder.Decode(ctx, evidence.Object{URI: part.URI}, r, func(batch evidence.Batch) error {
		return a.publish(ctx, batch)
	})
}

// wantJSON looks at the first byte: an error page of some machine on the way
// is no evidence.
func wantJSON(r *bufio.Reader) error {
	head, err := r.Peek(64)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if head = bytes.TrimLeft(head, " \t\r\n\xef\xbb\xbf"); len(head) > 0 && head[0] != '[' && head[0] != '{' {
		return errors.New("it is neither a page nor a list of audits")
	}
	return nil
}

func (a *asking) publish(ctx context.Context, batch evidence.Batch) error {
	source := a.stream.source
	fresh, keys := a.fresh(batch)
	source.counts.known.Add(int64(len(batch.Evidence) - len(fresh.Evidence)))
	if len(fresh.Evidence) == 0 {
		return nil
	}
	records, letters := int64(len(fresh.Evidence)), int64(len(fresh.DeadLetters))
	a.sending.Add(1)
	err := source.config.Publisher.Publish(ctx, fresh, func(err error) {
		defer a.sending.Done()
		if err := source.ledger.settle(keys, err == nil); err != nil {
			a.fail(err)
		}
		if err != nil {
			a.fail(fmt.Errorf("publish batch of source %s: %w", source.config.Name, err))
		}
	})
	if err != nil {
		a.sending.Done()
		err = fmt.Errorf("publish batch of source %s: %w", source.config.Name, err)
		if ctx.Err() == nil {
			err = &publishError{err}
		}
		return errors.Join(err, source.ledger.settle(keys, false))
	}
	source.counts.records.Add(records)
	source.counts.letters.Add(letters)
	return nil
}

// fail notes the first failure and ends the query.
func (a *asking) fail(err error) {
	a.mu.Lock()
	if a.failed == nil {
		a.failed = err
	}
	a.mu.Unlock()
	a.cancel(err)
}

// fresh leaves out of a batch what was published before or is under way.
func (a *asking) fresh(batch evidence.Batch) (evidence.Batch, []seen) {
	ledger := a.stream.source.ledger
	left := evidence.Batch{End: batch.End}
	var keys []seen
	for _, e := range batch.Evidence {
		k := seen{key: a.key(e), at: a.to}
		if act := e.GetAct(); act != nil {
			k.at = time.UnixMilli(act.TimeMs)
		}
		if !ledger.claim(k.key) {
			continue
		}
		keys = append(keys, k)
		left.Evidence = append(left.Evidence, e)
		left.Records++
		for _, letter := range batch.DeadLetters {
			if letter.Origin == e.Origin {
				left.DeadLetters = append(left.DeadLetters, letter)
			}
		}
	}
	return left, keys
}

// key tells what an audit says: the same act in the order of other members or
// in another shape is no news, and one that says more is.
func (a *asking) key(e *evidence.Evidence) key {
	sum := sha256.New()
	sum.Write([]byte(a.stream.query.API))
	if act := e.GetAct(); act != nil {
		if text, err := act.MarshalVT(); err == nil {
			sum.Write(text)
			return key(sum.Sum(nil)[:len(key{})])
		}
	}
	sum.Write(e.Id)
	return key(sum.Sum(nil)[:len(key{})])
}
