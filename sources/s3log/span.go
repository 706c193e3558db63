package s3log

import (
	"encoding/binary"
	"math/bits"
)

// Bytes in each of the eight places of a word.
const (
	eachOne  = 0x0101010101010101
	eachLow  = 0x7f * eachOne
	eachHigh = 0x80 * eachOne
)

// textSpan is how many bytes at the start of b are of classText. Eight are
// tried at a time: t+0x5f carries into the high bit where t is more than a
// space, t+1 where t is 0x7f, and t^'"'+0x7f where t is no quote; bytes from
// 0x80 on are text whatever their low bits say.
func textSpan(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		t := x & eachLow
		other := (^(t + 0x5f*eachOne) | ^(t ^ 0x22*eachOne + eachLow) | (t + eachOne)) & ^x & eachHigh
		if other != 0 {
			return i + bits.TrailingZeros64(other)>>3
		}
	}
	for ; i < len(b) && classes[b[i]]&classText != 0; i++ {
	}
	return i
}

// signSpan is how many bytes at the start of b are neither "=" nor "%".
func signSpan(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		t := x & eachLow
		found := ^((t ^ '='*eachOne + eachLow) & (t ^ '%'*eachOne + eachLow)) & ^x & eachHigh
		if found != 0 {
			return i + bits.TrailingZeros64(found)>>3
		}
	}
	for ; i < len(b) && b[i] != '=' && b[i] != '%'; i++ {
	}
	return i
}

// span is how many bytes at the start of b are of a class.
func span(b []byte, class uint16) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		w := b[i : i+8 : i+8]
		if classes[w[0]]&classes[w[1]]&classes[w[2]]&classes[w[3]]&classes[w[4]]&classes[w[5]]&classes[w[6]]&classes[w[7]]&class == 0 {
			break
		}
	}
	for ; i < len(b) && classes[b[i]]&class != 0; i++ {
	}
	return i
}

// all says whether all of b is of a class.
func all(b []byte, class uint16) bool { return span(b, class) == len(b) }

// cut cuts the first n bytes off b where a space follows them.
func cut(b []byte, n int) (w, rest []byte, ok bool) {
	if n == 0 || n >= len(b) || b[n] != ' ' {
		return nil, nil, false
	}
	return b[:n], b[n+1:], true
}

// beginsWithDash tells of an absent field and the space behind it.
func beginsWithDash(b []byte) bool { return len(b) >= 2 && b[0] == '-' && b[1] == ' ' }
