package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds what a zstd stream may ask for, in bytes.
const maxWindow = 128 << 20

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
