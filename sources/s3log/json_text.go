package s3log

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// members walks through an object that is known to be valid JSON; rest is
// what stands behind its opening brace.
type members struct {
	rest []byte
	// name is a string, with its quotes; value is any JSON.
	name, value []byte
}

func (m *members) next() bool {
	m.rest = bytes.TrimLeft(m.rest, " \t\r,")
	if len(m.rest) == 0 || m.rest[0] != '"' {
		return false
	}
	n := literalEnd(m.rest)
	m.name = m.rest[:n]
	m.rest = bytes.TrimLeft(m.rest[n:], " \t\r:")
	n = valueLength(m.rest)
	m.value, m.rest = m.rest[:n], m.rest[n:]
	return true
}

// literalEnd is the length of the string at the start of b.
func literalEnd(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// valueLength is the length of the value at the start of b.
func valueLength(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i += literalEnd(b[i:]) - 1
		case '{', '[':
			depth++
			continue
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',', ' ', '\t', '\r':
			if depth == 0 {
				return i
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return len(b)
}

// unescapeJSON gives the text between the quotes of a string; b itself where
// nothing is escaped.
func unescapeJSON(b []byte) []byte {
	if bytes.IndexByte(b, '\\') < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		n := 0
		out, n = appendCharacter(out, b)
		b = b[n:]
	}
	return out
}

// appendCharacter appends what the first character of b, escaped or not,
// stands for, and says how long it is as it stands. A broken escape stands
// for itself, half of a pair of surrogates for U+FFFD.
func appendCharacter(dst, b []byte) ([]byte, int) {
	if b[0] != '\\' || len(b) < 2 {
		return append(dst, b[0]), 1
	}
	switch b[1] {
	case '"', '\\', '/':
		return append(dst, b[1]), 2
	case 'b':
		return append(dst, '\b'), 2
	case 'f':
		return append(dst, '\f'), 2
	case 'n':
		return append(dst, '\n'), 2
	case 'r':
		return append(dst, '\r'), 2
	case 't':
		return append(dst, '\t'), 2
	}
	first, ok := codeUnit(b)
	if !ok {
		return append(dst, b[0]), 1
	}
	if !utf16.IsSurrogate(first) {
		return utf8.AppendRune(dst, first), 6
	}
	if second, ok := codeUnit(b[6:]); ok {
		if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
			return utf8.AppendRune(dst, r), 12
		}
	}
	return utf8.AppendRune(dst, utf8.RuneError), 6
}

// codeUnit reads \uXXXX.
func codeUnit(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	unit := 0
	for _, c := range b[2:6] {
		digit := unhex(c)
		if digit < 0 {
			return 0, false
		}
		unit = unit<<4 | digit
	}
	return rune(unit), true
}
