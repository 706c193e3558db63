package bus

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
	"sync"
	"time"

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

// encoder writes batches as a request wants them. Its space is used again for
// the next batch.
type encoder struct {
	request      []byte
	uncompressed bool
}

func newEncoder(uncompressed bool) *encoder { return &encoder{uncompressed: uncompressed} }

// encode writes the head for records and the records, compressed where that
// makes them shorter, behind a length of 4 bytes. The result is good until the
// next call.
func (e *encoder) encode(records []byte, count int, now time.Time) []byte {
	const prefix = 4
	e.request = append(e.request[:0], make([]byte, prefix+batchHead)...)
	by := compress.None
	if !e.uncompressed {
		by = e.pack(records)
	}
	if by == compress.None {
		e.request = append(e.request, records...)
	}
	binary.BigEndian.PutUint32(e.request, uint32(len(e.request)-prefix))
	writeHead(e.request[prefix:], uint16(by), count, now)
	return e.request
}

// packing holds *[]byte between uses: packing needs more room than what it
// gives, and each partition has an encoder.
var packing sync.Pool //nolint:gochecknoglobals // a pool keeps no state that anybody could see

// pack appends the records to the request if they shrink.
func (e *encoder) pack(records []byte) compress.Compression {
	space, _ := packing.Get().(*[]byte)
	if space == nil {
		space = new([]byte)
	}
	defer packing.Put(space)
	*space = appendSnappy(slices.Grow((*space)[:0], snappyBound(len(records))), records)
	if len(*space) >= len(records) {
		return compress.None
	}
	e.request = append(e.request, *space...)
	return compress.Snappy
}

// forget leaves the space of the last request to whoever may still read it.
func (e *encoder) forget() { e.request = nil }

func writeHead(b []byte, attributes uint16, count int, now time.Time) {
	clear(b[:batchHead])
	binary.BigEndian.PutUint32(b[atLength:], uint32(len(b)-lengthBase))
	binary.BigEndian.PutUint32(b[lengthBase:], ^uint32(0)) // leader epoch: the broker's
	b[atMagic] = 2
	binary.BigEndian.PutUint16(b[atAttributes:], attributes)
	binary.BigEndian.PutUint32(b[atLastDelta:], uint32(count-1))
	binary.BigEndian.PutUint64(b[atFirstTime:], uint64(now.UnixMilli()))
	binary.BigEndian.PutUint64(b[atMaxTime:], uint64(now.UnixMilli()))
	// No producer identity: nothing is deduplicated by the broker.
	binary.BigEndian.PutUint64(b[atProducer:], ^uint64(0))
	binary.BigEndian.PutUint16(b[atProducerEpoch:], ^uint16(0))
	binary.BigEndian.PutUint32(b[atSequence:], ^uint32(0))
	binary.BigEndian.PutUint32(b[atCount:], uint32(count))
	binary.BigEndian.PutUint32(b[atChecksum:], checksum(b[atAttributes:]))
}
