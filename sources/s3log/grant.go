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
			signingTimeMs = signingTime(decodeKey(value, 1))
		}
	}
	if grant == nil {
		grant = older
	}
	return grant, signingTimeMs
}

// signingTime reads 20060102T150405Z; 0 when it is something else. What has
// this form to the letter needs no time.Parse, which is slow.
func signingTime(text string) int64 {
	const form = "20060102T150405Z"
	if len(text) == len(form) && text[8] == 'T' && text[15] == 'Z' {
		year, month, day := 100*twoDigits(text[0], text[1])+twoDigits(text[2], text[3]), twoDigits(text[4], text[5]), twoDigits(text[6], text[7])
		hour, minute, second := twoDigits(text[9], text[10]), twoDigits(text[11], text[12]), twoDigits(text[13], text[14])
		if year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month) &&
			hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 && second >= 0 && second <= 59 {
			return (daysSince1970(year, month, day)*86400 + int64(hour*3600+minute*60+second)) * 1000
		}
	}
	if at, err := time.Parse(form, text); err == nil {
		return at.UnixMilli()
	}
	return 0
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
