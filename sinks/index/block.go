package index

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/klauspost/compress/zstd"

	"earwitness/pipeline/access"
)

const (
	// blockRecords and blockBytes bound a block before compression: big
	// enough to compress well, small enough to be read for one access.
	blockRecords = 256
	blockBytes   = 256 << 10
	// entrySize: identity 16, revision 8, state 1.
	entrySize = 25
	// prefixSize of an access id in a block's list.
	prefixSize = 4
)

type id = [16]byte

// request is one revision of a request's record on its way into a block.
type request struct {
	day      int64
	id       id
	access   id
	revision uint64
	state    access.State
	time     int64
	data     []byte
}

// sortRequests puts those of an access side by side, so that few blocks hold
// them and like compresses with like.
func sortRequests(requests []request) {
	slices.SortFunc(requests, func(a, b request) int {
		if c := cmp.Compare(a.day, b.day); c != 0 {
			return c
		}
		if c := bytes.Compare(a.access[:], b.access[:]); c != 0 {
			return c
		}
		if c := cmp.Compare(a.time, b.time); c != 0 {
			return c
		}
		return bytes.Compare(a.id[:], b.id[:])
	})
}

// cutBlock gives how many of the sorted requests the next block takes.
func cutBlock(requests []request) int {
	size := 0
	for i := range requests {
		size += len(requests[i].data)
		if i == blockRecords || i > 0 && (size > blockBytes || requests[i].day != requests[0].day) {
			return i
		}
	}
	return len(requests)
}

// blockRow is a block as it lies in its table.
type blockRow struct {
	records  int
	accesses []byte // sorted distinct prefixes of access ids
	entries  []byte // identity, revision, state of each record, in order
	payload  []byte // zstd: uvarint length and bytes of each record, in order
}

// blockWriter keeps its buffers between blocks; a row is valid until the
// next.
type blockWriter struct {
	encoder *zstd.Encoder
	plain   []byte
	row     blockRow
}

func newBlockWriter() (*blockWriter, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithNoEntropyCompression(true), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(blockBytes), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("make encoder of blocks: %w", err)
	}
	return &blockWriter{encoder: enc}, nil
}

func (w *blockWriter) build(requests []request) *blockRow {
	w.plain = w.plain[:0]
	row := &w.row
	row.records = len(requests)
	row.accesses, row.entries = row.accesses[:0], row.entries[:0]
	for i := range requests {
		r := &requests[i]
		if i == 0 || !bytes.Equal(r.access[:prefixSize], row.accesses[len(row.accesses)-prefixSize:]) {
			row.accesses = append(row.accesses, r.access[:prefixSize]...)
		}
		row.entries = append(row.entries, r.id[:]...)
		row.entries = binary.BigEndian.AppendUint64(row.entries, r.revision)
		row.entries = append(row.entries, byte(r.state))
		w.plain = binary.AppendUvarint(w.plain, uint64(len(r.data)))
		w.plain = append(w.plain, r.data...)
	}
	row.payload = w.encoder.EncodeAll(w.plain, row.payload[:0])
	return row
}

// blockReader gives the records of a block back.
type blockReader struct {
	decoder *zstd.Decoder
}

func newBlockReader() (*blockReader, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<30))
	if err != nil {
		return nil, fmt.Errorf("make decoder of blocks: %w", err)
	}
	return &blockReader{decoder: dec}, nil
}

// read calls fn with each record's number and bytes. The bytes stay valid:
// each payload is decoded into memory of its own.
func (r *blockReader) read(payload []byte, fn func(n int, data []byte) error) error {
	plain, err := r.decoder.DecodeAll(payload, nil)
	if err != nil {
		return fmt.Errorf("decode block: %w", err)
	}
	for n := 0; len(plain) > 0; n++ {
		size, used := binary.Uvarint(plain)
		if used <= 0 || size > uint64(len(plain)-used) {
			return fmt.Errorf("decode block: record %d reaches beyond its end", n)
		}
		end := used + int(size)
		if err := fn(n, plain[used:end]); err != nil {
			return err
		}
		plain = plain[end:]
	}
	return nil
}

func (r *blockReader) close() { r.decoder.Close() }

// entry is one item of a block's list of identities.
type entry struct {
	id       id
	revision uint64
	state    access.State
}

func entryAt(entries []byte, n int) entry {
	e := entries[n*entrySize : (n+1)*entrySize]
	return entry{id: id(e[:16]), revision: binary.BigEndian.Uint64(e[16:24]), state: access.State(e[24])}
}
