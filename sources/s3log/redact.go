package s3log

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"

	"earwitness/pipeline/evidence"
)

// hashPrefix begins the text that stands where a secret stood.
const hashPrefix = "sha256:"

const hashedLength = len(hashPrefix) + 2*sha256.Size

// isSecretName says whether before, the text before a "=", ends in the name
// of a parameter whose value is a secret. The key id in X-Amz-Credential is
// none. The plain Signature of version 2 must begin like a parameter, so that
// the key "signature=1/file" keeps its name.
func isSecretName(before []byte) bool {
	if n := endsWithName(before, "signature"); n > 0 {
		before = before[:len(before)-n]
		return endsWithName(before, "x-amz-") > 0 || beginsParameter(before)
	}
	return endsWithName(before, "x-amz-security-token") > 0 ||
		endsWithName(before, "x-amz-s3session-token") > 0
}

func beginsParameter(before []byte) bool {
	if len(before) == 0 {
		return true
	}
	for _, c := range [...]string{"?", "&", ";", "#", " ", "\"", ","} {
		if endsWithName(before, c) > 0 {
			return true
		}
	}
	return false
}

// mayEndName tells the last bytes of a secret's name: of "signature" and
// "token", and of either letter percent-encoded.
func mayEndName(c byte) bool { return unhex(c) >= 0 || c == 'n' || c == 'N' }

// redactor replaces the secrets of presigned URLs.
type redactor struct {
	// stored lines have been redacted before: a hash in a secret's place is
	// taken as it is. In a fresh line it is what a client sent, and hashed
	// like any other value.
	stored bool
	// space, when set, lends what a changed line is written to, and gets it
	// back: the line holds until the next is redacted.
	space *[]byte
}

// redact gives line with each secret replaced by sha256: and the SHA-256 of
// its text, wherever it stands: in URI, referrer or user agent, the name in
// any case and percent-encoded in part or whole, the whole URL encoded any
// number of times as the parameter of another. Without a secret line comes
// back as it is and nothing is allocated, but for lines of JSON with escapes.
func (r redactor) redact(line []byte) []byte {
	if isJSON(line) && bytes.IndexByte(line, '\\') >= 0 {
		return r.redactEscaped(line)
	}
	var out []byte
	done := 0
	for at := 0; ; {
		s := nextSecret(line, at)
		if s.end == 0 {
			break
		}
		at = s.end
		value := line[s.start:s.end]
		if r.stored && evidence.IsHashedSecret(value) {
			continue
		}
		if out == nil {
			out = r.begin(len(line) + 4*hashedLength)
		}
		out = append(out, line[done:s.start]...)
		out = appendHash(out, value, s.level+1)
		done = s.end
	}
	if out == nil {
		return line
	}
	out = append(out, line[done:]...)
	if r.space != nil {
		*r.space = out
	}
	return out
}

// begin gives an empty slice with room for so many bytes.
func (r redactor) begin(room int) []byte {
	if r.space != nil && cap(*r.space) >= room {
		return (*r.space)[:0]
	}
	return make([]byte, 0, room)
}

// secret is the place of a value; end is 0 when there is none.
type secret struct {
	start, end int
	// level counts how often the URL around it was encoded.
	level int
}

// nextSecret looks for the "=" of a secret parameter, encoded or not, from
// at on. It hops over those of other names by the letter before them.
func nextSecret(line []byte, at int) secret {
	for {
		sign, length := nextEquals(line, at)
		if sign < 0 {
			return secret{}
		}
		at = sign + length
		if sign == 0 || !mayEndName(line[sign-1]) || !isSecretName(line[:sign]) {
			continue
		}
		level := 0
		if length > 1 {
			level = (length - 1) / 2
		}
		if end := valueEnd(line, at, level); end > at {
			return secret{start: at, end: end, level: level}
		}
	}
}

// nextEquals finds "=", "%3D", "%253D" and so on.
func nextEquals(line []byte, at int) (sign, length int) {
	for i := at + signSpan(line[at:]); i < len(line); i += signSpan(line[i:]) {
		if line[i] == '=' {
			return i, 1
		}
		j := i + 1
		for j+1 < len(line) && line[j] == '2' && line[j+1] == '5' {
			j += 2
		}
		if j+1 < len(line) && line[j] == '3' && line[j+1]|0x20 == 'd' {
			return i, j + 2 - i
		}
		i = j
	}
	return -1, 0
}

// endsWithName compares from the end, in any case, each character plain or
// percent-encoded any number of times. It gives the length of the name as it
// stands in b; 0 when b does not end so.
func endsWithName(b []byte, name string) int {
	whole := len(b)
	for i := len(name) - 1; i >= 0; i-- {
		n := endsWithByte(b, name[i])
		if n == 0 {
			return 0
		}
		b = b[:len(b)-n]
	}
	return whole - len(b)
}

func endsWithByte(b []byte, want byte) int {
	if len(b) == 0 {
		return 0
	}
	if lower(b[len(b)-1]) == want {
		return 1
	}
	if len(b) < 3 {
		return 0
	}
	high, low := unhex(b[len(b)-2]), unhex(b[len(b)-1])
	if high < 0 || low < 0 || lower(byte(high<<4|low)) != want {
		return 0
	}
	i := len(b) - 2
	for i >= 3 && b[i-1] == '5' && b[i-2] == '2' {
		i -= 2
	}
	if b[i-1] != '%' {
		return 0
	}
	return len(b) - i + 1
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// valueEnd finds the end of a value: an ampersand as encoded as the "=" was
// or less, or what no value holds.
func valueEnd(line []byte, at, level int) int {
	for i := at; i < len(line); i++ {
		switch c := line[i]; c {
		case '&', ' ', '"', '#', '<', '>', '\\', '\t', '\r':
			return i
		case '%':
			if level > 0 && isEncodedAmpersand(line[i+1:], level) {
				return i
			}
		}
	}
	return len(line)
}

func isEncodedAmpersand(b []byte, level int) bool {
	for range level - 1 {
		if bytes.HasPrefix(b, []byte("26")) {
			return true
		}
		if !bytes.HasPrefix(b, []byte("25")) {
			return false
		}
		b = b[2:]
	}
	return bytes.HasPrefix(b, []byte("26"))
}

// appendHash appends the hash of value after undoing its encodings.
func appendHash(dst, value []byte, times int) []byte {
	text := value
	if bytes.IndexByte(value, '%') >= 0 {
		text = bytes.Clone(value)
	}
	for range times {
		before := len(text)
		if bytes.IndexByte(text, '%') < 0 {
			break
		}
		if text = unescape(text[:0], text); len(text) == before {
			break
		}
	}
	sum := sha256.Sum256(text)
	dst = append(dst, hashPrefix...)
	return hex.AppendEncode(dst, sum[:])
}
