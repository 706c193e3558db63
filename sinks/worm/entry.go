package worm

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"time"

	"earwitness/pipeline/bus"
)

// Hash is a SHA-256.
type Hash = [sha256.Size]byte

const (
	entryRecord = 1
	entryGap    = 2

	// entryHead is the length of an entry without key and value.
	entryHead = 1 + 8 + 8 + 4
	// maxEntry bounds what a reader allocates for one entry. A topic's
	// largest message is far below it.
	maxEntry = 16 << 20
)

// Gap is a range of offsets that the topic had lost before they could be
// archived.
type Gap struct {
	// First that is missing, and Next behind the last.
	First, Next int64
	// Accepted is when somebody said to go on without them.
	Accepted time.Time
	// Reason in words.
	Reason string
}

// Record is one leaf of a log.
type Record struct {
	// Index of the leaf in the log's tree.
	Index uint64
	// Object that holds it.
	Object string
	// Message as it was in the topic; of a gap only Offset and Time are set.
	Message bus.Message
	// Gap is set where the leaf states one instead of a message.
	Gap *Gap
}

func appendRecord(dst []byte, m *bus.Message) []byte {
	return appendEntry(dst, entryRecord, m.Offset, m.Time.UnixMilli(), m.Key, m.Value)
}

func appendGap(dst []byte, g Gap) []byte {
	var next [8]byte
	binary.BigEndian.PutUint64(next[:], uint64(g.Next))
	return appendEntry(dst, entryGap, g.First, g.Accepted.UnixMilli(), next[:], []byte(g.Reason))
}

func appendEntry(dst []byte, kind byte, offset, ms int64, key, value []byte) []byte {
	dst = append(dst, kind)
	dst = binary.BigEndian.AppendUint64(dst, uint64(offset))
	dst = binary.BigEndian.AppendUint64(dst, uint64(ms))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(key)))
	dst = append(dst, key...)
	return append(dst, value...)
}

// parseEntry reads an entry; key and value point into b.
func parseEntry(b []byte) (Record, error) {
	if len(b) < entryHead {
		return Record{}, fmt.Errorf("entry of %d bytes is shorter than %d", len(b), entryHead)
	}
	keyLength := int64(binary.BigEndian.Uint32(b[17:]))
	if keyLength > int64(len(b)-entryHead) {
		return Record{}, fmt.Errorf("entry of %d bytes with a key of %d", len(b), keyLength)
	}
	key, value := b[entryHead:entryHead+keyLength], b[entryHead+keyLength:]
	record := Record{Message: bus.Message{
		Offset: int64(binary.BigEndian.Uint64(b[1:])),
		Time:   time.UnixMilli(int64(binary.BigEndian.Uint64(b[9:]))).UTC(),
	}}
	if record.Message.Offset < 0 {
		return Record{}, fmt.Errorf("entry with offset %d", record.Message.Offset)
	}
	switch b[0] {
	case entryRecord:
		record.Message.Key, record.Message.Value = key, value
	case entryGap:
		if len(key) != 8 {
			return Record{}, fmt.Errorf("gap entry with a key of %d bytes, not 8", len(key))
		}
		record.Gap = &Gap{
			First:    record.Message.Offset,
			Next:     int64(binary.BigEndian.Uint64(key)),
			Accepted: record.Message.Time,
			Reason:   string(value),
		}
	default:
		return Record{}, fmt.Errorf("entry of unknown type %d", b[0])
	}
	return record, nil
}

// leafHasher computes leaf hashes without allocating for the input.
type leafHasher struct{ h hash.Hash }

func newLeafHasher() leafHasher { return leafHasher{sha256.New()} }

// sum gives the leaf hash of an entry in memory of its own, for the tree
// keeps it.
func (l leafHasher) sum(entry []byte) []byte {
	l.h.Reset()
	l.h.Write([]byte{0})
	l.h.Write(entry)
	return l.h.Sum(make([]byte, 0, sha256.Size))
}
