package worm

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/transparency-dev/merkle/compact"
	"golang.org/x/mod/sumdb/note"

	"earwitness/pipeline/bus"
)

// end is where a log stands: what its last segment signed.
type end struct {
	// next offset to archive; -1 when the log has no segment.
	next int64
	size uint64
	root Hash
	// tree covers all leaves; empty for an empty log.
	tree []Hash
	// head is the hash of the last segment's head, zeros without one.
	head Hash
	// filtered is how the log was begun; it says nothing when next is -1.
	filtered bool
}

func emptyEnd() end { return end{next: -1, root: sha256.Sum256(nil)} }

// endOf is the end behind a segment.
func endOf(h *head, headHash Hash) end {
	return end{
		next: h.next, size: h.sizeAfter(), root: h.rootAfter, tree: h.treeRange,
		head: headHash, filtered: h.filtered,
	}
}

// builder gathers the entries of the next segment of one log. It is not safe
// for concurrent use.
type builder struct {
	codec       *codec
	trees       tree
	log         Log
	filtered    bool
	compression byte

	first, next int64
	begun       time.Time
	kind        byte

	leaves   leafHasher
	segment  *compact.Range
	open     []byte
	inOpen   uint32
	blocks   [][]byte
	stored   uint64
	plain    uint64
	index    []byte
	count    uint32
	earliest int64
	latest   int64
}

func (b *builder) bytes() int64 {
	return int64(b.stored) + int64(len(b.open)) + int64(len(b.index))
}

// full says that the segment has reached its size. The plain bytes and the
// number of entries are bounded too, however well they compress.
func (b *builder) full(limit int64) bool {
	return b.bytes() >= limit || b.plain >= maxPlain/2 || b.count >= 1<<24
}

// skip covers offsets up to next without keeping anything.
func (b *builder) skip(next int64) { b.next = next }

var errTooLong = errors.New("message is too long for an entry")

// add appends a message as an entry.
func (b *builder) add(m *bus.Message) error {
	if len(m.Key)+len(m.Value)+entryHead > maxEntry {
		return fmt.Errorf("archive offset %d of %s: %d bytes: %w", m.Offset, b.log, len(m.Key)+len(m.Value), errTooLong)
	}
	at := b.reserve()
	b.open = appendRecord(b.open, m)
	b.next = m.Offset + 1
	return b.closeEntry(at, m.Time.UnixMilli())
}

// addGap makes the segment one of kind gap; it must be empty.
func (b *builder) addGap(g Gap) error {
	b.kind = kindGap
	at := b.reserve()
	b.open = appendGap(b.open, g)
	b.next = g.Next
	return b.closeEntry(at, g.Accepted.UnixMilli())
}

func (b *builder) reserve() int {
	at := len(b.open)
	b.open = append(b.open, 0, 0, 0, 0)
	return at
}

func (b *builder) closeEntry(at int, ms int64) error {
	entry := b.open[at+4:]
	binary.BigEndian.PutUint32(b.open[at:], uint32(len(entry)))
	leaf := b.leaves.sum(entry)
	if err := b.segment.Append(leaf, nil); err != nil {
		return fmt.Errorf("append leaf to %s: %w", b.log, err)
	}
	b.index = append(b.index, leaf[:tagLength]...)
	if b.count == 0 || ms < b.earliest {
		b.earliest = ms
	}
	if b.count == 0 || ms > b.latest {
		b.latest = ms
	}
	b.count++
	b.inOpen++
	b.plain += uint64(len(entry)) + 4
	if len(b.open) >= blockBytes {
		b.closeBlock()
	}
	return nil
}

func (b *builder) closeBlock() {
	if b.inOpen == 0 {
		return
	}
	block := b.codec.pack(b.compression, b.open, b.inOpen)
	b.blocks = append(b.blocks, block)
	b.stored += uint64(len(block))
	b.open, b.inOpen = b.open[:0], 0
}

// finish gives the object and the end of the log behind it, which follows on
// before. The builder may be finished again, or its entries read, until the
// object is stored.
func (b *builder) finish(before end, signer note.Signer) ([]byte, end, error) {
	b.closeBlock()
	h, err := b.head(before)
	if err != nil {
		return nil, end{}, err
	}
	encoded := h.encode()
	checkpoint := h.checkpoint(encoded)
	if err := checkpoint.sign(signer); err != nil {
		return nil, end{}, err
	}
	object := make([]byte, 0, len(encoded)+4+len(checkpoint.Note)+int(b.stored)+len(b.index))
	object = append(object, encoded...)
	object = binary.BigEndian.AppendUint32(object, uint32(len(checkpoint.Note)))
	object = append(object, checkpoint.Note...)
	for _, block := range b.blocks {
		object = append(object, block...)
	}
	object = append(object, b.index...)
	return object, endOf(h, checkpoint.Head), nil
}

func (b *builder) head(before end) (*head, error) {
	whole, err := b.trees.fromHashes(0, before.size, before.tree)
	if err != nil {
		return nil, err
	}
	if err := whole.AppendRange(b.segment, nil); err != nil {
		return nil, fmt.Errorf("extend tree of %s: %w", b.log, err)
	}
	root, err := rangeRoot(whole)
	if err != nil {
		return nil, err
	}
	body := sha256.New()
	for _, block := range b.blocks {
		body.Write(block)
	}
	return &head{
		kind: b.kind, filtered: b.filtered, compression: b.compression, log: b.log, count: b.count,
		first: b.first, next: b.next, sizeBefore: before.size, earliest: b.earliest, latest: b.latest,
		bodyLength: b.stored, plainLength: b.plain, rootBefore: before.root, rootAfter: root,
		previous: before.head, bodyHash: Hash(body.Sum(nil)), indexHash: sha256.Sum256(b.index),
		segmentRange: rangeHashes(b.segment), treeRange: rangeHashes(whole),
	}, nil
}

// entries visits what was gathered so far, in order.
func (b *builder) entries(visit func(entry []byte) error) error {
	b.closeBlock()
	for _, block := range b.blocks {
		blocks := newBlockReader(bytes.NewReader(block), b.compression, maxBlock, b.codec.decoder)
		if _, err := blocks.next(visit); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read gathered entries of %s: %w", b.log, err)
		}
	}
	return nil
}
