package cloudtrail

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"
)

// text reads a string; another value is skipped and absent, as an empty
// string and "-" are.
func (s *scanner) text() string {
	if s.peek() != '"' {
		s.skip()
		return ""
	}
	start := s.i
	raw, escaped := s.quoted()
	if escaped {
		return unescaped(s.b[start:s.i])
	}
	if len(raw) == 1 && raw[0] == '-' {
		return ""
	}
	return inPlace(raw)
}

// inPlace gives b, to which nobody writes any more, as text.
func inPlace(b []byte) string {
	t := unsafe.String(unsafe.SliceData(b), len(b))
	if !utf8.ValidString(t) {
		return strings.ToValidUTF8(t, "\uFFFD")
	}
	return t
}

func unescaped(quoted []byte) string {
	var t string
	if json.Unmarshal(quoted, &t) != nil || t == "-" {
		return ""
	}
	return t
}

// word reads a string, a number or true and false as text: some fields have
// been written in either form.
func (s *scanner) word() string {
	switch c := s.peek(); {
	case c == 't' || c == 'f':
		start := s.i
		if s.skip(); s.failed() {
			return ""
		}
		return inPlace(s.b[start:s.i])
	case c == '-' || c >= '0' && c <= '9':
		return inPlace(s.number())
	}
	return s.text()
}

// flag reads true or "true".
func (s *scanner) flag() bool { return s.word() == "true" }

// count reads a number of bytes; some have been written with a fraction.
func (s *scanner) count() (n int64, ok bool) {
	t := s.word()
	whole, _, _ := strings.Cut(t, ".")
	if whole == "" || len(whole) > 18 {
		return 0, false
	}
	for i := range len(whole) {
		c := whole[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// parseTime reads 2006-01-02T15:04:05Z, or any RFC 3339, in milliseconds
// since 1970.
func parseTime(t string) (ms int64, ok bool) {
	at, err := time.Parse(time.RFC3339Nano, t)
	if err != nil || at.Year() < 1970 {
		return 0, false
	}
	return at.UnixMilli(), true
}

// parseSigningTime reads X-Amz-Date.
func parseSigningTime(t string) int64 {
	at, err := time.Parse("20060102T150405Z", t)
	if err != nil {
		return 0
	}
	return at.UnixMilli()
}
