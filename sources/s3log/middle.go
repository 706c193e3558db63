package s3log

import (
	"bytes"

	"earwitness/pipeline/evidence"
)

// numbers are fields 10-15.
type numbers struct {
	status, sent, size, total, turn int64
	code                            []byte
	present                         uint32
}

// scan reads the six fields at the start of b, each followed by a space.
func (n *numbers) scan(b []byte) (rest []byte, ok bool) {
	*n = numbers{}
	var w [6][]byte
	for i := range w {
		// A longer word is none of these fields; the bound keeps a search
		// through many quotes cheap.
		space := bytes.IndexByte(b[:min(len(b), 130)], ' ')
		if space <= 0 {
			return nil, false
		}
		w[i], b = b[:space], b[space+1:]
	}
	if !isDash(w[0]) && len(w[0]) != 3 || !isErrorCode(w[1]) {
		return nil, false
	}
	n.code = absent(w[1])
	for _, f := range [...]struct {
		text []byte
		to   *int64
		bit  uint32
	}{
		{w[0], &n.status, evidence.PresentStatus},
		{w[2], &n.sent, evidence.PresentBytesSent},
		{w[3], &n.size, evidence.PresentObjectSize},
		{w[4], &n.total, evidence.PresentTotalTime},
		{w[5], &n.turn, evidence.PresentTurnAround},
	} {
		value, present, ok := number(f.text)
		if !ok {
			return nil, false
		}
		if present {
			*f.to = value
			n.present |= f.bit
		}
	}
	return b, true
}

func (l *Line) setNumbers(n *numbers) {
	l.Status, l.ErrorCode, l.Present = n.status, n.code, n.present
	l.BytesSent, l.ObjectSize, l.TotalTimeMs, l.TurnAroundMs = n.sent, n.size, n.total, n.turn
}

// quoted takes a field of the form "…", without quotes inside, or a bare -,
// and the space behind it.
func quoted(b []byte) (field, rest []byte, ok bool) {
	if len(b) >= 2 && b[0] == '-' && b[1] == ' ' {
		return nil, b[2:], true
	}
	if len(b) == 0 || b[0] != '"' {
		return nil, nil, false
	}
	end := bytes.IndexByte(b[1:], '"') + 1
	if end == 0 || end+1 >= len(b) || b[end+1] != ' ' {
		return nil, nil, false
	}
	return absent(b[1:end]), b[end+2:], true
}

// scanExact reads the line from field 9 on as it should be: no quote inside a
// quoted field and a well-formed request line. A client that puts quotes into
// what it sends makes more of them than this reading has room for; where he
// leaves headers out to make room, the tail would have to begin with numbers
// or at the wrong field, and its types refuse that. The host id must be there
// once a client had a say, for it is the one field that nothing else of the
// tail resembles.
func (l *Line) scanExact(b []byte) bool {
	var (
		n numbers
		t tail
	)
	uri, rest, ok := quoted(b)
	if !ok || uri != nil && !isRequestLine(uri) {
		return false
	}
	if rest, ok = n.scan(rest); !ok {
		return false
	}
	referrer, rest, ok := quoted(rest)
	if !ok {
		return false
	}
	agent, rest, ok := quoted(rest)
	if !ok || !t.scan(rest) {
		return false
	}
	if b[0] == '"' && !anchored(&t) {
		return false
	}
	l.RequestURI, l.Referrer, l.UserAgent = uri, referrer, agent
	l.setNumbers(&n)
	l.setTail(&t)
	return true
}

// isRequestLine takes METHOD target HTTP/version with nothing but these two
// spaces.
func isRequestLine(uri []byte) bool {
	method := bytes.IndexByte(uri, ' ')
	if method <= 0 || !all(uri[:method], classLetter) {
		return false
	}
	end := bytes.LastIndexByte(uri, ' ')
	return end > method+1 && bytes.IndexByte(uri[method+1:end], ' ') < 0 && isProtocol(uri[end+1:])
}

func isProtocol(b []byte) bool {
	return len(b) >= 6 && len(b) <= 8 && string(b[:5]) == "HTTP/" && all(b[5:], classWord)
}
