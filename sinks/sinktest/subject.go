package sinktest

import (
	"context"
	"errors"
	"testing"
	"time"

	"earwitness/pipeline/bus"
)

// Subject is a sink under test.
type Subject[T any] struct {
	// Partitions of the topic: 2 or more.
	Partitions int
	// Messages of each partition, at least 50; those of all partitions stand
	// for one topic. A sink of records should get several revisions of one
	// record, out of order, and retracted ones among them.
	Messages int
	// Message makes the message at an offset: the same one each time. It
	// sets Offset, Key, Value and the decoded value.
	Message func(partition int, offset int64) (bus.Message, T)
	// Open makes the sink in dir or opens what lies there.
	Open func(tb testing.TB, dir string) bus.Sink[T]
	// Stop ends the sink. With crash it does so in the rudest way that leaves
	// the process alive: nothing that waits in memory is written.
	Stop func(tb testing.TB, sink bus.Sink[T], crash bool)
	// Holds lists what the sink gives to readers, in an order that does not
	// depend on how it came there. Everything was flushed before.
	Holds func(tb testing.TB, sink bus.Sink[T]) []string
	// Want lists what Holds must give when exactly the first counts[p]
	// messages of each partition p have come.
	Want func(tb testing.TB, counts []int64) []string
}

// waitFor bounds each call: a sink that blocks for longer hangs.
const waitFor = 30 * time.Second

// deadline bounds the calls of one step of a test.
func deadline(tb testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), waitFor)
	tb.Cleanup(cancel)
	return ctx
}

// chunk makes the messages [from, to) of a partition.
func (s *Subject[T]) chunk(partition int, from, to int64) *bus.Chunk[T] {
	c := &bus.Chunk[T]{Next: to, End: int64(s.Messages)}
	for offset := from; offset < to; offset++ {
		m, value := s.Message(partition, offset)
		c.Messages = append(c.Messages, m)
		c.Values = append(c.Values, value)
		c.Controls = append(c.Controls, nil)
		c.Errs = append(c.Errs, nil)
	}
	return c
}

// follow delivers a partition from the sink's position to end in chunks of
// size, as a follower would after a start.
func (s *Subject[T]) follow(ctx context.Context, sink bus.Sink[T], partition int, end, size int64) error {
	at, err := sink.Position(ctx, partition)
	if err != nil {
		return err
	}
	return s.deliver(ctx, sink, partition, max(at, 0), end, size)
}

func (s *Subject[T]) deliver(ctx context.Context, sink bus.Sink[T], partition int, from, end, size int64) error {
	for at := from; at < end; {
		next := min(at+size, end)
		if err := sink.Write(ctx, partition, s.chunk(partition, at, next)); err != nil {
			return err
		}
		at = next
	}
	return nil
}

// finish delivers all that is missing and flushes.
func (s *Subject[T]) finish(tb testing.TB, sink bus.Sink[T]) {
	tb.Helper()
	ctx := deadline(tb)
	for p := range s.Partitions {
		if err := s.follow(ctx, sink, p, int64(s.Messages), 17); err != nil {
			tb.Fatalf("deliver partition %d: %v", p, err)
		}
		if err := sink.Flush(ctx, p); err != nil {
			tb.Fatalf("flush partition %d: %v", p, err)
		}
	}
}

// full counts every message of every partition.
func (s *Subject[T]) full() []int64 {
	counts := make([]int64, s.Partitions)
	for p := range counts {
		counts[p] = int64(s.Messages)
	}
	return counts
}

// positions reads the position of each partition.
func (s *Subject[T]) positions(tb testing.TB, sink bus.Sink[T]) []int64 {
	tb.Helper()
	ctx := deadline(tb)
	at := make([]int64, s.Partitions)
	for p := range at {
		var err error
		if at[p], err = sink.Position(ctx, p); err != nil {
			tb.Fatalf("position of partition %d: %v", p, err)
		}
	}
	return at
}

func isContextError(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
