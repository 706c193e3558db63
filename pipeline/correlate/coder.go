package correlate

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"

	"earwitness/pipeline/evidence"
)

// coder writes values, or reads them into the same places: so that a format
// is stated once, for both directions. The first error stays.
type coder struct {
	w   *bufio.Writer
	r   *bufio.Reader
	err error
	// space for one number: on the stack it would not stay there.
	space [binary.MaxVarintLen64]byte
}

func (c *coder) reading() bool { return c.r != nil }

func (c *coder) fixed(space []byte) {
	switch {
	case c.err != nil:
	case c.reading():
		_, c.err = io.ReadFull(c.r, space)
	default:
		_, c.err = c.w.Write(space)
	}
}

func (c *coder) int64(v *int64) {
	switch {
	case c.err != nil:
	case c.reading():
		*v, c.err = binary.ReadVarint(c.r)
	default:
		_, c.err = c.w.Write(binary.AppendVarint(c.space[:0], *v))
	}
}

func (c *coder) uint64(v *uint64) {
	switch {
	case c.err != nil:
	case c.reading():
		*v, c.err = binary.ReadUvarint(c.r)
	default:
		_, c.err = c.w.Write(binary.AppendUvarint(c.space[:0], *v))
	}
}

// whole codes any other whole number.
func whole[N ~int | ~int32 | ~uint8 | ~uint16 | ~uint32 | ~uint64](c *coder, v *N) {
	wide := uint64(*v)
	c.uint64(&wide)
	*v = N(wide)
}

func (c *coder) fixed64(v *uint64) {
	var space [8]byte
	binary.LittleEndian.PutUint64(space[:], *v)
	c.fixed(space[:])
	*v = binary.LittleEndian.Uint64(space[:])
}

func (c *coder) bool(v *bool) {
	var n uint64
	if *v {
		n = 1
	}
	c.uint64(&n)
	*v = n == 1
}

// count codes how many follow. It is bounded, for a reader allocates by it.
func (c *coder) count(n int) int {
	whole(c, &n)
	if n < 0 || n > 1<<31 {
		c.err = errors.Join(c.err, errors.New("count is out of bounds"))
		return 0
	}
	if c.err != nil {
		return 0
	}
	return n
}

func (c *coder) bytes(v *[]byte) {
	n := c.count(len(*v))
	if c.reading() && c.err == nil {
		*v = nil
		if n > 0 {
			*v = make([]byte, n)
		}
	}
	if c.err == nil {
		c.fixed(*v)
	}
}

func (c *coder) text(v *string) {
	b := []byte(*v)
	c.bytes(&b)
	*v = string(b)
}

func (c *coder) id(v *evidence.ID) { c.fixed(v[:]) }

func (c *coder) touch(v *touch) {
	c.uint64(&v.revision)
	c.int64(&v.ms)
}

func (c *coder) addr(v *netip.Addr) {
	b, err := v.MarshalBinary()
	if err == nil {
		c.bytes(&b)
		if c.reading() && c.err == nil {
			err = v.UnmarshalBinary(b)
		}
	}
	c.err = errors.Join(c.err, err)
}

func (c *coder) pieces(v *[]piece) {
	n := c.count(len(*v))
	if c.reading() {
		*v = make([]piece, n)
	}
	for i := range n {
		c.id(&(*v)[i].id)
		whole(c, &(*v)[i].body)
	}
}

// list codes a slice, item by item.
func list[T any](c *coder, v *[]T, item func(*T)) {
	n := c.count(len(*v))
	if c.reading() {
		*v = make([]T, n)
	}
	for i := 0; i < n && c.err == nil; i++ {
		item(&(*v)[i])
	}
}
