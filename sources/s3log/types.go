package s3log

import "bytes"

// The checks by which a field is told from its neighbours. Those of fields
// that AWS extends (error codes, signature versions, operations) check the
// shape and not the value.

const (
	classDigit = 1 << iota
	classLetter
	classIP     // hex digits, dot, colon
	classBase64 // of either alphabet
	classWord   // letters, digits, underscore, dash, dot
	classText   // whatever is printable, spaces and quotes left out
	classUpper
	classRegion
	classPart // letters, digits, underscore: between the dots of an operation
)

var classes = makeClasses() //nolint:gochecknoglobals // a table, never written again

func makeClasses() (t [256]uint16) {
	for c := range 256 {
		b := byte(c)
		digit := b >= '0' && b <= '9'
		upper := b >= 'A' && b <= 'Z'
		lower := b >= 'a' && b <= 'z'
		set := func(is bool, class uint16) {
			if is {
				t[c] |= class
			}
		}
		in := func(s string) bool { return bytes.IndexByte([]byte(s), b) >= 0 }
		set(digit, classDigit)
		set(upper || lower, classLetter)
		set(digit || in("abcdefABCDEF.:"), classIP)
		set(digit || upper || lower || in("+/=-_"), classBase64)
		set(digit || upper || lower || in("_-."), classWord)
		set(b > ' ' && b != '"' && b != 0x7f, classText)
		set(digit || upper, classUpper)
		set(digit || lower || b == '-', classRegion)
		set(digit || upper || lower || b == '_', classPart)
	}
	return t
}

func isDash(b []byte) bool { return len(b) == 1 && b[0] == '-' }

// absent turns "-" into nothing.
func absent(b []byte) []byte {
	if isDash(b) {
		return nil
	}
	return b
}

func isRemoteIP(b []byte) bool { return isDash(b) || all(b, classIP) && isAddress(b) }

// isAddress looks at what is of classIP.
func isAddress(b []byte) bool {
	return len(b) >= 2 && len(b) <= 45 && (bytes.IndexByte(b, '.') > 0 || bytes.IndexByte(b, ':') >= 0)
}

// isRequestID takes 16 upper-case letters and digits, or a UUID.
func isRequestID(b []byte) bool {
	switch len(b) {
	case 16:
		return all(b, classUpper)
	case 36:
		for i, c := range b {
			if i == 8 || i == 13 || i == 18 || i == 23 {
				if c != '-' {
					return false
				}
			} else if classes[c]&classIP == 0 || c == '.' || c == ':' {
				return false
			}
		}
		return true
	}
	return false
}

// isOperation takes 2 to 4 parts joined by dots, the first in upper case.
func isOperation(b []byte) bool {
	n := span(b, classUpper)
	if n == 0 || len(b) > 128 {
		return false
	}
	for part := 1; n < len(b); part++ {
		if part == 4 || b[n] != '.' {
			return false
		}
		b = b[n+1:]
		if n = span(b, classPart); n == 0 {
			return false
		}
		if n == len(b) {
			return true
		}
	}
	return false
}

func isHostID(b []byte) bool {
	return isDash(b) || len(b) >= 16 && len(b) <= 256 && all(b, classBase64)
}

func isTLSVersion(b []byte) bool { return isDash(b) || all(b, classWord) && isTLSName(b) }

// isTLSName looks at what is of classWord.
func isTLSName(b []byte) bool {
	return len(b) > 3 && len(b) <= 12 && (string(b[:3]) == "TLS" || string(b[:3]) == "SSL")
}

// number reads up to 18 digits; "-" is absent.
func number(b []byte) (n int64, present, ok bool) {
	if isDash(b) {
		return 0, false, true
	}
	if len(b) == 0 || len(b) > 18 {
		return 0, false, false
	}
	for _, c := range b {
		d := c - '0'
		if d > 9 {
			return 0, false, false
		}
		n = n*10 + int64(d)
	}
	return n, true, true
}
