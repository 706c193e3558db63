package worm

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	magic      = "EARWORM\n"
	version    = 1
	headLength = 264

	kindRecords = 1
	kindGap     = 2

	flagFiltered = 1

	compressionNone = 0
	compressionZstd = 1

	encryptionNone = 0

	// A range of a tree of at most 2^64 leaves has at most so many hashes.
	maxSegmentRange = 128
	maxTreeRange    = 64
	maxEncryption   = 4096
)

// head is what a segment says of itself before its body.
type head struct {
	kind        byte
	filtered    bool
	compression byte
	log         Log
	count       uint32
	first, next int64
	sizeBefore  uint64
	// earliest and latest time of the entries, milliseconds.
	earliest, latest int64
	// bodyLength as stored, plainLength unpacked.
	bodyLength, plainLength uint64
	rootBefore, rootAfter   Hash
	previous                Hash
	bodyHash, indexHash     Hash
	// segmentRange covers the leaves of the segment, treeRange all up to its
	// end.
	segmentRange, treeRange []Hash
}

func (h *head) sizeAfter() uint64 { return h.sizeBefore + uint64(h.count) }

func (h *head) indexLength() int { return tagLength * int(h.count) }

// checkpoint is what the segment's note has to say.
func (h *head) checkpoint(encoded []byte) Checkpoint {
	return Checkpoint{
		Log: h.log, Size: h.sizeAfter(), Root: h.rootAfter,
		First: h.first, Next: h.next, Head: sha256.Sum256(encoded),
	}
}

func (h *head) encode() []byte {
	b := make([]byte, headLength, headLength+len(h.log.Topic)+sha256.Size*(len(h.segmentRange)+len(h.treeRange)))
	be := binary.BigEndian
	copy(b, magic)
	be.PutUint16(b[8:], version)
	b[10] = h.kind
	if h.filtered {
		b[11] = flagFiltered
	}
	b[12], b[13] = h.compression, encryptionNone
	be.PutUint16(b[14:], uint16(len(h.log.Topic)))
	be.PutUint16(b[18:], uint16(len(h.segmentRange)))
	be.PutUint16(b[20:], uint16(len(h.treeRange)))
	copy(b[24:], h.log.Lineage[:])
	be.PutUint32(b[40:], uint32(h.log.Partition))
	be.PutUint32(b[44:], h.count)
	be.PutUint64(b[48:], uint64(h.first))
	be.PutUint64(b[56:], uint64(h.next))
	be.PutUint64(b[64:], h.sizeBefore)
	be.PutUint64(b[72:], uint64(h.earliest))
	be.PutUint64(b[80:], uint64(h.latest))
	be.PutUint64(b[88:], h.bodyLength)
	be.PutUint64(b[96:], h.plainLength)
	for i, hash := range []*Hash{&h.rootBefore, &h.rootAfter, &h.previous, &h.bodyHash, &h.indexHash} {
		copy(b[104+i*sha256.Size:], hash[:])
	}
	b = append(b, h.log.Topic...)
	for _, hashes := range [][]Hash{h.segmentRange, h.treeRange} {
		for i := range hashes {
			b = append(b, hashes[i][:]...)
		}
	}
	return b
}

// errFormat is in the tree of every error about bytes that are not a segment
// of this version.
var errFormat = errors.New("not a segment")

func formatError(format string, args ...any) error {
	return fmt.Errorf("%w: %w", errFormat, fmt.Errorf(format, args...))
}

// shortRead makes an end that came too early a fault of the object, and
// leaves errors of reading what they are.
func shortRead(err error, part string) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return formatError("the object ends inside its %s", part)
	}
	return fmt.Errorf("read %s: %w", part, err)
}

// readHead reads head and checkpoint, neither checked against a signature. It
// returns the head as it stood as well, whose hash is signed, and the note.
func readHead(r io.Reader) (h *head, encoded, signed []byte, err error) {
	encoded = make([]byte, headLength)
	if _, err := io.ReadFull(r, encoded); err != nil {
		return nil, nil, nil, shortRead(err, "head")
	}
	h, lengths, err := parseFixed(encoded)
	if err != nil {
		return nil, nil, nil, err
	}
	rest := make([]byte, lengths.total()+4)
	if _, err := io.ReadFull(r, rest); err != nil {
		return nil, nil, nil, shortRead(err, "head")
	}
	noteLength := binary.BigEndian.Uint32(rest[lengths.total():])
	encoded = append(encoded, rest[:lengths.total()]...)
	if noteLength > maxCheckpoint {
		return nil, nil, nil, formatError("checkpoint of %d bytes", noteLength)
	}
	if err := h.parseRest(rest[:lengths.total()], lengths); err != nil {
		return nil, nil, nil, err
	}
	signed = make([]byte, noteLength)
	if _, err := io.ReadFull(r, signed); err != nil {
		return nil, nil, nil, shortRead(err, "checkpoint")
	}
	return h, encoded, signed, nil
}

