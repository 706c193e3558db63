package bus

import (
	"errors"
	"fmt"
)

// ErrClosed is given by what was closed.
var ErrClosed = errors.New("the bus connection is closed")

// ErrMended is wrapped by the error of a sink that has done away with
// the cause itself: it is asked for its position at once, without a pause. A
// sink may say so only as often as that brings it on.
var ErrMended = errors.New("the cause is mended, and the sink begins again")

// GapError says that messages which a reader wants are no longer in the topic.
type GapError struct {
	Topic     string
	Partition int
	// Want is the offset asked for, First the oldest that there is.
	Want, First int64
}

func (e *GapError) Error() string {
	return fmt.Sprintf("read %s/%d: messages %d to %d are gone, the topic begins at %d; restore them, or accept the gap (run --accept-gap)",
		e.Topic, e.Partition, e.Want, e.First-1, e.First)
}

// BeyondEndError says that a reader is ahead of the topic: the topic was made
// anew or lost its end, or the reader's position is another topic's.
type BeyondEndError struct {
	Topic     string
	Partition int
	// Want is the offset asked for, End the one behind the last message.
	Want, End int64
}

func (e *BeyondEndError) Error() string {
	return fmt.Sprintf("read %s/%d: position %d lies beyond the end %d; the topic lost its end or is another one than was read before",
		e.Topic, e.Partition, e.Want, e.End)
}

// HoleError says that offsets are missing in the middle of a partition.
type HoleError struct {
	Topic     string
	Partition int
	// Want is the offset that should come next, Got the one that came.
	Want, Got int64
}

func (e *HoleError) Error() string {
	return fmt.Sprintf("read %s/%d: message %d came where %d should; messages between are missing (is the topic compacted or written in transactions?)",
		e.Topic, e.Partition, e.Got, e.Want)
}

// CorruptError says that a batch of messages is not as it was written.
type CorruptError struct {
	Topic     string
	Partition int
	Offset    int64
	Err       error
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("read %s/%d: batch at offset %d: %v", e.Topic, e.Partition, e.Offset, e.Err)
}

// Unwrap gives what is wrong.
func (e *CorruptError) Unwrap() error { return e.Err }

// TooLargeError says that a record is larger than a topic takes.
type TooLargeError struct {
	Topic       string
	Size, Limit int
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("produce to %s: a record of %d bytes is over the limit of %d", e.Topic, e.Size, e.Limit)
}
