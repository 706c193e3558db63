package correlate

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/klauspost/compress/s2"

	"earwitness/pipeline/evidence"
)

const (
	// defaultBlockBytes is enough for like lines to compress well, and little
	// enough to read one of them.
	defaultBlockBytes = 16 << 10
	// pendingBlocks times the size of a block before it is compressed are
	// written at a time.
	pendingBlocks = 4
	// fileBytes ends a file of blocks: what is no longer needed is given
	// back file by file.
	fileBytes = 64 << 20
	// slotBits of a reference name the body inside its block.
	slotBits = 16
)

// bodyRef is the place of a body: its block, and its number in it.
type bodyRef uint64

func (r bodyRef) block() uint32 { return uint32(r >> slotBits) }
func (r bodyRef) slot() int     { return int(r & (1<<slotBits - 1)) }

// block is where a sealed block lies.
type block struct {
	file   uint32
	length uint32 // as stored
	at     int64
}

// bodyFile is a file of blocks, and how many bodies of it are in use.
type bodyFile struct {
	size int64
	live int64
}

// bodies keeps what is needed to publish records again: messages of the
// evidence topic, in compressed blocks that are only appended to. The block
// that is filled lies in memory. A failure of the disk ends the fold: it is
// raised as a diskError and caught where the fold was called.
type bodies struct {
	dir    string
	size   int // of a block, before it is compressed
	blocks map[uint32]block
	files  map[uint32]*bodyFile
	next   uint32 // block that is being filled
	file   uint32 // file that is being filled
	out    *os.File
	buf    []byte
	ends   []uint32
	live   int64 // bodies in use of the block that is being filled
	shown  bool  // a body of it was given out, and not only lent
	cache  blockCache
	// pending are the packed blocks at the end of the file that is being
	// filled, from pendingAt on, which are not written yet.
	pending   []byte
	pendingAt int64
	packed    []byte // while it is read
}

type diskError struct{ err error }

func (e *diskError) Error() string { return e.err.Error() }
func (e *diskError) Unwrap() error { return e.err }

func raise(err error) { panic(&diskError{err}) }

func newBodies(cfg *Config) *bodies {
	size := cmp.Or(cfg.BlockBytes, defaultBlockBytes)
	return &bodies{
		dir: cfg.Dir, size: size, blocks: make(map[uint32]block), files: make(map[uint32]*bodyFile),
		cache: newBlockCache(cmp.Or(cfg.CachedBlocks, defaultCachedBlocks), size+size/8),
	}
}

// put keeps a copy of body.
func (b *bodies) put(body []byte) bodyRef {
	if len(b.ends) > 0 && (len(b.buf)+len(body) > b.size || len(b.ends) == 1<<slotBits) {
		b.seal()
	}
	if b.buf == nil {
		b.buf = b.cache.take()
	}
	b.buf = append(b.buf, body...)
	b.ends = append(b.ends, uint32(len(b.buf)))
	b.live++
	return bodyRef(b.next)<<slotBits | bodyRef(len(b.ends)-1)
}

// get gives a body, which nobody changes.
func (b *bodies) get(ref bodyRef) []byte {
	buf, ends := b.buf, b.ends
	if ref.block() != b.next {
		buf, ends = b.cache.get(ref.block(), b.read)
	} else if !b.cache.lending {
		b.shown = true
	}
	start := uint32(0)
	if ref.slot() > 0 {
		start = ends[ref.slot()-1]
	}
	end := ends[ref.slot()]
	return buf[start:end:end]
}

// evidence decodes a body; its texts point into it.
func (b *bodies) evidence(ref bodyRef) *evidence.Evidence {
	e := &evidence.Evidence{}
	b.check(ref, e.UnmarshalVTUnsafe(b.get(ref)))
	return e
}

// reference decodes what names a body, and no more of it.
func (b *bodies) reference(ref bodyRef) evidence.Reference {
	r, err := evidence.ReadReference(b.get(ref))
	b.check(ref, err)
	return r
}

func (b *bodies) check(ref bodyRef, err error) {
	if err != nil {
		raise(fmt.Errorf("read body %d of block %d in %s: %w; remove the folder, state is computed again", ref.slot(), ref.block(), b.dir, err))
	}
}

// release says that a body is no longer needed.
func (b *bodies) release(ref bodyRef) {
	if ref.block() == b.next {
		b.live--
		return
	}
	b.files[b.blocks[ref.block()].file].live--
}

func (b *bodies) path(file uint32) string {
	return filepath.Join(b.dir, fmt.Sprintf("bodies-%08d", file))
}

