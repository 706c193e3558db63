package s3log

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// presigned reads what the query of a redacted request URI says about the
// link: the hash of its signature (nil when there is none) and the time of
// signing in milliseconds since 1970 (0 when there is none, as with signature
// version 2).
func presigned(uri string) (grant []byte, signingTimeMs int64) {
	if cut := strings.LastIndex(uri, " HTTP/"); cut >= 0 {
		uri = uri[:cut]
	}
	_, query, _ := strings.Cut(uri, "?")
	query, _, _ = strings.Cut(query, "#")
	var older []byte
	for query != "" {
		var param string
		param, query, _ = strings.Cut(query, "&")
		name, value, ok := strings.Cut(param, "=")
		if !ok {
			continue
		}
		name = decodeKey(name, 1)
		switch {
		case grant == nil && strings.EqualFold(name, "X-Amz-Signature"):
			grant = hashOf(value)
		case older == nil && strings.EqualFold(name, "Signature"):
			older = hashOf(value)
		case signingTimeMs == 0 && strings.EqualFold(name, "X-Amz-Date"):
			if at, err := time.Parse("20060102T150405Z", decodeKey(value, 1)); err == nil {
				signingTimeMs = at.UnixMilli()
			}
		}
	}
	if grant == nil {
		grant = older
	}
	return grant, signingTimeMs
}

// hashOf reads what the redactor wrote.
func hashOf(value string) []byte {
	text, ok := strings.CutPrefix(value, hashPrefix)
	if !ok || len(text) != 2*sha256.Size {
		return nil
	}
	sum, err := hex.DecodeString(text)
	if err != nil {
		return nil
	}
	return sum
}
