package intake

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds what a zstd file may ask for, in bytes, and streamWindow
// what an object may, of which many are read at a time. 8 MiB is what RFC 8878
// (3.1.1.1.2) wants every decoder to bear, and what all levels but ultra take.
const (
	maxWindow    = 128 << 20
	streamWindow = 8 << 20
)

// streamBuffer is what is read of an object at a time, in bytes.
const streamBuffer = 64 << 10

func isCompressed(f io.ReaderAt) bool {
	var magic [4]byte
	n, _ := f.ReadAt(magic[:], 0)
	return isGzip(magic[:n]) || isZstd(magic[:n])
}

func isGzip(b []byte) bool { return bytes.HasPrefix(b, []byte{0x1f, 0x8b}) }

func isZstd(b []byte) bool { return bytes.HasPrefix(b, []byte{0x28, 0xb5, 0x2f, 0xfd}) }

// content reads an object's decompressed bytes from an offset and remembers
// why it could not.
type content struct {
	r     io.Reader
	close func()
	err   error
}

// openContent reads f from offset, decompressed, and counts bytes of the file
// into done. The first error, io.EOF but for, is kept in err.
func openContent(f *os.File, offset int64, done *atomic.Int64) *content {
	c := &content{close: func() {}}
	raw := &counted{r: f, n: done}
	var magic [4]byte
	n, _ := f.ReadAt(magic[:], 0)
	switch {
	case isGzip(magic[:n]):
		z, err := gzip.NewReader(raw)
		c.r, c.err = z, err
	case isZstd(magic[:n]):
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		c.r, c.err = z, err
		if err == nil {
			c.close = z.Close
		}
	default:
		_, c.err = f.Seek(offset, io.SeekStart)
		c.r = raw
		done.Add(offset)
		return c
	}
	if c.err == nil && offset > 0 {
		if _, err := io.CopyN(io.Discard, c.r, offset); err != nil {
			c.err = fmt.Errorf("skip %d bytes that were read before: %w", offset, err)
		}
	}
	return c
}

// spaces are what one object needs to be read, kept for the next, for most are
// much smaller. It is safe for concurrent use.
type spaces struct{ buffers, gzips sync.Pool }

// buffer reads r.
func (s *spaces) buffer(r io.Reader) *bufio.Reader {
	b, ok := s.buffers.Get().(*bufio.Reader)
	if !ok {
		return bufio.NewReaderSize(r, streamBuffer)
	}
	b.Reset(r)
	return b
}

// gzip decompresses r.
func (s *spaces) gzip(r io.Reader) (*gzip.Reader, error) {
	z, ok := s.gzips.Get().(*gzip.Reader)
	if !ok {
		z = new(gzip.Reader)
	}
	return z, z.Reset(r) //nolint:wrapcheck // as gzip.NewReader has it
}

// openStream reads what r gives from an offset of its decompressed bytes, and
// counts bytes of r into done. The first error, io.EOF but for, is kept in err.
// Nothing is read after close, which gives back what s has lent.
func (s *spaces) openStream(r io.Reader, offset int64, done *atomic.Int64) *content {
	raw := s.buffer(&counted{r: r, n: done})
	c := &content{close: func() {
		raw.Reset(nil)
		s.buffers.Put(raw)
	}}
	magic, err := raw.Peek(4)
	switch {
	case isGzip(magic):
		z, err := s.gzip(raw)
		c.r, c.err = z, err
		c.closes(func() { s.gzips.Put(z) })
	case isZstd(magic):
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(streamWindow))
		c.r, c.err = z, err
		if err == nil {
			c.closes(z.Close)
		}
	default:
		c.r = raw
		if err != nil && err != io.EOF {
			c.err = err
		}
	}
	if c.err == nil && offset > 0 {
		if _, err := io.CopyN(io.Discard, c.r, offset); err != nil {
			c.err = fmt.Errorf("skip %d bytes that were read before: %w", offset, err)
		}
	}
	return c
}

// closes has something done first when it is closed.
func (c *content) closes(first func()) {
	then := c.close
	c.close = func() {
		first()
		then()
	}
}

func (c *content) Read(b []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.r.Read(b)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// cause puts why reading failed into the closed set.
func (c *content) cause() string {
	var pathError *os.PathError
	switch {
	case errors.As(c.err, &pathError):
		return CauseUnreadable
	case errors.Is(c.err, io.ErrUnexpectedEOF), errors.Is(c.err, io.EOF):
		return CauseTruncated
	}
	return CauseCorrupt
}

type counted struct {
	r io.Reader
	n *atomic.Int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n.Add(int64(n))
	return n, err
}
