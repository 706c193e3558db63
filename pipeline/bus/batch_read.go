package bus

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/segmentio/kafka-go/compress"
)

// batch is the head of a record batch, and its records as they came.
type batch struct {
	first, next int64
	count       int
	attributes  uint16
	firstTime   int64
	maxTime     int64
	records     []byte
}

// nextBatch takes the first batch off b. The last one of an answer may be cut
// off: then whole is false.
func nextBatch(b []byte) (head batch, rest []byte, whole bool, err error) {
	if len(b) < lengthBase {
		return batch{}, nil, false, nil
	}
	size := int64(binary.BigEndian.Uint32(b[atLength:])) + lengthBase
	if size > int64(len(b)) {
		return batch{}, nil, false, nil
	}
	if size < batchHead {
		return batch{}, nil, false, fmt.Errorf("%d bytes are too few for a batch", size)
	}
	b, rest = b[:size], b[size:]
	if b[atMagic] != 2 {
		return batch{}, nil, false, fmt.Errorf("message format %d is not supported, only 2 (Kafka 0.11 and later)", b[atMagic])
	}
	if got, want := checksum(b[atAttributes:]), binary.BigEndian.Uint32(b[atChecksum:]); got != want {
		return batch{}, nil, false, fmt.Errorf("checksum is %08x, %08x was written", got, want)
	}
	head = batch{
		first:      int64(binary.BigEndian.Uint64(b)),
		count:      int(int32(binary.BigEndian.Uint32(b[atCount:]))),
		attributes: binary.BigEndian.Uint16(b[atAttributes:]),
		firstTime:  int64(binary.BigEndian.Uint64(b[atFirstTime:])),
		maxTime:    int64(binary.BigEndian.Uint64(b[atMaxTime:])),
		records:    b[batchHead:],
	}
	head.next = head.first + int64(int32(binary.BigEndian.Uint32(b[atLastDelta:]))) + 1
	if head.count < 0 || head.next <= head.first {
		return batch{}, nil, false, fmt.Errorf("a batch of %d records from %d to %d is not possible", head.count, head.first, head.next-1)
	}
	return head, rest, true, nil
}

// unpacked are buffers between uses.
var unpacked sync.Pool //nolint:gochecknoglobals // a pool keeps no state that anybody could see

// unpack gives the records uncompressed.
func (b *batch) unpack() ([]byte, error) {
	by := compress.Compression(b.attributes & maskCompression)
	switch by {
	case compress.None:
		return b.records, nil
	case compress.Snappy:
		plain, err := unpackSnappy(b.records, maxBatchBytes)
		if err != nil {
			return nil, fmt.Errorf("unpack snappy: %w", err)
		}
		return plain, nil
	}
	codec := by.Codec()
	if codec == nil {
		return nil, fmt.Errorf("compression %d is not known", by)
	}
	r := codec.NewReader(bytes.NewReader(b.records))
	defer r.Close() //nolint:errcheck // it reads from memory
	// Unpacked in a buffer that is used again: how long it becomes is not
	// known, and what is kept should have no room to spare.
	out, _ := unpacked.Get().(*bytes.Buffer)
	if out == nil {
		out = new(bytes.Buffer)
	}
	defer unpacked.Put(out)
	out.Reset()
	n, err := out.ReadFrom(io.LimitReader(r, maxBatchBytes+1))
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", codec.Name(), err)
	}
	if n > maxBatchBytes {
		return nil, fmt.Errorf("unpack %s: more than %d bytes", codec.Name(), maxBatchBytes)
	}
	return bytes.Clone(out.Bytes()), nil
}

// appendMessages decodes the records from offset from on. Keys and values
// refer to the batch's bytes.
func (b *batch) appendMessages(dst []Message, from int64) ([]Message, error) {
	rest, err := b.unpack()
	if err != nil {
		return dst, err
	}
	appended := time.UnixMilli(b.maxTime).UTC()
	for range b.count {
		var m Message
		var since int64
		if m, since, rest, err = nextRecord(rest); err != nil {
			return dst, err
		}
		m.Offset += b.first
		if m.Offset < from {
			continue
		}
		// The broker notes the time of the append in the head and leaves the
		// records' own times as they came.
		if m.Time = appended; b.attributes&flagAppendTime == 0 {
			m.Time = time.UnixMilli(b.firstTime + since).UTC()
		}
		dst = append(dst, m)
	}
	if len(rest) > 0 {
		return dst, fmt.Errorf("%d bytes follow the last record", len(rest))
	}
	return dst, nil
}

// nextRecord takes a record off b. Its offset is the one inside the batch.
func nextRecord(b []byte) (m Message, since int64, rest []byte, err error) {
	size, n := binary.Varint(b)
	if n <= 0 || size < 1 || size > int64(len(b)-n) {
		return m, 0, nil, errors.New("a record's length is not right")
	}
	r := fields{b: b[n : n+int(size)]}
	rest = b[n+int(size):]
	r.skip(1) // attributes
	since = r.varint()
	m.Offset = r.varint()
	m.Key = r.bytes()
	m.Value = r.bytes()
	for range r.varint() {
		r.bytes() // header key
		r.bytes() // header value
		if r.bad {
			break
		}
	}
	if r.bad || len(r.b) > 0 {
		return m, 0, nil, errors.New("a record's fields don't fit its length")
	}
	return m, since, rest, nil
}

// fields reads what a record is made of.
type fields struct {
	b   []byte
	bad bool
}

func (f *fields) skip(n int) {
	if n > len(f.b) {
		f.bad, n = true, len(f.b)
	}
	f.b = f.b[n:]
}

func (f *fields) varint() int64 {
	v, n := binary.Varint(f.b)
	if n <= 0 {
		f.bad = true
		return 0
	}
	f.b = f.b[n:]
	return v
}

// bytes gives nil for a length of -1.
func (f *fields) bytes() []byte {
	n := f.varint()
	if n < 0 || n > int64(len(f.b)) {
		f.bad = f.bad || n != -1
		return nil
	}
	v := f.b[:n:n]
	f.b = f.b[n:]
	return v
}
