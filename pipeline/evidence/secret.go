package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
)

// What sources put in the place of the secrets of presigned URLs. It is the
// same wherever a URL stood, so that its secret can be compared.
const (
	secretPrefix = "sha256:"
	secretLength = len(secretPrefix) + 2*sha256.Size
)

// IsHashedSecret says whether value has the form of what stands in a secret's
// place.
func IsHashedSecret(value []byte) bool {
	if len(value) != secretLength || string(value[:len(secretPrefix)]) != secretPrefix {
		return false
	}
	for _, c := range value[len(secretPrefix):] {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// AppendHashedSecret appends what stands in the place of a secret that is part
// of a JSON string: sha256: and the SHA-256, in hex, of its value without
// JSON's escaped slashes, percent-decoded as often as times says, or as it
// can be.
func AppendHashedSecret(dst, value []byte, times int) []byte {
	decoded := string(bytes.ReplaceAll(value, []byte(`\/`), []byte("/")))
	for range times {
		next, err := url.PathUnescape(decoded)
		if err != nil || next == decoded {
			break
		}
		decoded = next
	}
	sum := sha256.Sum256([]byte(decoded))
	dst = append(dst, secretPrefix...)
	return hex.AppendEncode(dst, sum[:])
}

// EndsWithSecretName says whether before, what stands before an "=" in a JSON
// string, ends with the name of a parameter of a URL that is a secret: the
// signature of any version, or a session's token. Signature alone counts
// where a parameter may begin, however that is encoded.
func EndsWithSecretName(before []byte) bool {
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

// IsEncodedAmpersand says whether b, what stands behind a "%", goes on as an
// ampersand that was percent-encoded up to level times.
func IsEncodedAmpersand(b []byte, level int) bool {
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
