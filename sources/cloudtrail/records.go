package cloudtrail

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
)

// item is the bytes of one record, or of what is broken.
type item struct {
	// data is nobody's to write to.
	data   []byte
	offset int64
	// length is more than len(data) where the item was too long.
	length int64
	sha    [sha256.Size]byte
	cause  string
}

// records splits a file. It has no memory of what stood before the place that
// it began at, so that it goes on behind any record as if it had never
// stopped: what stands between records is passed over.
type records struct {
	chunks
	growing bool
	// safe is the offset up to which all is accounted for.
	safe int64
	// sum and head stand for what was dropped of an item that is too long.
	sum     hash.Hash
	head    []byte
	dropped int64
}

func newRecords(r io.Reader, offset int64, growing bool) *records {
	return &records{chunks: chunks{r: r, offset: offset}, growing: growing, safe: offset}
}

// next reads the next event into e and p; false at the end of what can be
// read now. Where the item has a cause, e and p say nothing.
func (s *records) next(e *event, p *piece) (item, bool) {
	for {
		c, ok := s.token()
		if !ok {
			return item{}, false
		}
		switch c {
		case ',', '[', ']', '}':
			s.skip(1)
		case '{':
			if opened, ok := s.wrapper(); !ok {
				return item{}, false
			} else if opened {
				continue
			}
			return s.record(e, p)
		case '"':
			done, ok := s.member()
			if !ok {
				return item{}, false
			}
			if !done {
				return s.broken()
			}
		case 0xEF:
			if s.offset != 0 || !s.mark() {
				return s.broken()
			}
		default:
			return s.broken()
		}
	}
}

// token skips white space and gives what follows. At the end of the file all
// is accounted for.
func (s *records) token() (byte, bool) {
	for {
		c, ok := s.at(0)
		if ok && (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			s.skip(1)
			continue
		}
		if !ok && s.failure() == nil && !s.growing {
			s.safe = s.offset
		}
		return c, ok
	}
}

// mark skips a byte order mark.
func (s *records) mark() bool {
	b, _ := s.at(1)
	c, ok := s.at(2)
	if !ok || b != 0xBB || c != 0xBF {
		return false
	}
	s.skip(3)
	return true
}

// scan lets read run over what is in memory, and again over more for as long
// as that is short; ok is false where there is no more yet, or the value is
// longer than any record.
func (s *records) scan(read func(b []byte) *scanner) (sc *scanner, ok bool) {
	for {
		sc = read(s.buf[s.start:s.end])
		if !sc.short || s.end-s.start > MaxRecord {
			return sc, true
		}
		if !s.fill() {
			return sc, !s.growing && s.failure() == nil
		}
	}
}

// wrapper skips {"Records":[ and says whether it was there.
func (s *records) wrapper() (opened, ok bool) {
	sc, ok := s.scan(func(b []byte) *scanner {
		sc := &scanner{b: b}
		sc.open('{')
		if name, _ := sc.name(); string(name) == "Records" {
			opened = sc.expect('[')
		} else {
			sc.short = sc.short && len(name) == 0
		}
		return sc
	})
	if opened {
		s.skip(sc.i)
	}
	return opened, ok
}

// member skips one that stands beside Records; a list is gone into.
func (s *records) member() (done, ok bool) {
	sc, ok := s.scan(func(b []byte) *scanner {
		sc := &scanner{b: b}
		sc.name()
		if sc.peek() != '[' {
			sc.skip()
		}
		return sc
	})
	if !ok || sc.failed() {
		return false, ok
	}
	s.skip(sc.i)
	return true, true
}

func (s *records) record(e *event, p *piece) (item, bool) {
	sc, ok := s.scan(func(b []byte) *scanner {
		p.reset()
		e.read(b, p)
		return &e.scanner
	})
	switch {
	case !ok:
		return item{}, false
	case sc.failed():
		return s.broken()
	}
	it := s.take(sc.i)
	if it.length > MaxRecord {
		it.data, it.cause = it.data[:KeptOfLong:KeptOfLong], CauseTooLong
	}
	s.safe = s.offset
	return it, true
}

