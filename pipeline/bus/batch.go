package bus

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/compress"
)

// The record batch of Kafka, format 2: a head of 61 bytes, then records. The
// checksum covers everything behind itself.
const (
	batchHead       = 61
	atLength        = 8
	atMagic         = 16
	atChecksum      = 17
	atAttributes    = 21
	atLastDelta     = 23
	atFirstTime     = 27
	atMaxTime       = 35
	atProducer      = 43
	atProducerEpoch = 51
	atSequence      = 53
	atCount         = 57

	// What is counted by Length, and what is before it.
	lengthBase = atLength + 4

	maskCompression = 0x07
	flagAppendTime  = 0x08
	flagControl     = 0x20
)

// maxBatchBytes bounds what a batch may unpack to.
const maxBatchBytes = 64 << 20

// checksums are CRC-32C.
func checksum(b []byte) uint32 {
	return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
}

// recordOverhead is the most that a record takes besides key and value.
const recordOverhead = 1 + 5*binary.MaxVarintLen32 + 1

// appendRecord encodes a record that is number delta of its batch. Times are
// the batch's.
func appendRecord(dst []byte, delta int, key, value []byte) []byte {
	size := 1 + 1 + varintLen(int64(delta)) + 1
	if len(key) == 0 {
		size += varintLen(-1)
	} else {
		size += varintLen(int64(len(key))) + len(key)
	}
	size += varintLen(int64(len(value))) + len(value)
	dst = binary.AppendVarint(dst, int64(size))
	dst = append(dst, 0) // attributes
	dst = append(dst, 0) // time since the batch's
	dst = binary.AppendVarint(dst, int64(delta))
	if len(key) == 0 {
		dst = binary.AppendVarint(dst, -1)
	} else {
		dst = binary.AppendVarint(dst, int64(len(key)))
		dst = append(dst, key...)
	}
	dst = binary.AppendVarint(dst, int64(len(value)))
	dst = append(dst, value...)
	return append(dst, 0) // no headers
}

func varintLen(v int64) int {
	u := uint64(v<<1) ^ uint64(v>>63)
	n := 1
	for ; u >= 0x80; u >>= 7 {
		n++
	}
	return n
}

// encodeBatch writes the head for records and the records, compressed, behind
// a length of 4 bytes as a request wants it. It uses the space of dst.
func encodeBatch(dst, records []byte, count int, now time.Time, by compress.Compression) ([]byte, error) {
	const prefix = 4
	dst = append(dst[:0], make([]byte, prefix+batchHead)...)
	if codec := by.Codec(); codec == nil {
		dst = append(dst, records...)
	} else {
		var err error
		if dst, err = appendCompressed(dst, records, codec); err != nil {
			return nil, fmt.Errorf("compress batch by %s: %w", codec.Name(), err)
		}
	}
	b := dst[prefix:]
	binary.BigEndian.PutUint32(dst, uint32(len(b)))
	binary.BigEndian.PutUint32(b[atLength:], uint32(len(b)-lengthBase))
	binary.BigEndian.PutUint32(b[lengthBase:], ^uint32(0)) // leader epoch: the broker's
	b[atMagic] = 2
	binary.BigEndian.PutUint16(b[atAttributes:], uint16(by))
	binary.BigEndian.PutUint32(b[atLastDelta:], uint32(count-1))
	binary.BigEndian.PutUint64(b[atFirstTime:], uint64(now.UnixMilli()))
	binary.BigEndian.PutUint64(b[atMaxTime:], uint64(now.UnixMilli()))
	// No producer identity: nothing is deduplicated by the broker.
	binary.BigEndian.PutUint64(b[atProducer:], ^uint64(0))
	binary.BigEndian.PutUint16(b[atProducerEpoch:], ^uint16(0))
	binary.BigEndian.PutUint32(b[atSequence:], ^uint32(0))
	binary.BigEndian.PutUint32(b[atCount:], uint32(count))
	binary.BigEndian.PutUint32(b[atChecksum:], checksum(b[atAttributes:]))
	return dst, nil
}

func appendCompressed(dst, records []byte, codec compress.Codec) ([]byte, error) {
	out := bytes.NewBuffer(dst)
	w := codec.NewWriter(out)
	if _, err := w.Write(records); err != nil {
		w.Close() //nolint:errcheck // the first failure counts
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

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

// unpack gives the records uncompressed.
func (b *batch) unpack() ([]byte, error) {
	by := compress.Compression(b.attributes & maskCompression)
	if by == compress.None {
		return b.records, nil
	}
	codec := by.Codec()
	if codec == nil {
		return nil, fmt.Errorf("compression %d is not known", by)
	}
	r := codec.NewReader(bytes.NewReader(b.records))
	defer r.Close() //nolint:errcheck // it reads from memory
	var out bytes.Buffer
	out.Grow(len(b.records) * 5)
	n, err := out.ReadFrom(io.LimitReader(r, maxBatchBytes+1))
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", codec.Name(), err)
	}
	if n > maxBatchBytes {
		return nil, fmt.Errorf("unpack %s: more than %d bytes", codec.Name(), maxBatchBytes)
	}
	return out.Bytes(), nil
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
		return m, 0, nil, fmt.Errorf("a record's length is not right")
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
		return m, 0, nil, fmt.Errorf("a record's fields don't fit its length")
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

// kafkaError gives nil for code 0.
func kafkaError(code int16) error {
	if code == 0 {
		return nil
	}
	return kafka.Error(code)
}
