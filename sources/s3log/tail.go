package s3log

import "bytes"

// The last fields of the format as known now, and the first of the tail.
const (
	firstTailField = 18
	lastKnownField = 27
)

// tailBytes is what scanTail found, kept apart until the reading is chosen.
type tail struct {
	field  [lastKnownField - firstTailField + 1][]byte
	extra  []byte
	fields int
}

// scan reads fields 18 and later from b, which is all that stands behind the
// user agent and its space. No field of the tail may hold a quote, so a quote
// that a client sent always lies before the tail.
func (t *tail) scan(b []byte) bool {
	*t = tail{}
	n := 0
	for n < len(t.field) {
		if len(b) == 0 {
			return false
		}
		w, rest := b, []byte(nil)
		i := bytes.IndexByte(b, ' ')
		if i == 0 {
			return false
		}
		if i > 0 {
			w, rest = b[:i], b[i+1:]
		}
		if !tailType(n+firstTailField, w) {
			return false
		}
		t.field[n] = w
		n++
		b = rest
		if i < 0 {
			break
		}
	}
	t.extra, t.fields = b, firstTailField-1+n
	if len(b) > 0 {
		if bytes.IndexByte(b, '"') >= 0 {
			return false
		}
		t.fields += 1 + bytes.Count(b, []byte(" "))
	}
	return true
}

func tailType(field int, w []byte) bool {
	switch field {
	case 18, 23:
		return all(w, classText)
	case 19:
		return isHostID(w)
	case 20:
		return isSignatureVersion(w)
	case 21:
		return isCipherSuite(w)
	case 22:
		return isAuthenticationType(w)
	case 24:
		return isTLSVersion(w)
	case 25:
		return isARN(w)
	case 26:
		return isACLRequired(w)
	}
	return isRegion(w)
}

// hasHostID tells a tail that is anchored by its host id.
func (t *tail) hasHostID() bool { return len(t.field[1]) > 1 }

func (l *Line) setTail(t *tail) {
	f := &t.field
	l.VersionID, l.HostID = absent(f[0]), absent(f[1])
	l.SignatureVersion, l.CipherSuite, l.AuthenticationType = absent(f[2]), absent(f[3]), absent(f[4])
	l.HostHeader, l.TLSVersion = absent(f[5]), absent(f[6])
	l.AccessPointARN, l.ACLRequired, l.SourceRegion = absent(f[7]), absent(f[8]), absent(f[9])
	l.Extra, l.Fields = t.extra, t.fields
}
