package s3log

import (
	"bytes"

	"earwitness/pipeline/evidence"
)

// scanGatewayMiddle reads fields 9-24; path is what field 25 says. Request
// URI, status and numbers are anchored on the left, host id and what follows
// it on the right, the version id by the URI's query.
func (l *Line) scanGatewayMiddle(b, path []byte) (ok, sure bool) {
	if b, ok = l.scanGatewayTail(b); !ok {
		return false, false
	}
	uri, rest, ok := word(b)
	if !ok {
		return false, false
	}
	var n numbers
	sure = namesPath(uri, path, l.Bucket)
	behind, ok := n.scan(rest)
	if !ok {
		if behind, ok = n.scanFailure(rest); !ok {
			return false, false
		}
		sure = false
	}
	rest, version, found := cutVersion(behind, queryValue(uri, "versionId"))
	referrer, agent, ok := bytes.Cut(rest, []byte(" "))
	if !ok || len(referrer) == 0 || len(agent) == 0 {
		return false, false
	}
	border := isDash(referrer) || bytes.Contains(referrer, []byte("://")) || bytes.IndexByte(agent, ' ') < 0
	l.RequestURI, l.Referrer, l.UserAgent, l.VersionID = absent(uri), absent(referrer), absent(agent), absent(version)
	l.setNumbers(&n)
	return true, sure && found && border
}

// scanGatewayTail reads fields 19-24 at the end of b.
func (l *Line) scanGatewayTail(b []byte) (rest []byte, ok bool) {
	var w [6][]byte
	for i := len(w) - 1; i >= 0; i-- {
		space := bytes.LastIndexByte(b, ' ')
		if space <= 0 {
			return nil, false
		}
		w[i], b = b[space+1:], b[:space]
	}
	// A cipher suite that Go has no name for is written in hex.
	if !isHostID(w[0]) || isDash(w[0]) || string(w[1]) != "SigV4" || !all(w[2], classWord) ||
		string(w[3]) != "AuthHeader" || !all(w[4], classText) || !isTLSVersion(w[5]) {
		return nil, false
	}
	l.HostID, l.SignatureVersion, l.CipherSuite = w[0], w[1], absent(w[2])
	l.AuthenticationType, l.HostHeader, l.TLSVersion = w[3], absent(w[4]), absent(w[5])
	return b, true
}

// scanFailure reads fields 10-15 where field 11 is the text of an error inside
// versitygw, spaces and all, as it writes it with status 500. The first four
// numbers in a row end it.
func (n *numbers) scanFailure(b []byte) (rest []byte, ok bool) {
	text, ok := bytes.CutPrefix(b, []byte("500 "))
	if !ok {
		return nil, false
	}
	for at := 0; ; at++ {
		space := bytes.IndexByte(text[at:], ' ')
		if space < 0 {
			return nil, false
		}
		at += space
		if rest, ok = n.scanCounts(text[at+1:]); ok {
			n.status, n.code = 500, text[:at]
			n.present |= evidence.PresentStatus
			return rest, true
		}
	}
}

// scanCounts reads fields 12-15.
func (n *numbers) scanCounts(b []byte) (rest []byte, ok bool) {
	*n = numbers{}
	for _, f := range [...]struct {
		to  *int64
		bit uint32
	}{
		{&n.sent, evidence.PresentBytesSent},
		{&n.size, evidence.PresentObjectSize},
		{&n.total, evidence.PresentTotalTime},
		{&n.turn, evidence.PresentTurnAround},
	} {
		w, behind, ok := word(b)
		if !ok {
			return nil, false
		}
		value, present, ok := number(w)
		if !ok || !present {
			return nil, false
		}
		*f.to, b = value, behind
		n.present |= f.bit
	}
	return b, true
}

// cutVersion cuts field 18 off the end of b, which begins with the referrer.
// found says that it is what the URI asks for.
func cutVersion(b, asked []byte) (rest, version []byte, found bool) {
	if len(asked) == 0 {
		asked = []byte("-")
	}
	if rest, ok := bytes.CutSuffix(b, asked); ok && len(rest) > 0 && rest[len(rest)-1] == ' ' {
		return rest[:len(rest)-1], b[len(rest):], true
	}
	space := bytes.LastIndexByte(b, ' ')
	if space < 0 {
		return nil, nil, false
	}
	return b[:space], b[space+1:], false
}

// namesPath says whether the URI's path, decoded, is path; the bucket may
// stand in the host's name instead.
func namesPath(uri, path, bucket []byte) bool {
	if i := bytes.IndexAny(uri, "?#"); i >= 0 {
		uri = uri[:i]
	}
	if bytes.IndexByte(uri, '%') >= 0 {
		uri = unescape(make([]byte, 0, len(uri)), uri)
	}
	if bytes.Equal(uri, path) {
		return true
	}
	rest, ok := bytes.CutPrefix(path, []byte("/"))
	if !ok || len(bucket) == 0 {
		return false
	}
	rest, ok = bytes.CutPrefix(rest, bucket)
	return ok && (bytes.Equal(uri, rest) || len(rest) == 0 && string(uri) == "/")
}

// queryValue gives the first parameter of that name in the URI's query,
// decoded as a form is.
func queryValue(uri []byte, name string) []byte {
	_, query, _ := bytes.Cut(uri, []byte("?"))
	for len(query) > 0 {
		var param []byte
		param, query, _ = bytes.Cut(query, []byte("&"))
		key, value, _ := bytes.Cut(param, []byte("="))
		if string(unescapeForm(key)) == name {
			return unescapeForm(value)
		}
	}
	return nil
}

func unescapeForm(b []byte) []byte {
	if !bytes.ContainsAny(b, "%+") {
		return b
	}
	b = bytes.ReplaceAll(b, []byte("+"), []byte(" "))
	return unescape(b[:0], b)
}
