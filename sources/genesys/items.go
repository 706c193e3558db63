package genesys

import (
	"crypto/sha256"
	"io"
)

// item is the bytes of one audit or envelope, or of what is broken.
type item struct {
	data   []byte
	offset int64
	// length is more than len(data) where the item was too long.
	length int64
	sha    [sha256.Size]byte
	cause  string
}

// items splits an object. It has no memory of what stood before the place
// that it began at: commas and brackets say where it is, so that it goes on
// behind any item as if it had never stopped.
type items struct {
	window
	growing bool
	inArray bool
	// safe is the offset up to which all is accounted for.
	safe int64
}

func newItems(r io.Reader, offset int64, growing bool) *items {
	return &items{
		window:  window{r: r, offset: offset, buf: make([]byte, readSize)},
		growing: growing, safe: offset,
	}
}

// next gives the next item; false at the end of what can be read now.
func (s *items) next() (item, bool) {
	for {
		c, ok := s.token()
		if !ok {
			return item{}, false
		}
		switch {
		case c == 0xEF && s.offset == 0 && s.skipMark():
		case c == '[' && !s.inArray:
			s.skip(1)
			s.inArray = true
		case c == ',':
			s.skip(1)
			s.inArray = true
		case c == ']':
			if it, ok, ended := s.closeArray(); !ended {
				return it, ok
			}
		case c != '{' && !s.inArray:
			return s.line(0)
		default:
			it, ok, opened := s.value()
			if !opened {
				return it, ok
			}
		}
	}
}

// token skips white space and gives what follows. Between values that stand
// for themselves white space is accounted for.
func (s *items) token() (byte, bool) {
	for {
		c, ok := s.at(0)
		if ok && (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			s.skip(1)
			continue
		}
		if !ok && s.failure() == nil && (!s.inArray || !s.growing) {
			s.safe = s.offset
		}
		return c, ok
	}
}

// skipMark skips a byte order mark.
func (s *items) skipMark() bool {
	b, _ := s.at(1)
	c, ok := s.at(2)
	if !ok || b != 0xBB || c != 0xBF {
		return false
	}
	s.skip(3)
	return true
}

// value reads one value; opened says that it was the head of a page instead.
func (s *items) value() (it item, ok, opened bool) {
	var m machine
	for i := 0; ; i++ {
		if i > MaxRecord {
			s.drop(i)
			i = 0
		}
		if m.inString && !m.escaped && m.state != wantColon {
			i += s.plain(i)
		}
		c, ok := s.at(i)
		if !ok {
			it, ok = s.unfinished(&m, i)
			return it, ok, false
		}
		switch m.step(c) {
		case done:
			it, ok = s.finish(i + 1)
			return it, ok, false
		case doneBefore:
			it, ok = s.finish(i)
			return it, ok, false
		case broken:
			it, ok = s.broken(i)
			return it, ok, false
		case page:
			if !s.inArray && s.dropped == 0 {
				s.skip(i + 1)
				s.inArray = true
				return item{}, false, true
			}
			m.entities = false
			m.step(c)
		}
	}
}

// finish takes a whole value of n bytes. In a growing object it must have
// something behind it, so that a line without its end stays for later.
func (s *items) finish(n int) (item, bool) {
	if _, ok := s.at(n); !ok && (s.growing || s.failure() != nil) {
		return item{}, false
	}
	it := s.take(n)
	if it.length > MaxRecord {
		it.cause = CauseTooLong
	}
	// Whether the array goes on is for a comma to say, here as on resuming.
	s.inArray = false
	s.safe = s.offset
	return it, true
}

// unfinished is the end of the object inside a value.
func (s *items) unfinished(m *machine, n int) (item, bool) {
	if s.growing || s.failure() != nil {
		return item{}, false
	}
	if m.state == inLiteral && m.depth == 0 {
		return s.finish(n)
	}
	return s.broken(n)
}

// broken takes what can't be read: in an array all that is left, else the
// line in which the value began.
func (s *items) broken(n int) (item, bool) {
	if s.inArray {
		return s.rest(n)
	}
	return s.line(n)
}

func (s *items) rest(n int) (item, bool) {
	if s.growing {
		return item{}, false
	}
	for i := n; ; i++ {
		if i > MaxRecord {
			s.drop(i)
			i = 0
		}
		if _, ok := s.at(i); ok {
			continue
		}
		if s.failure() != nil {
			return item{}, false
		}
		it := s.take(i)
		it.cause = CauseBroken
		s.safe = s.offset
		return it, true
	}
}

// line ends at the first line end behind which something begins anew: the
// lines of a pretty-printed value go with the one that opened it.
func (s *items) line(n int) (item, bool) {
	i := 0
	if s.dropped > 0 {
		i = n
	}
	for ; ; i++ {
		if i > MaxRecord {
			s.drop(i)
			i = 0
		}
		c, ok := s.at(i)
		if ok && c != '\n' {
			continue
		}
		if ok {
			behind, ok := s.at(i + 1)
			if ok && continues(behind) {
				continue
			}
			if !ok && (s.growing || s.failure() != nil) {
				return item{}, false
			}
		} else if s.growing || s.failure() != nil {
			return item{}, false
		}
		it := s.take(i)
		it.cause = CauseBroken
		s.safe = s.offset
		return it, true
	}
}

func continues(c byte) bool {
	switch c {
	case ' ', '\t', '}', ']', '"':
		return true
	}
	return false
}