// broken takes what can't be read: all up to the next thing that begins like
// an event, else the rest of the file.
func (s *records) broken() (item, bool) {
	for seen := 1; ; {
		b := s.buf[s.start:s.end]
		if at := nextEvent(b, seen); at > 0 {
			return s.takeBroken(len(bytes.TrimRight(b[:at], ", \t\r\n"))), true
		}
		seen = max(1, len(b)-longestStart)
		if len(b) > MaxRecord {
			s.drop(len(b) - longestStart)
			seen = 1
		}
		if s.fill() {
			continue
		}
		if s.growing || s.failure() != nil {
			return item{}, false
		}
		return s.takeBroken(s.end - s.start), true
	}
}

// longestStart bounds how far the brace of an event stands before the end of
// its first name.
const longestStart = 64

const startOfEvent = `"eventVersion"`

// nextEvent gives the place of the next brace from at on that an event begins
// with; 0 where there is none. Inside of a string the quotes would be escaped.
func nextEvent(b []byte, at int) int {
	for {
		i := bytes.Index(b[min(at, len(b)):], []byte(startOfEvent))
		if i < 0 {
			return 0
		}
		i += at
		brace := len(bytes.TrimRight(b[:i], " \t\r\n")) - 1
		if brace > 0 && b[brace] == '{' {
			return brace
		}
		at = i + 1
	}
}

func (s *records) takeBroken(n int) item {
	it := s.take(n)
	it.cause = CauseBroken
	if it.length > MaxRecord {
		it.cause = CauseTooLong
	}
	s.safe = s.offset
	return it
}

// drop hashes the first n bytes, keeps the very first of all and forgets them.
func (s *records) drop(n int) {
	if s.sum == nil {
		s.sum = sha256.New()
	}
	part := s.buf[s.start : s.start+n]
	s.sum.Write(part)
	if len(s.head) < KeptOfLong {
		s.head = append(s.head, part[:min(n, KeptOfLong-len(s.head))]...)
	}
	s.dropped += int64(n)
	s.skip(n)
}

// take gives the item that ends n bytes on.
func (s *records) take(n int) item {
	it := item{offset: s.offset - s.dropped, length: s.dropped + int64(n)}
	if s.sum == nil {
		it.data = s.buf[s.start : s.start+n : s.start+n]
		it.sha = sha256.Sum256(it.data)
		if n > MaxRecord {
			it.data = it.data[:KeptOfLong:KeptOfLong]
		}
		s.skip(n)
		return it
	}
	s.drop(n)
	s.sum.Sum(it.sha[:0])
	it.data = s.head
	s.sum, s.head, s.dropped = nil, nil, 0
	return it
}

// chunks is the part of a file that is in memory. What has been read is never
// written over, so that evidence may keep it.
type chunks struct {
	r          io.Reader
	buf        []byte
	start, end int
	// offset in the file of buf[start].
	offset int64
	err    error
}

// The first chunk is for small files, later ones are larger up to chunkSize,
// and beyond that for a record that needs it.
const (
	firstChunk = 16 << 10
	chunkSize  = 256 << 10
)

// at gives the byte i behind the start; false at the end or on an error.
func (c *chunks) at(i int) (byte, bool) {
	for c.start+i >= c.end {
		if !c.fill() {
			return 0, false
		}
	}
	return c.buf[c.start+i], true
}

// fill reads more; false where there is none.
func (c *chunks) fill() bool {
	if c.err != nil {
		return false
	}
	if c.end == len(c.buf) {
		fresh := make([]byte, max(firstChunk, min(chunkSize, 4*len(c.buf)), 2*(c.end-c.start)))
		c.end = copy(fresh, c.buf[c.start:c.end])
		c.buf, c.start = fresh, 0
	}
	for range 100 {
		n, err := c.r.Read(c.buf[c.end:])
		c.end += n
		c.err = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	c.err = io.ErrNoProgress
	return false
}

// skip moves the start on by n bytes that have been seen.
func (c *chunks) skip(n int) {
	c.start += n
	c.offset += int64(n)
}

// failure is the error that ended the reading, nil at a proper end.
func (c *chunks) failure() error {
	if c.err == nil || errors.Is(c.err, io.EOF) {
		return nil
	}
	return c.err
}
