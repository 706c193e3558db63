package engine

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
	"earwitness/sinks/worm"
)

// replayed is how many messages are replayed at a time.
const replayed = 1000

// archive gives the correlator back what the evidence topic has lost, and no
// more: the topic may hold what was archived and not yet judged.
type archive struct {
	client  *bus.Client
	store   worm.Store
	known   note.Verifiers
	lineage [16]byte
	// acceptGaps says that what neither the topic nor the archive has is
	// given up.
	acceptGaps bool
}

// MissingError says that neither a topic nor the archive has some messages.
type MissingError struct {
	Topic     string
	Partition int
	// Want is the first offset that is missing, Next the one behind the last.
	Want, Next int64
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("read archive of %s/%d: messages %d to %d are neither there nor in the topic; restore the archive, or accept the gap (run --accept-gap)",
		e.Topic, e.Partition, e.Want, e.Next-1)
}

// errReached ends the reading where the topic goes on.
var errReached = errors.New("the topic goes on here")

// Replay implements correlate.Archive.
func (a *archive) Replay(ctx context.Context, partition int, from int64, fn func(*bus.Chunk[*evidence.Evidence]) error) error {
	first, _, err := a.client.Bounds(ctx, bus.TopicEvidence, partition)
	if err != nil || first <= from {
		return err
	}
	reader, err := worm.NewReader(a.store, a.known)
	if err != nil {
		return err
	}
	r := &replay{fn: fn, partition: partition, first: first, next: from, chunk: &bus.Chunk[*evidence.Evidence]{}}
	log := worm.Log{Lineage: a.lineage, Topic: bus.TopicEvidence, Partition: partition}
	if err := reader.Read(ctx, log, from, r.take); err != nil && !errors.Is(err, errReached) {
		return err
	}
	if r.next < first && !a.acceptGaps {
		return &MissingError{Topic: bus.TopicEvidence, Partition: partition, Want: r.next, Next: first}
	}
	return r.give()
}

// replay gathers archived messages before first into chunks.
type replay struct {
	fn          func(*bus.Chunk[*evidence.Evidence]) error
	partition   int
	first, next int64
	chunk       *bus.Chunk[*evidence.Evidence]
}

func (r *replay) take(record worm.Record) error {
	at := record.Message.Offset
	if record.Gap != nil {
		at = record.Gap.Next
	}
	if at < r.next {
		return nil
	}
	switch {
	case record.Gap == nil && at >= r.first:
		return errReached
	case record.Gap != nil:
		// It was accepted and signed.
		r.next = at
		if err := r.give(); err != nil {
			return err
		}
		return r.fn(&bus.Chunk[*evidence.Evidence]{Next: at, End: at})
	case at != r.next:
		return &MissingError{Topic: bus.TopicEvidence, Partition: r.partition, Want: r.next, Next: at}
	}
	r.next = at + 1
	appendMessage(r.chunk, record.Message)
	if len(r.chunk.Messages) >= replayed {
		return r.give()
	}
	return nil
}

func (r *replay) give() error {
	if len(r.chunk.Messages) == 0 {
		return nil
	}
	full := r.chunk
	r.chunk = &bus.Chunk[*evidence.Evidence]{}
	return r.fn(full)
}

// appendMessage decodes an archived message as a reader of the topic would.
func appendMessage(chunk *bus.Chunk[*evidence.Evidence], m bus.Message) {
	var value *evidence.Evidence
	var control *bus.Control
	var err error
	if bus.IsControl(&m) {
		control, err = bus.DecodeControl(&m)
	} else {
		value, err = bus.DecodeEvidence(&m)
	}
	if err != nil {
		value, control = nil, nil
	}
	chunk.Messages = append(chunk.Messages, m)
	chunk.Values = append(chunk.Values, value)
	chunk.Controls = append(chunk.Controls, control)
	chunk.Errs = append(chunk.Errs, err)
	chunk.Next, chunk.End = m.Offset+1, m.Offset+1
}