type headLengths struct{ topic, encryption, segmentRange, treeRange int }

func (l headLengths) total() int {
	return l.topic + l.encryption + sha256.Size*(l.segmentRange+l.treeRange)
}

func parseFixed(b []byte) (*head, headLengths, error) {
	be := binary.BigEndian
	if string(b[:8]) != magic {
		return nil, headLengths{}, formatError("it does not begin with the magic bytes")
	}
	if v := be.Uint16(b[8:]); v != version {
		return nil, headLengths{}, formatError("version %d is not %d", v, version)
	}
	h := &head{
		kind: b[10], filtered: b[11] == flagFiltered, compression: b[12],
		count: be.Uint32(b[44:]), first: int64(be.Uint64(b[48:])), next: int64(be.Uint64(b[56:])),
		sizeBefore: be.Uint64(b[64:]), earliest: int64(be.Uint64(b[72:])), latest: int64(be.Uint64(b[80:])),
		bodyLength: be.Uint64(b[88:]), plainLength: be.Uint64(b[96:]),
	}
	copy(h.log.Lineage[:], b[24:])
	h.log.Partition = int(be.Uint32(b[40:]))
	for i, hash := range []*Hash{&h.rootBefore, &h.rootAfter, &h.previous, &h.bodyHash, &h.indexHash} {
		copy(hash[:], b[104+i*sha256.Size:])
	}
	lengths := headLengths{
		topic: int(be.Uint16(b[14:])), encryption: int(be.Uint16(b[16:])),
		segmentRange: int(be.Uint16(b[18:])), treeRange: int(be.Uint16(b[20:])),
	}
	switch {
	case h.kind != kindRecords && h.kind != kindGap:
		return nil, lengths, formatError("unknown kind %d", h.kind)
	case b[11] > flagFiltered || be.Uint16(b[22:]) != 0:
		return nil, lengths, formatError("unknown flags")
	case h.compression > compressionZstd:
		return nil, lengths, formatError("unknown compression %d", h.compression)
	case b[13] != encryptionNone || lengths.encryption != 0:
		return nil, lengths, formatError("encryption %d is not supported", b[13])
	case lengths.topic > maxTopic || lengths.segmentRange > maxSegmentRange || lengths.treeRange > maxTreeRange:
		return nil, lengths, formatError("lengths of the head are out of bounds")
	}
	return h, lengths, h.checkNumbers()
}

func (h *head) checkNumbers() error {
	switch {
	case h.first < 0 || h.next <= h.first:
		return formatError("it covers the offsets %d to %d", h.first, h.next)
	case h.sizeAfter() < h.sizeBefore:
		return formatError("tree size overflows")
	case h.plainLength < uint64(h.count)*(entryHead+4) || h.plainLength > maxPlain || h.bodyLength > maxPlain:
		return formatError("body of %d bytes, %d plain, for %d entries", h.bodyLength, h.plainLength, h.count)
	}
	return nil
}

// checkCount holds the number of entries against the offsets.
func (h *head) checkCount() error {
	covered := uint64(h.next) - uint64(h.first)
	switch {
	case h.kind == kindGap && h.count != 1:
		return formatError("a gap with %d entries", h.count)
	case h.kind == kindRecords && uint64(h.count) > covered,
		h.kind == kindRecords && !h.filtered && uint64(h.count) != covered:
		return formatError("%d entries for the offsets %d to %d", h.count, h.first, h.next)
	}
	return nil
}

func (h *head) parseRest(b []byte, lengths headLengths) error {
	h.log.Topic = string(b[:lengths.topic])
	b = b[lengths.topic:]
	if err := h.log.Validate(); err != nil {
		return formatError("%w", err)
	}
	hashes := make([]Hash, lengths.segmentRange+lengths.treeRange)
	for i := range hashes {
		copy(hashes[i][:], b[i*sha256.Size:])
	}
	h.segmentRange, h.treeRange = hashes[:lengths.segmentRange], hashes[lengths.segmentRange:]
	return nil
}
