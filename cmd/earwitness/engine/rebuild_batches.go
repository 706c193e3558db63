package engine

import (
	"context"

	"earwitness/pipeline/bus"
)

const (
	// batchRecords and batchBytes are when records are handed on.
	batchRecords = 1000
	batchBytes   = 1 << 20
	// batchWindow is how many batches may be under way.
	batchWindow = 32
)

// batches hands records to a producer, many at a time, and bounds how many
// are under way. It is for one goroutine.
type batches struct {
	to         *bus.Producer
	partitions int
	records    []bus.Record
	bytes      int
	// settled has room for all that are open, so that no producer waits.
	settled chan error
	open    int
}

func newBatches(to *bus.Producer, partitions int) *batches {
	return &batches{to: to, partitions: partitions, settled: make(chan error, batchWindow)}
}

// add takes a record for the partition of its key.
func (b *batches) add(ctx context.Context, key, value []byte) error {
	b.records = append(b.records, bus.Record{Partition: bus.PartitionOf(key, b.partitions), Key: key, Value: value})
	b.bytes += len(key) + len(value)
	if len(b.records) < batchRecords && b.bytes < batchBytes {
		return nil
	}
	return b.hand(ctx)
}

func (b *batches) hand(ctx context.Context) error {
	if b.open == batchWindow {
		if err := b.await(ctx); err != nil {
			return err
		}
	}
	if err := b.to.Produce(ctx, b.records, func(err error) { b.settled <- err }); err != nil {
		return err
	}
	b.open++
	b.records, b.bytes = b.records[:0], 0
	return nil
}

func (b *batches) await(ctx context.Context) error {
	select {
	case err := <-b.settled:
		b.open--
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// finish hands on what is left and waits until all is durable.
func (b *batches) finish(ctx context.Context) error {
	if err := b.hand(ctx); err != nil {
		return err
	}
	for b.open > 0 {
		if err := b.await(ctx); err != nil {
			return err
		}
	}
	return nil
}
