package cloudtrail

import (
	"bytes"
	"strings"

	"earwitness/pipeline/evidence"
)

// isSecretMember says whether a member's value is a secret: CloudTrail gives
// the parameters of a presigned URL as members of requestParameters. (It
// leaves signatures out, but nobody promises that.)
func isSecretMember(name string) bool {
	switch len(name) {
	case len("signature"):
		return strings.EqualFold(name, "signature")
	case len("sessionToken"):
		return strings.EqualFold(name, "sessionToken")
	case len("x-amz-signature"):
		return strings.EqualFold(name, "x-amz-signature")
	case len("x-amz-security-token"):
		return strings.EqualFold(name, "x-amz-security-token")
	case len("x-amz-s3session-token"):
		return strings.EqualFold(name, "x-amz-s3session-token")
	}
	return false
}

// mayHoldSecret says whether some "=" in raw, encoded or not, stands behind
// the last letter of a secret's name.
func mayHoldSecret(raw []byte) bool {
	for at := 0; ; at++ {
		i := bytes.IndexByte(raw[at:], '=')
		if i < 0 {
			break
		}
		if at += i; at > 0 && endsName(raw[at-1]) {
			return true
		}
	}
	for at := 0; ; at++ {
		i := bytes.IndexByte(raw[at:], '%')
		if i < 0 {
			break
		}
		if at += i; at > 0 && endsName(raw[at-1]) {
			return true
		}
	}
	return bytes.Contains(raw, []byte(`\u003`))
}

func endsName(c byte) bool { return c|0x20 == 'e' || c|0x20 == 'n' }

// redact gives raw with each secret replaced by sha256: and the SHA-256 of its
// percent-decoded value: the values of members with a secret's name, and those
// of presigned URLs, in whatever string they stand. In stored bytes a hash in
// a secret's place is taken as it is; in fresh ones it is what somebody sent,
// and hashed like any other. A URL may be encoded as another's parameter, and
// its "=" and "&" escaped as JSON allows.
func redact(raw []byte, stored bool) []byte {
	var out []byte
	copied := 0
	for at := 0; ; {
		start, level := nextValue(raw, at)
		if start < 0 {
			break
		}
		at = start
		end := secretEnd(raw, start, level)
		value := raw[start:end]
		if len(value) == 0 || stored && evidence.IsHashedSecret(value) {
			continue
		}
		out = append(out, raw[copied:start]...)
		out = evidence.AppendHashedSecret(out, value, level+1)
		copied, at = end, end
	}
	if out == nil {
		return raw
	}
	return append(out, raw[copied:]...)
}

// nextValue finds where the next secret begins: behind an "=", encoded as
// often as level says, or behind a member's name and the quote of its value
// (level -1).
func nextValue(b []byte, at int) (start, level int) {
	for i := at; i < len(b); i++ {
		switch b[i] {
		case '=':
			if evidence.EndsWithSecretName(b[:i]) {
				return i + 1, 0
			}
		case ':':
			if value := memberValue(b, i); value > 0 {
				return value, -1
			}
		case '\\':
			if i+6 <= len(b) && bytes.EqualFold(b[i:i+6], []byte(`\u003d`)) && evidence.EndsWithSecretName(b[:i]) {
				return i + 6, 0
			}
			i++
		case '%':
			j := i + 1
			for bytes.HasPrefix(b[j:], []byte("25")) {
				j += 2
			}
			if j+2 <= len(b) && b[j] == '3' && b[j+1]|0x20 == 'd' && evidence.EndsWithSecretName(b[:i]) {
				return j + 2, (j-i-1)/2 + 1
			}
			i = j - 1
		}
	}
	return -1, 0
}

// memberValue gives the place behind the quote of a member's value, where the
// colon at i stands behind a secret's name.
func memberValue(b []byte, i int) int {
	name := bytes.TrimRight(b[:i], " \t\r\n")
	if len(name) < 2 || name[len(name)-1] != '"' {
		return 0
	}
	open := bytes.LastIndexByte(name[:len(name)-1], '"')
	if open < 0 || !isSecretMember(unescaped(name[open:])) {
		return 0
	}
	for j := i + 1; j < len(b); j++ {
		switch b[j] {
		case ' ', '\t', '\r', '\n':
		case '"':
			return j + 1
		default:
			return 0
		}
	}
	return 0
}

// secretEnd finds what no value holds, or an ampersand encoded as the "="
// was; a member's value ends with its string.
func secretEnd(b []byte, at, level int) int {
	for i := at; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"', c < ' ':
			return i
		case c == '\\' && i+1 < len(b) && (b[i+1] == '/' || level < 0):
			i++
		case level < 0:
		case c == '\\', c == '&', c == ' ', c == '#', c == '<', c == '>':
			return i
		case c == '%' && level > 0 && evidence.IsEncodedAmpersand(b[i+1:], level):
			return i
		}
	}
	return len(b)
}
