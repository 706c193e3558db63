package genesys

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
)

const readSize = 128 << 10

// window is the part of an object that is in memory: from the start of what
// is being read.
type window struct {
	r          io.Reader
	buf        []byte
	start, end int
	// offset in the object of buf[start].
	offset int64
	err    error
	// sum and head stand for what was dropped of an item that is too long.
	sum     hash.Hash
	head    []byte
	dropped int64
}

// at gives the byte i behind the start; false at the end or on an error.
func (w *window) at(i int) (byte, bool) {
	for w.start+i >= w.end {
		if w.err != nil {
			return 0, false
		}
		w.fill()
	}
	return w.buf[w.start+i], true
}

func (w *window) fill() {
	if w.start > 0 {
		w.end = copy(w.buf, w.buf[w.start:w.end])
		w.start = 0
	}
	if w.end == len(w.buf) {
		w.buf = append(w.buf, make([]byte, max(readSize, len(w.buf)))...)
	}
	for range 100 {
		n, err := w.r.Read(w.buf[w.end:])
		w.end += n
		w.err = err
		if n > 0 || err != nil {
			return
		}
	}
	w.err = io.ErrNoProgress
}

// plain counts the bytes from i on, as far as they are in memory, that can't
// end a string or be wrong in it.
func (w *window) plain(i int) int {
	if w.start+i >= w.end {
		return 0
	}
	for n, c := range w.buf[w.start+i : w.end] {
		if c == '"' || c == '\\' || c < ' ' {
			return n
		}
	}
	return w.end - w.start - i
}

// skip moves the start on by n bytes that have been seen.
func (w *window) skip(n int) {
	w.start += n
	w.offset += int64(n)
}

// drop hashes the first n bytes, keeps the very first of all and forgets them.
func (w *window) drop(n int) {
	if w.sum == nil {
		w.sum = sha256.New()
	}
	part := w.buf[w.start : w.start+n]
	w.sum.Write(part)
	if len(w.head) < KeptOfLong {
		w.head = append(w.head, part[:min(n, KeptOfLong-len(w.head))]...)
	}
	w.dropped += int64(n)
	w.skip(n)
}

// take gives the item that ends n bytes on, and forgets it.
func (w *window) take(n int) item {
	it := item{offset: w.offset - w.dropped, length: w.dropped + int64(n)}
	if w.sum == nil {
		data := w.buf[w.start : w.start+n]
		it.sha = sha256.Sum256(data)
		it.data = bytes.Clone(data[:kept(len(data))])
		w.skip(n)
		return it
	}
	w.drop(n)
	w.sum.Sum(it.sha[:0])
	it.data = w.head
	w.sum, w.head, w.dropped = nil, nil, 0
	return it
}

func kept(n int) int {
	if n > MaxRecord {
		return KeptOfLong
	}
	return n
}

// failure is the error that ended the reading, nil at a proper end.
func (w *window) failure() error {
	if w.err == nil || errors.Is(w.err, io.EOF) {
		return nil
	}
	return w.err
}
