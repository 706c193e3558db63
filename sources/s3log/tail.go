package s3log

import "bytes"

// The last fields of the format as known now, and the first of the tail.
const (
	firstTailField = 18
	lastKnownField = 27
)

// tail is what scan found, kept apart until the reading is chosen; an absent
// field is empty.
type tail struct {
	field  [lastKnownField - firstTailField + 1][]byte
	extra  []byte
	fields int
}

// scan reads fields 18 and later from b, which is all that stands behind the
// user agent and its space. No field of the tail may hold a quote, so a quote
// that a client sent always lies before the tail.
func (t *tail) scan(b []byte) bool {
	n, ended := 0, false
	for ; n < len(t.field) && !ended; n++ {
		length := 1
		if len(b) > 0 && b[0] == '-' && (len(b) == 1 || b[1] == ' ') {
			t.field[n] = nil
		} else {
			if length = tailField(n+firstTailField, b); length == 0 {
				return false
			}
			t.field[n] = b[:length]
		}
		switch {
		case length == len(b):
			b, ended = nil, true
		case b[length] == ' ':
			b = b[length+1:]
		default:
			return false
		}
	}
	clear(t.field[n:])
	t.extra, t.fields = b, firstTailField-1+n
	if len(b) > 0 {
		if bytes.IndexByte(b, '"') >= 0 {
			return false
		}
		t.fields += 1 + bytes.Count(b, []byte(" "))
	}
	return true
}

// tailField gives the length of a field at the start of b, which is not
// absent; 0 when it is none. What follows it the caller looks at.
func tailField(field int, b []byte) int {
	n := 0
	fits := true
	switch field {
	case 18, 23:
		n = textSpan(b)
	case 19:
		n = span(b, classBase64)
		fits = n >= 16 && n <= 256
	case 20:
		n = span(b, classWord)
		fits = n > 3 && n <= 16 && string(b[:3]) == "Sig"
	case 21:
		// A letter comes first, so that a number is none.
		n = span(b, classWord)
		fits = n > 0 && classes[b[0]]&classLetter != 0
	case 22:
		n = span(b, classLetter)
		fits = n >= 4
	case 24:
		n = span(b, classWord)
		fits = isTLSName(b[:n])
	case 25:
		n = textSpan(b)
		fits = n > 4 && string(b[:4]) == "arn:"
	case 26:
		n = span(b, classLetter)
		fits = string(b[:n]) == "Yes" || string(b[:n]) == "No"
	default:
		n = span(b, classRegion)
		fits = n <= 40
	}
	if !fits {
		return 0
	}
	return n
}

// hasHostID tells a tail that is anchored by its host id.
func (t *tail) hasHostID() bool { return len(t.field[1]) > 0 }

func (l *Line) setTail(t *tail) {
	f := &t.field
	l.VersionID, l.HostID = f[0], f[1]
	l.SignatureVersion, l.CipherSuite, l.AuthenticationType = f[2], f[3], f[4]
	l.HostHeader, l.TLSVersion = f[5], f[6]
	l.AccessPointARN, l.ACLRequired, l.SourceRegion = f[7], f[8], f[9]
	l.Extra, l.Fields = t.extra, t.fields
}
