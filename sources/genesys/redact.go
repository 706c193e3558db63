package genesys

import (
	"bytes"

	"earwitness/pipeline/evidence"
)

// redact gives raw with each secret of a presigned URL, in whatever string it
// stands, replaced by sha256: and the SHA-256 of its percent-decoded value.
// In stored bytes a hash in a secret's place is taken as it is; in fresh ones
// it is what somebody sent, and hashed like any other. The URL may be encoded
// as another's parameter, and its "=" and "&" escaped as JSON allows.
func redact(raw []byte, stored bool) []byte {
	var out []byte
	copied := 0
	for at := 0; ; {
		sign, length, level := nextEquals(raw, at)
		if sign < 0 {
			break
		}
		at = sign + length
		if !evidence.EndsWithSecretName(raw[:sign]) {
			continue
		}
		end := secretEnd(raw, at, level)
		value := raw[at:end]
		if len(value) == 0 || stored && evidence.IsHashedSecret(value) {
			continue
		}
		out = append(out, raw[copied:at]...)
		out = evidence.AppendHashedSecret(out, value, level+1)
		copied, at = end, end
	}
	if out == nil {
		return raw
	}
	return append(out, raw[copied:]...)
}

// nextEquals finds "=", \u003d, %3D, %253D and so on; level counts the
// percent-encodings.
func nextEquals(b []byte, at int) (sign, length, level int) {
	for i := at; i < len(b); i++ {
		switch b[i] {
		case '=':
			return i, 1, 0
		case '\\':
			if i+6 <= len(b) && bytes.EqualFold(b[i:i+6], []byte(`\u003d`)) {
				return i, 6, 0
			}
			i++
		case '%':
			j := i + 1
			for bytes.HasPrefix(b[j:], []byte("25")) {
				j += 2
			}
			if j+2 <= len(b) && b[j] == '3' && b[j+1]|0x20 == 'd' {
				return i, j + 2 - i, (j-i-1)/2 + 1
			}
			i = j - 1
		}
	}
	return -1, 0, 0
}

// secretEnd finds what no value holds, or an ampersand encoded as the "="
// was. A backslash begins an escape, and none stands in a secret but \/.
func secretEnd(b []byte, at, level int) int {
	for i := at; i < len(b); i++ {
		switch c := b[i]; c {
		case '&', ' ', '"', '#', '<', '>', '\t', '\r', '\n':
			return i
		case '\\':
			if i+1 < len(b) && b[i+1] == '/' {
				i++
				continue
			}
			return i
		case '%':
			if level > 0 && evidence.IsEncodedAmpersand(b[i+1:], level) {
				return i
			}
		}
	}
	return len(b)
}
