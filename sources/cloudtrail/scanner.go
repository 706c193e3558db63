package cloudtrail

import (
	"encoding/binary"
	"math/bits"
)

// scanner reads JSON strictly and in place, and finds by the way where a
// value ends. After the first failure it stands still.
type scanner struct {
	b []byte
	i int
	// short: the bytes ended inside of a value; broken: it is no JSON.
	short, broken bool
	depth         int
}

// maxDepth bounds nesting; events have a dozen levels or so.
const maxDepth = 200

func (s *scanner) failed() bool { return s.short || s.broken }

// peek skips white space and gives the next byte; 0 after a failure.
func (s *scanner) peek() byte {
	for ; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; c {
		case ' ', '\t', '\r', '\n':
		default:
			if s.failed() {
				return 0
			}
			return c
		}
	}
	s.short = true
	return 0
}

// expect takes the next byte that is no white space.
func (s *scanner) expect(c byte) bool {
	if s.peek() != c {
		s.broken = s.broken || !s.short
		return false
	}
	s.i++
	return true
}

// skip reads any value and forgets it.
func (s *scanner) skip() {
	switch c := s.peek(); c {
	case '"':
		s.quoted()
	case '{':
		for s.open('{'); s.more('}'); {
			s.name()
			s.skip()
		}
	case '[':
		for s.open('['); s.more(']'); {
			s.skip()
		}
	case 't':
		s.literal("true")
	case 'f':
		s.literal("false")
	case 'n':
		s.literal("null")
	default:
		s.number()
	}
}

// open goes into an object or a list, the next byte.
func (s *scanner) open(c byte) {
	if s.depth++; s.depth > maxDepth {
		s.broken = true
	}
	if s.expect(c) && s.peek() == ',' {
		s.broken = true
	}
}

// more says whether another member follows, and else takes the end.
func (s *scanner) more(end byte) bool {
	switch s.peek() {
	case end:
		s.i++
		s.depth--
		return false
	case ',':
		s.i++
		if s.peek() == end {
			s.broken = true
		}
	default:
		// Without a comma it must be the first.
		if before := s.before(); before != '{' && before != '[' {
			s.broken = s.broken || !s.short
		}
	}
	return !s.failed()
}

// before is the last byte that is no white space before the present one.
func (s *scanner) before() byte {
	for i := s.i - 1; i >= 0; i-- {
		switch c := s.b[i]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// name reads a member's name and the colon behind it.
func (s *scanner) name() (name []byte, escaped bool) {
	if s.peek() != '"' {
		s.broken = s.broken || !s.short
		return nil, false
	}
	name, escaped = s.quoted()
	s.expect(':')
	return name, escaped
}

// quoted reads a string, the next byte, and gives what stands between its
// quotes.
func (s *scanner) quoted() (text []byte, escaped bool) {
	start := s.i + 1
	i := start
	for {
		// Most strings are short: this is plain without the call.
		for i+8 <= len(s.b) {
			w := binary.LittleEndian.Uint64(s.b[i:])
			if found := special(w); found != 0 {
				i += bits.TrailingZeros64(found) / 8
				break
			}
			i += 8
		}
		if i+8 > len(s.b) {
			i = plain(s.b, i)
		}
		if i >= len(s.b) {
			s.i, s.short = len(s.b), true
			return nil, false
		}
		switch s.b[i] {
		case '"':
			s.i = i + 1
			return s.b[start:i], escaped
		case '\\':
			escaped = true
			if i = s.escape(i); s.failed() {
				return nil, false
			}
		default:
			s.i, s.broken = i, true
			return nil, false
		}
	}
}

// escape checks the one at i and gives the place behind it.
func (s *scanner) escape(i int) int {
	if i+1 >= len(s.b) {
		s.short = true
		return i
	}
	switch s.b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		for j := i + 2; j < i+6; j++ {
			if j >= len(s.b) {
				s.short = true
				return i
			}
			if !isHex(s.b[j]) {
				s.broken = true
				return i
			}
		}
		return i + 6
	}
	s.broken = true
	return i
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

const (
	everyByte = 0x0101010101010101
	highBits  = 0x8080808080808080
)

// special marks the lowest of eight bytes that can't just stand in a string:
// a quote, a backslash, a control.
func special(w uint64) uint64 {
	quote, slash := w^(everyByte*'"'), w^(everyByte*'\\')
	return ((w-everyByte*' ')&^w | (quote-everyByte)&^quote | (slash-everyByte)&^slash) & highBits
}

// plain gives the first place from i on of such a byte.
func plain(b []byte, i int) int {
	for ; i < len(b); i++ {
		if c := b[i]; c == '"' || c == '\\' || c < ' ' {
			return i
		}
	}
	return i
}

func (s *scanner) literal(word string) {
	for j := range len(word) {
		if s.i >= len(s.b) {
			s.short = true
			return
		}
		if s.b[s.i] != word[j] {
			s.broken = true
			return
		}
		s.i++
	}
}

// number checks one, and gives its text. At the end of the bytes it may go on.
func (s *scanner) number() []byte {
	start := s.i
	s.accept('-')
	if !s.accept('0') {
		s.digits()
	}
	if s.accept('.') {
		s.digits()
	}
	if s.accept('e') || s.accept('E') {
		if !s.accept('+') {
			s.accept('-')
		}
		s.digits()
	}
	if s.i >= len(s.b) {
		s.short = true
	}
	return s.b[start:s.i]
}

func (s *scanner) accept(c byte) bool {
	if s.i < len(s.b) && s.b[s.i] == c {
		s.i++
		return true
	}
	return false
}

func (s *scanner) digits() {
	start := s.i
	for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' {
		s.i++
	}
	if s.i == start {
		s.broken = s.broken || s.i < len(s.b)
	}
}
