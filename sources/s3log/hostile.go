package s3log

import "bytes"

// scanHostile reads the line from field 9 on where it has quotes or spaces
// inside its quoted fields. There is no escaping, so the reading rests on
// what a client can't reach: the end of the line, and that a server accepts a
// request line with a method, a target without spaces and a protocol. Hence:
//
//   - The last quote of the line closes the last quoted field, because no
//     field of the tail holds one. Which field that is, the types of the tail
//     say.
//   - The request URI ends at the first quote that makes a well-formed request
//     line and is followed by the six fields of the numbers. Only if there is
//     none, a less well-formed one will do: one that ends in a protocol before
//     one that doesn't. A forged block of numbers in referrer or user agent
//     comes later; one inside the URI would need a raw space.
//   - The referrer ends at the first `" "`: both neighbours are the client's.
func (l *Line) scanHostile(b []byte) error {
	last := bytes.LastIndexByte(b, '"')
	if last < 0 {
		return errNumbers
	}
	var n numbers
	uri, numbersEnd := requestURI(b, last, &n)
	if numbersEnd < 0 {
		return errNumbers
	}
	var t tail
	referrer, agent, ok := clientFields(b[numbersEnd:], last-numbersEnd, &t)
	if !ok {
		return errTail
	}
	l.RequestURI, l.Referrer, l.UserAgent = absent(uri), absent(referrer), absent(agent)
	l.setNumbers(&n)
	l.setTail(&t)
	return nil
}

// requestURI finds field 9 and the numbers behind it; numbersEnd is -1 when
// there is none.
func requestURI(b []byte, last int, n *numbers) (uri []byte, numbersEnd int) {
	if b[0] == '-' && len(b) > 1 && b[1] == ' ' {
		rest, ok := n.scan(b[2:])
		if !ok {
			return nil, -1
		}
		return nil, len(b) - len(rest)
	}
	if b[0] != '"' {
		return nil, -1
	}
	wellFormed := requestLineEnd(b)
	best := 0
	numbersEnd = -1
	for end := 1; end <= last && best < 3; end++ {
		next := bytes.IndexByte(b[end:last+1], '"')
		if next < 0 {
			break
		}
		end += next
		rank := uriRank(b, end, wellFormed)
		if rank <= best || end+2 > len(b) || b[end+1] != ' ' {
			continue
		}
		var found numbers
		rest, ok := found.scan(b[end+2:])
		if !ok || len(rest) == 0 || rest[0] != '"' && rest[0] != '-' {
			continue
		}
		*n, best = found, rank
		uri, numbersEnd = b[1:end], len(b)-len(rest)
	}
	return uri, numbersEnd
}

// uriRank says how good a request line ends at the quote at end.
func uriRank(b []byte, end, wellFormed int) int {
	if end == wellFormed {
		return 3
	}
	before := b[1:end]
	space := bytes.LastIndexByte(before[max(0, len(before)-9):], ' ')
	if space >= 0 && isProtocol(before[max(0, len(before)-9)+space+1:]) {
		return 2
	}
	return 1
}

// requestLineEnd is the place of the only quote at which a well-formed
// request line can end; -1 when there is none.
func requestLineEnd(b []byte) int {
	method := bytes.IndexByte(b, ' ')
	if method < 0 {
		return -1
	}
	target := bytes.IndexByte(b[method+1:], ' ')
	if target < 0 {
		return -1
	}
	start := method + 1 + target + 1
	quote := bytes.IndexByte(b[start:min(len(b), start+9)], '"')
	if quote < 0 || !isRequestLine(b[1:start+quote]) {
		return -1
	}
	return start + quote
}

// clientFields reads fields 16 and later of b, whose last quote is at last:
// it closes the user agent, or the referrer when the user agent is bare, or
// lies before b when both are.
func clientFields(b []byte, last int, t *tail) (referrer, agent []byte, ok bool) {
	if last < 0 {
		if !bytes.HasPrefix(b, []byte("- - ")) || !t.scan(b[4:]) {
			return nil, nil, false
		}
		return nil, nil, true
	}
	if last+2 > len(b) || b[last+1] != ' ' {
		return nil, nil, false
	}
	if t.scan(b[last+2:]) && anchored(t) {
		if referrer, agent, ok = splitClient(b[:last]); ok {
			return referrer, agent, true
		}
	}
	// A referrer alone, the user agent bare behind it.
	behind := b[last+2:]
	if b[0] != '"' || last == 0 || !bytes.HasPrefix(behind, []byte("- ")) || !t.scan(behind[2:]) {
		return nil, nil, false
	}
	return b[1:last], nil, true
}

// anchored refuses a tail that could as well begin one field further on: a
// bare user agent before a version id that passes for a host id.
func anchored(t *tail) bool {
	if t.fields == firstTailField {
		return true
	}
	return t.hasHostID() && (t.fields > firstTailField+1 || len(t.field[0]) > 0 || len(t.field[1]) > 40)
}

// splitClient splits referrer and user agent; b ends before the quote that
// closes the latter.
func splitClient(b []byte) (referrer, agent []byte, ok bool) {
	if bytes.HasPrefix(b, []byte(`- "`)) {
		return nil, b[3:], true
	}
	if len(b) == 0 || b[0] != '"' {
		return nil, nil, false
	}
	i := bytes.Index(b[1:], []byte(`" "`))
	if i < 0 {
		return nil, nil, false
	}
	return b[1 : 1+i], b[1+i+3:], true
}
