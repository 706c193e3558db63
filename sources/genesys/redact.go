package genesys

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
)

const (
	hashPrefix   = "sha256:"
	hashedLength = len(hashPrefix) + 2*sha256.Size
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
		if !isSecretName(raw[:sign]) {
			continue
		}
		end := secretEnd(raw, at, level)
		value := raw[at:end]
		if len(value) == 0 || stored && isHashed(value) {
			continue
		}
		out = append(out, raw[copied:at]...)
		out = appendHash(out, value, level+1)
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

func isSecretName(before []byte) bool {
	for _, name := range [...]string{"x-amz-signature", "x-amz-security-token", "x-amz-s3session-token"} {
		if endsWith(before, name) {
			return true
		}
	}
	if !endsWith(before, "signature") {
		return false
	}
	before = before[:len(before)-len("signature")]
	for _, lead := range [...]string{"?", "&", `"`, ";", `\u0026`, `\u003f`, "26", "3f"} {
		if endsWith(before, lead) {
			return true
		}
	}
	return false
}

func endsWith(b []byte, name string) bool {
	return len(b) >= len(name) && bytes.EqualFold(b[len(b)-len(name):], []byte(name))
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
			if level > 0 && isAmpersand(b[i+1:], level) {
				return i
			}
		}
	}
	return len(b)
}

func isAmpersand(b []byte, level int) bool {
	for range level {
		if bytes.HasPrefix(b, []byte("26")) {
			return true
		}
		if !bytes.HasPrefix(b, []byte("25")) {
			return false
		}
		b = b[2:]
	}
	return false
}

func isHashed(value []byte) bool {
	if len(value) != hashedLength || string(value[:len(hashPrefix)]) != hashPrefix {
		return false
	}
	_, err := hex.DecodeString(string(value[len(hashPrefix):]))
	return err == nil
}

func appendHash(dst, value []byte, times int) []byte {
	decoded := string(bytes.ReplaceAll(value, []byte(`\/`), []byte("/")))
	for range times {
		next, err := url.PathUnescape(decoded)
		if err != nil || next == decoded {
			break
		}
		decoded = next
	}
	sum := sha256.Sum256([]byte(decoded))
	dst = append(dst, hashPrefix...)
	return hex.AppendEncode(dst, sum[:])
}
