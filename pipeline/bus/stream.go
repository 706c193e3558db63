package bus

import (
	"context"
	"time"
)

// Message is one record of a topic.
type Message struct {
	Offset int64
	// Time of the append, by the broker's clock, whole milliseconds.
	Time  time.Time
	Key   []byte
	Value []byte
}

// Chunk is a run of messages of one partition, without a hole, fetched and
// decoded once for all readers in the process. Nobody changes it.
type Chunk[T any] struct {
	Messages []Message
	// Values and Controls go by the index of Messages. Controls[i] is set
	// where Messages[i] is a control record; Errs[i] where it could not be
	// decoded.
	Values   []T
	Controls []*Control
	Errs     []error
	// Next is the offset behind the last message.
	Next int64
	// End is the offset behind the last message of the partition when the
	// chunk was fetched.
	End int64
}

// Sink keeps the messages of one topic. Each sink has its own position and
// delays nobody else.
type Sink[T any] interface {
	// Name of the sink, for logs, metrics and barriers.
	Name() string
	// Position is the offset to read next: all before it is durable. -1 says
	// that the sink holds nothing of the partition yet.
	Position(ctx context.Context, partition int) (int64, error)
	// Write takes a chunk that starts at the offset after the last one
	// written. Nil does not mean durable: Position says what is. The sink
	// retries what can be retried and blocks for backpressure; an error ends
	// the follower, which starts again at Position (at once after ErrMended).
	// Writing a chunk again is harmless. Safe concurrently for different
	// partitions. The sink may keep the chunk. On cancel it returns the
	// context's error and may or may not have written.
	Write(ctx context.Context, partition int, chunk *Chunk[T]) error
	// Flush makes durable what was written to partition before.
	Flush(ctx context.Context, partition int) error
}