// seal writes the block that was being filled.
func (b *bodies) seal() {
	f := b.files[b.file]
	if f == nil || f.size >= fileBytes {
		f = b.roll()
	} else if b.out == nil {
		b.out, b.pendingAt = b.open(os.O_RDWR), f.size
	}
	plain := b.buf
	for _, end := range b.ends {
		plain = binary.LittleEndian.AppendUint32(plain, end)
	}
	plain = binary.LittleEndian.AppendUint32(plain, uint32(len(b.ends)))
	length := b.pack(plain)
	b.blocks[b.next] = block{file: b.file, at: f.size, length: length}
	f.size += int64(length)
	f.live += b.live
	b.cache.put(cachedBlock{number: b.next, buf: b.buf, ends: b.ends, unseen: !b.shown})
	b.next++
	b.buf, b.ends, b.live, b.shown = nil, nil, 0, false
}

// pack puts a block among those that are pending, and writes these when they
// are enough.
func (b *bodies) pack(plain []byte) (length uint32) {
	at := len(b.pending)
	b.pending = slices.Grow(b.pending, s2.MaxEncodedLen(len(plain)))
	length = uint32(len(s2.Encode(b.pending[at:cap(b.pending)], plain)))
	b.pending = b.pending[:at+int(length)]
	if len(b.pending) >= pendingBlocks*b.size {
		if err := b.writePending(); err != nil {
			raise(err)
		}
	}
	return length
}

func (b *bodies) writePending() error {
	if len(b.pending) == 0 {
		return nil
	}
	if _, err := b.out.WriteAt(b.pending, b.pendingAt); err != nil {
		return fmt.Errorf("write state to %s: %w", b.out.Name(), err)
	}
	b.pendingAt += int64(len(b.pending))
	b.pending = b.pending[:0]
	return nil
}

// roll begins another file.
func (b *bodies) roll() *bodyFile {
	if err := b.syncOut(); err != nil {
		raise(err)
	}
	if b.files[b.file] != nil {
		b.file++
	}
	b.out, b.pendingAt = b.open(os.O_RDWR|os.O_CREATE|os.O_TRUNC), 0
	f := &bodyFile{}
	b.files[b.file] = f
	return f
}

func (b *bodies) open(flag int) *os.File {
	out, err := os.OpenFile(b.path(b.file), flag, 0o600)
	if err != nil {
		raise(fmt.Errorf("open file of state: %w", err))
	}
	return out
}

// syncOut makes the file that is being filled durable and closes it.
func (b *bodies) syncOut() error {
	if b.out == nil {
		return nil
	}
	err := b.writePending()
	out := b.out
	b.out = nil
	if err != nil {
		_ = out.Close()
		return err
	}
	if err := out.Sync(); err != nil {
		_ = out.Close()
		return fmt.Errorf("sync state to %s: %w", out.Name(), err)
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("close state %s: %w", out.Name(), err)
	}
	return nil
}

// read unpacks a block, into space where that is large enough.
func (b *bodies) read(number uint32, space []byte) (buf []byte, ends []uint32) {
	where, known := b.blocks[number]
	if !known {
		raise(fmt.Errorf("read state: block %d is not in %s", number, b.dir))
	}
	if uint32(cap(b.packed)) < where.length {
		b.packed = make([]byte, where.length)
	}
	packed := b.packed[:where.length]
	if err := b.readAt(where, packed); err != nil {
		raise(fmt.Errorf("read state from %s: %w", b.path(where.file), err))
	}
	plain, err := s2.Decode(space, packed)
	if err != nil {
		raise(fmt.Errorf("unpack state from %s at %d: %w; remove the folder, state is computed again", b.path(where.file), where.at, err))
	}
	return splitBlock(plain)
}

func (b *bodies) readAt(where block, packed []byte) error {
	switch {
	case where.file != b.file || b.out == nil:
	case where.at >= b.pendingAt:
		copy(packed, b.pending[where.at-b.pendingAt:])
		return nil
	default:
		_, err := b.out.ReadAt(packed, where.at)
		return err
	}
	in, err := os.Open(b.path(where.file))
	if err != nil {
		return err
	}
	_, err = in.ReadAt(packed, where.at)
	if closed := in.Close(); err == nil {
		err = closed
	}
	return err
}

func splitBlock(plain []byte) (buf []byte, ends []uint32) {
	at := len(plain) - 4
	count := int(binary.LittleEndian.Uint32(plain[at:]))
	at -= 4 * count
	ends = make([]uint32, count)
	for i := range ends {
		ends[i] = binary.LittleEndian.Uint32(plain[at+4*i:])
	}
	return plain[:at], ends
}
