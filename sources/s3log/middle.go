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

// scan reads the six fields at the start of b, each followed by a space. A
// number has 18 digits at most, so the search through many quotes stays cheap.
func (n *numbers) scan(b []byte) (rest []byte, ok bool) {
	*n = numbers{}
	if beginsWithDash(b) {
		b = b[2:]
	} else {
		whole := len(b)
		if n.status, b, ok = leadingNumber(b); !ok || whole-len(b) != len("206 ") {
			return nil, false
		}
		n.present = evidence.PresentStatus
	}
	if beginsWithDash(b) {
		b = b[2:]
	} else if n.code, b, ok = cut(b, span(b[:min(len(b), maxErrorCode+1)], classWord)); !ok || len(n.code) > maxErrorCode {
		return nil, false
	}
	for _, f := range [...]struct {
		to  *int64
		bit uint32
	}{
		{&n.sent, evidence.PresentBytesSent},
		{&n.size, evidence.PresentObjectSize},
		{&n.total, evidence.PresentTotalTime},
		{&n.turn, evidence.PresentTurnAround},
	} {
		if beginsWithDash(b) {
			b = b[2:]
			continue
		}
		if *f.to, b, ok = leadingNumber(b); !ok {
			return nil, false
		}
		n.present |= f.bit
	}
	return b, true
}

// maxErrorCode is the length of the longest error code.
const maxErrorCode = 128

// leadingNumber reads up to 18 digits and the space behind them.
func leadingNumber(b []byte) (n int64, rest []byte, ok bool) {
	for i, c := range b {
		d := c - '0'
		switch {
		case d <= 9 && i < 18:
			n = n*10 + int64(d)
		case c == ' ' && i > 0:
			return n, b[i+1:], true
		default:
			return 0, nil, false
		}
	}
	return 0, nil, false
}

func (l *Line) setNumbers(n *numbers) {
	l.Status, l.ErrorCode, l.Present = n.status, n.code, n.present
	l.BytesSent, l.ObjectSize, l.TotalTimeMs, l.TurnAroundMs = n.sent, n.size, n.total, n.turn
}

// quoted takes a field of the form "…", without quotes inside, or a bare -,
// and the space behind it.
func quoted(b []byte) (field, rest []byte, ok bool) {
	if beginsWithDash(b) {
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
	method := span(uri, classLetter)
	if method == 0 || method == len(uri) || uri[method] != ' ' {
		return false
	}
	// The protocol is short, and what it is after holds no space.
	end := len(uri) - 1
	for least := len(uri) - maxProtocol - 1; end > method && uri[end] != ' '; end-- {
		if end == least {
			return false
		}
	}
	return end > method+1 && bytes.IndexByte(uri[method+1:end], ' ') < 0 && isProtocol(uri[end+1:])
}

// maxProtocol is the length of the longest protocol.
const maxProtocol = 8

func isProtocol(b []byte) bool {
	return len(b) >= 6 && len(b) <= maxProtocol && string(b[:5]) == "HTTP/" && all(b[5:], classWord)
}
