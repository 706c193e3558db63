package bus

import "errors"

// reading turns fetched batches into messages.
type reading struct {
	topic     string
	partition int
	// next is the offset that must come; with holes, or a later one.
	next  int64
	holes bool
}

// messages gives those of the batches whose offsets go on from next, without a
// hole unless there may be some, and why it stopped before the end, if it did.
func (r *reading) messages(batches []byte) ([]Message, error) {
	var messages []Message
	for len(batches) > 0 {
		b, rest, whole, err := nextBatch(batches)
		if err != nil {
			return messages, r.corrupt(err)
		}
		if !whole {
			break
		}
		if messages, err = r.add(messages, &b); err != nil {
			return messages, err
		}
		batches = rest
	}
	return messages, nil
}

// add appends what a batch holds from next on.
func (r *reading) add(messages []Message, b *batch) ([]Message, error) {
	if b.next <= r.next {
		return messages, nil
	}
	if b.first > r.next && !r.holes {
		return messages, r.hole(b.first)
	}
	if b.attributes&flagControl != 0 {
		return messages, r.skip(b.next)
	}
	before := len(messages)
	messages, err := b.appendMessages(messages, r.next)
	if err != nil {
		return messages[:before], r.corrupt(err)
	}
	for i := before; i < len(messages); i++ {
		got := messages[i].Offset
		if got < r.next || got > r.next && !r.holes {
			return messages[:i], r.hole(got)
		}
		r.next = got + 1
	}
	if r.next != b.next {
		return messages, r.skip(b.next)
	}
	return messages, nil
}

// skip goes on at a later offset, where there may be holes.
func (r *reading) skip(to int64) error {
	if !r.holes {
		return r.hole(to)
	}
	r.next = to
	return nil
}

func (r *reading) hole(got int64) error {
	return &HoleError{Topic: r.topic, Partition: r.partition, Want: r.next, Got: got}
}

func (r *reading) corrupt(err error) error {
	return &CorruptError{Topic: r.topic, Partition: r.partition, Offset: r.next, Err: err}
}

// errPanicked stands for a message whose decoding panicked.
var errPanicked = errors.New("its decoding panicked")

// decodeChunk decodes each message; one that can't be is an error of its own.
func decodeChunk[T any](messages []Message, end int64, decode func(*Message) (T, error)) *Chunk[T] {
	n := len(messages)
	c := &Chunk[T]{
		Messages: messages,
		Values:   make([]T, n),
		Controls: make([]*Control, n),
		Errs:     make([]error, n),
		Next:     messages[n-1].Offset + 1,
		End:      end,
	}
	for i := range messages {
		m := &messages[i]
		if IsControl(m) {
			c.Controls[i], c.Errs[i] = DecodeControl(m)
			continue
		}
		c.Values[i], c.Errs[i] = decodeOne(m, decode)
	}
	return c
}

// decodeOne keeps a panic from taking the whole partition with it.
func decodeOne[T any](m *Message, decode func(*Message) (T, error)) (value T, err error) {
	defer func() {
		if recover() != nil {
			err = errPanicked
		}
	}()
	return decode(m)
}
