package worm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
)

const (
	// blockBytes of plain entries close a block: large enough to compress
	// well, small enough that damage stays near its record.
	blockBytes = 256 << 10
	blockHead  = 12
	maxBlock   = maxEntry + 64<<10
	// maxPlain bounds the body of a segment, stored and plain. A writer
	// seals at half of it, whatever the compression gives.
	maxPlain = 1 << 30
	// tagLength: so many bytes of each leaf hash stand in the index.
	tagLength = 8
)

// Compression of the blocks of new segments. Readers know all of them.
type Compression byte

// The values are those of the format.
const (
	// Zstandard, the encoder's fastest level, is the default: log lines
	// shrink to about a seventh for a third of the time, and anybody's tools
	// can unpack it.
	Zstandard Compression = iota
	// Uncompressed blocks, for stores that compress or deduplicate.
	Uncompressed
)

func (c Compression) format() byte {
	if c == Uncompressed {
		return compressionNone
	}
	return compressionZstd
}

// codec packs and unpacks blocks. It is safe for concurrent use.
type codec struct {
	encoder *zstd.Encoder
	decoder *zstd.Decoder
	// packing holds *[]byte between blocks.
	packing sync.Pool
}

func newCodec() (*codec, error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithNoEntropyCompression(true),
		zstd.WithWindowSize(blockBytes), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("make compressor: %w", err)
	}
	decoder, err := newDecoder(false)
	if err != nil {
		return nil, err
	}
	return &codec{encoder: encoder, decoder: decoder}, nil
}

// newDecoder makes a decoder; one that ignores checksums shows what became of
// damaged entries, and is for naming them alone.
func newDecoder(ignoreChecksum bool) (*zstd.Decoder, error) {
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0),
		zstd.WithDecoderMaxMemory(maxBlock), zstd.IgnoreChecksum(ignoreChecksum))
	if err != nil {
		return nil, fmt.Errorf("make decompressor: %w", err)
	}
	return decoder, nil
}

// pack gives a block with its head, in memory of its own.
func (c *codec) pack(compression byte, plain []byte, entries uint32) []byte {
	var stored []byte
	if compression == compressionZstd {
		space, _ := c.packing.Get().(*[]byte)
		if space == nil {
			space = new([]byte)
		}
		*space = c.encoder.EncodeAll(plain, append((*space)[:0], make([]byte, blockHead)...))
		// It waits for its segment, so it takes no more room than it needs.
		stored = bytes.Clone(*space)
		c.packing.Put(space)
	} else {
		stored = append(make([]byte, blockHead, blockHead+len(plain)), plain...)
	}
	binary.BigEndian.PutUint32(stored, uint32(len(stored)-blockHead))
	binary.BigEndian.PutUint32(stored[4:], uint32(len(plain)))
	binary.BigEndian.PutUint32(stored[8:], entries)
	return stored
}

// blockReader gives the entries of a body, block by block.
type blockReader struct {
	r           io.Reader
	compression byte
	decoder     *zstd.Decoder
	// most plain bytes that all blocks together may have; sum is how many
	// they had. It keeps a few bytes from unpacking to no end.
	most, sum uint64
	stored    []byte
	plain     []byte
}

func newBlockReader(r io.Reader, compression byte, most uint64, decoder *zstd.Decoder) *blockReader {
	return &blockReader{r: r, compression: compression, most: most, decoder: decoder}
}

// next unpacks one block and calls visit for each entry, which must not keep
// it. It returns how many entries the block has, and io.EOF behind the last
// block. When unpacking fails, what came out before is visited first.
func (b *blockReader) next(visit func(entry []byte) error) (int, error) {
	var head [blockHead]byte
	if _, err := io.ReadFull(b.r, head[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return 0, io.EOF
		}
		return 0, shortRead(err, "body")
	}
	stored, plain := binary.BigEndian.Uint32(head[:]), binary.BigEndian.Uint32(head[4:])
	entries := binary.BigEndian.Uint32(head[8:])
	if stored > maxBlock+64<<10 || plain > maxBlock || entries == 0 || uint64(entries)*(entryHead+4) > uint64(plain) {
		return 0, formatError("block of %d bytes, %d plain, with %d entries", stored, plain, entries)
	}
	if b.sum += uint64(plain); b.sum > b.most {
		return 0, formatError("its blocks have more than %d plain bytes", b.most)
	}
	if cap(b.stored) < int(stored) {
		b.stored = make([]byte, stored)
	}
	b.stored = b.stored[:stored]
	if _, err := io.ReadFull(b.r, b.stored); err != nil {
		return 0, shortRead(err, "body")
	}
	unpackErr := b.unpack(int(plain))
	if err := walkEntries(b.plain, int(entries), visit); err != nil && unpackErr == nil {
		return int(entries), err
	}
	return int(entries), unpackErr
}

func (b *blockReader) unpack(plain int) error {
	if b.compression == compressionNone {
		b.plain = b.stored
	} else {
		var header zstd.Header
		err := header.Decode(b.stored)
		if err == nil && header.HasFCS && header.FrameContentSize != uint64(plain) {
			err = fmt.Errorf("frame says %d bytes, the block %d", header.FrameContentSize, plain)
		}
		if err == nil {
			b.plain, err = b.decoder.DecodeAll(b.stored, b.plain[:0])
		}
		if err != nil {
			return formatError("unpack block: %w", err)
		}
	}
	if len(b.plain) != plain {
		return formatError("block unpacks to %d bytes, not %d", len(b.plain), plain)
	}
	return nil
}

// visitError carries an error of a caller's function through a walk, so that
// it is not taken for one of the bytes.
type visitError struct{ err error }

func (e *visitError) Error() string { return e.err.Error() }
func (e *visitError) Unwrap() error { return e.err }

func walkEntries(plain []byte, entries int, visit func(entry []byte) error) error {
	for range entries {
		if len(plain) < 4 {
			return formatError("block ends before its last entry")
		}
		n := binary.BigEndian.Uint32(plain)
		if n > maxEntry || int(n) > len(plain)-4 {
			return formatError("entry of %d bytes in a block with %d left", n, len(plain)-4)
		}
		if err := visit(plain[4 : 4+n]); err != nil {
			return &visitError{err}
		}
		plain = plain[4+n:]
	}
	if len(plain) != 0 {
		return formatError("%d bytes behind the last entry of a block", len(plain))
	}
	return nil
}
