package access

import (
	"encoding/hex"
	"strconv"
	"time"
	"unicode/utf8"
)

// jsonWriter appends one JSON document. Every method leaves out what has no
// value, so an object may turn out empty: end takes it away again.
type jsonWriter struct {
	buf []byte
}

// name starts a field, with the comma that it may need.
func (w *jsonWriter) name(name string) {
	w.comma()
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, name...)
	w.buf = append(w.buf, '"', ':')
}

func (w *jsonWriter) comma() {
	switch w.buf[len(w.buf)-1] {
	case '{', '[':
	default:
		w.buf = append(w.buf, ',')
	}
}

// begin opens an object under name and gives the mark that end wants.
func (w *jsonWriter) begin(name string) int {
	mark := len(w.buf)
	w.name(name)
	w.buf = append(w.buf, '{')
	return mark
}

// end closes the object begun at mark, or takes it back when it is empty.
func (w *jsonWriter) end(mark int) {
	if w.buf[len(w.buf)-1] == '{' {
		w.buf = w.buf[:mark]
		return
	}
	w.buf = append(w.buf, '}')
}

// text leaves out an empty value and the lone dash of the logs.
func (w *jsonWriter) text(name, value string) {
	if absent(value) {
		return
	}
	w.name(name)
	w.buf = appendString(w.buf, value)
}

func absent(value string) bool { return value == "" || value == "-" }

func (w *jsonWriter) number(name string, value int64) {
	w.name(name)
	w.buf = strconv.AppendInt(w.buf, value, 10)
}

func (w *jsonWriter) unsigned(name string, value uint64) {
	w.name(name)
	w.buf = strconv.AppendUint(w.buf, value, 10)
}

func (w *jsonWriter) boolean(name string, value bool) {
	w.name(name)
	w.buf = strconv.AppendBool(w.buf, value)
}

// date takes milliseconds since 1970; 0 is absent.
func (w *jsonWriter) date(name string, ms int64) {
	if ms == 0 {
		return
	}
	w.name(name)
	w.buf = append(w.buf, '"')
	w.buf = time.UnixMilli(ms).UTC().AppendFormat(w.buf, "2006-01-02T15:04:05.000Z")
	w.buf = append(w.buf, '"')
}

func (w *jsonWriter) hex(name string, value []byte) {
	if len(value) == 0 {
		return
	}
	w.name(name)
	w.buf = append(w.buf, '"')
	w.buf = hex.AppendEncode(w.buf, value)
	w.buf = append(w.buf, '"')
}

// list leaves out absent values, and itself when none is left.
func (w *jsonWriter) list(name string, values []string) {
	mark := len(w.buf)
	w.name(name)
	w.buf = append(w.buf, '[')
	for _, v := range values {
		if absent(v) {
			continue
		}
		w.comma()
		w.buf = appendString(w.buf, v)
	}
	w.endList(mark)
}

func (w *jsonWriter) endList(mark int) {
	if w.buf[len(w.buf)-1] == '[' {
		w.buf = w.buf[:mark]
		return
	}
	w.buf = append(w.buf, ']')
}

// appendString quotes s. Bytes that are no UTF-8 become U+FFFD: what stands
// in a log was sent by anybody.
func appendString(dst []byte, s string) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
			dst = append(dst, s[start:i]...)
			dst = append(dst, "\uFFFD"...)
		} else {
			dst = append(dst, s[start:i]...)
			switch c {
			case '"', '\\':
				dst = append(dst, '\\', c)
			case '\n':
				dst = append(dst, '\\', 'n')
			case '\r':
				dst = append(dst, '\\', 'r')
			case '\t':
				dst = append(dst, '\\', 't')
			default:
				dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&0xf])
			}
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
