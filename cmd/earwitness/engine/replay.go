package engine

import (
	"context"

	"golang.org/x/mod/sumdb/note"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
	"earwitness/sinks/worm"
)

// replayed is how many messages are replayed at a time.
const replayed = 1000

// archive gives the correlator back what the evidence topic has lost.
type archive struct {
	store   worm.Store
	known   note.Verifiers
	lineage [16]byte
}

// Replay implements correlate.Archive.
func (a *archive) Replay(ctx context.Context, partition int, fn func(*bus.Chunk[*evidence.Evidence]) error) error {
	reader, err := worm.NewReader(a.store, a.known)
	if err != nil {
		return err
	}
	chunk := &bus.Chunk[*evidence.Evidence]{}
	give := func() error {
		if len(chunk.Messages) == 0 {
			return nil
		}
		full := chunk
		chunk = &bus.Chunk[*evidence.Evidence]{}
		return fn(full)
	}
	log := worm.Log{Lineage: a.lineage, Topic: bus.TopicEvidence, Partition: partition}
	err = reader.Read(ctx, log, 0, func(record worm.Record) error {
		if record.Gap != nil {
			return give()
		}
		appendMessage(chunk, record.Message)
		if len(chunk.Messages) >= replayed {
			return give()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return give()
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
