package s3log

import (
	"bytes"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// encodings says how often the key of a line was percent-encoded. What came
// with a request line or a header was encoded by the client and once more for
// the log. What S3 knows as the bare key was encoded for the log alone: the
// keys of a multi-object delete, which stand in the request's body, and those
// of S3's own acts (S3.EXPIRE.OBJECT and all other S3.*: delete markers,
// transitions, checksums), which no request names.
//
// The operation alone decides. Whether the result fits a pattern has no say:
// a key may hold a literal %3D, and identity may not hang on configuration.
func encodings(operation []byte) int {
	if string(operation) == "BATCH.DELETE.OBJECT" || len(operation) > 3 && string(operation[:3]) == "S3." {
		return 1
	}
	return 2
}

// decodeKey undoes the encoding. Invalid escapes stay as they are, "+" is a
// plus, and bytes that are not UTF-8, which no key of S3 holds, stay escaped.
func decodeKey(logged string, times int) string {
	if strings.IndexByte(logged, '%') < 0 {
		return validText(logged)
	}
	buf := []byte(logged)
	for range times {
		buf = unescape(buf[:0], buf)
	}
	if utf8.Valid(buf) {
		return unsafe.String(unsafe.SliceData(buf), len(buf))
	}
	return string(escapeInvalid(buf))
}

// unescape appends src, percent-decoded, to dst, which may be src[:0].
func unescape(dst, src []byte) []byte {
	for {
		i := bytes.IndexByte(src, '%')
		if i < 0 {
			return append(dst, src...)
		}
		dst = append(dst, src[:i]...)
		if i+2 < len(src) {
			if high, low := unhex(src[i+1]), unhex(src[i+2]); high >= 0 && low >= 0 {
				dst, src = append(dst, byte(high<<4|low)), src[i+3:]
				continue
			}
		}
		dst, src = append(dst, '%'), src[i+1:]
	}
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func escapeInvalid(b []byte) []byte {
	const hex = "0123456789ABCDEF"
	out := make([]byte, 0, len(b)+32)
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 {
			out = append(out, '%', hex[b[0]>>4], hex[b[0]&15])
		} else {
			out = append(out, b[:size]...)
		}
		b = b[size:]
	}
	return out
}

// validText gives s with what is not UTF-8 escaped: the wire form's text is
// UTF-8, and the raw line keeps the bytes.
func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string(escapeInvalid([]byte(s)))
}
