package queue

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"earwitness/pipeline/evidence"
	"earwitness/sources/intake"
)

// Bodies carries messages that are evidence themselves: events of Genesys
// Cloud by EventBridge. What a body holds that can't be read is evidence too,
// and a dead letter, as the decoder has it.
type Bodies struct {
	// Queue is its URL, for the origin of evidence.
	Queue     string
	Decoder   evidence.Decoder
	Publisher intake.Publisher

	records, letters atomic.Int64
}

var _ Carrier = (*Bodies)(nil)

// Progress implements Carrier.
func (b *Bodies) Progress() intake.Progress {
	return intake.Progress{Records: b.records.Load(), DeadLetters: b.letters.Load()}
}

// Carry implements Carrier.
func (b *Bodies) Carry(ctx context.Context, m Message) error {
	var (
		sent             sync.WaitGroup
		mu               sync.Mutex
		failed           error
		records, letters int64
	)
	object := evidence.Object{URI: uri(b.Queue, m)}
	err := b.Decoder.Decode(ctx, object, bytes.NewReader(m.Body), func(batch evidence.Batch) error {
		sent.Add(1)
		records += int64(batch.Records)
		letters += int64(len(batch.DeadLetters))
		err := b.Publisher.Publish(ctx, batch, func(err error) {
			defer sent.Done()
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
		})
		if err != nil {
			sent.Done()
		}
		return err
	})
	sent.Wait()
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	b.records.Add(records)
	b.letters.Add(letters)
	return nil
}
