package genesys

// machine follows the structure of one JSON value byte by byte, enough to
// find its end and to see at once when a line was cut short: a raw line end
// inside a string, or a token where none may stand. Numbers and literals are
// checked when the item is read.
type machine struct {
	depth    int
	objects  [maxDepth]bool
	state    state
	inString bool
	escaped  bool
	// key collects the string at depth 1 that is being read, to find pages.
	key      [len(entitiesKey) + 1]byte
	keyLen   int
	entities bool
}

// maxDepth bounds nesting; audits have four levels or so.
const maxDepth = 64

const entitiesKey = "entities"

type state uint8

const (
	wantValue state = iota
	wantValueOrEnd
	wantKey
	wantKeyOrEnd
	wantColon
	wantCommaOrEnd
	inLiteral
)

type verdict uint8

const (
	more verdict = iota
	// done: the byte ends the value and belongs to it.
	done
	// doneBefore: the value ended before the byte.
	doneBefore
	// broken: the byte can't stand here.
	broken
	// page: the byte opens the array of "entities" of an outermost object.
	page
)

func (m *machine) step(c byte) verdict {
	if m.inString {
		return m.stepString(c)
	}
	if m.state == inLiteral {
		if isLiteral(c) {
			return more
		}
		m.state = wantCommaOrEnd
		if m.depth == 0 {
			return doneBefore
		}
	}
	switch c {
	case ' ', '\t', '\r', '\n':
		return more
	case '"':
		return m.openString()
	case '{', '[':
		return m.open(c)
	case '}', ']':
		return m.close(c)
	case ':':
		if m.state != wantColon {
			return broken
		}
		m.state = wantValue
		return more
	case ',':
		if m.state != wantCommaOrEnd || m.depth == 0 {
			return broken
		}
		m.state = wantValue
		if m.objects[m.depth-1] {
			m.state = wantKey
		}
		return more
	}
	if !isLiteral(c) || m.state > wantValueOrEnd {
		return broken
	}
	m.state = inLiteral
	return more
}

func (m *machine) stepString(c byte) verdict {
	switch {
	case c < ' ':
		return broken
	case m.escaped:
		m.escaped = false
	case c == '\\':
		m.escaped = true
	case c == '"':
		m.inString = false
		if m.depth == 0 {
			return done
		}
		if m.state == wantColon && m.depth == 1 {
			m.entities = string(m.key[:m.keyLen]) == entitiesKey
		}
		return more
	}
	if m.state == wantColon && m.keyLen < len(m.key) {
		m.key[m.keyLen] = c
		m.keyLen++
	}
	return more
}

func (m *machine) openString() verdict {
	switch m.state {
	case wantKey, wantKeyOrEnd:
		m.state, m.keyLen = wantColon, 0
	case wantValue, wantValueOrEnd:
		m.state = wantCommaOrEnd
	default:
		return broken
	}
	m.inString = true
	return more
}

func (m *machine) open(c byte) verdict {
	if m.state > wantValueOrEnd || m.depth == maxDepth {
		return broken
	}
	if c == '[' && m.depth == 1 && m.objects[0] && m.entities {
		return page
	}
	m.objects[m.depth] = c == '{'
	m.depth++
	m.state = wantValueOrEnd
	if c == '{' {
		m.state = wantKeyOrEnd
	}
	return more
}

func (m *machine) close(c byte) verdict {
	if m.depth == 0 || m.objects[m.depth-1] != (c == '}') {
		return broken
	}
	switch m.state {
	case wantCommaOrEnd, wantKeyOrEnd, wantValueOrEnd:
	default:
		return broken
	}
	m.depth--
	m.state = wantCommaOrEnd
	if m.depth == 0 {
		return done
	}
	return more
}

func isLiteral(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' ||
		c == '-' || c == '+' || c == '.'
}
