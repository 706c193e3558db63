package evidence

import (
	"errors"
	"fmt"
	"strings"
)

type keyPart uint8

const (
	partLiteral keyPart = iota
	partOrg
	partConversation
	partRecording
	partExt
	partYear
	partTwoDigits
	partAny
)

type keyElement struct {
	part    keyPart
	literal string
}

// keyTemplate is a compiled template. Matching never goes back, so a hostile
// key costs no more than its length.
type keyTemplate struct {
	name     string
	prefix   bool
	slashes  int
	elements []keyElement
	kind     ObjectKind
}

const allowedPlaceholders = "{org} {conversation} {recording} {ext} {yyyy} {mm} {dd} {hh} {any}"

func placeholder(name string) (keyPart, bool) {
	switch name {
	case "org":
		return partOrg, true
	case "conversation":
		return partConversation, true
	case "recording":
		return partRecording, true
	case "ext":
		return partExt, true
	case "yyyy":
		return partYear, true
	case "mm", "dd", "hh":
		return partTwoDigits, true
	case "any":
		return partAny, true
	}
	return 0, false
}

func compileKeyTemplate(p KeyPattern) (keyTemplate, error) {
	t := keyTemplate{name: p.Name}
	switch p.Kind {
	case "":
	case "media":
		t.kind = ObjectKind_OBJECT_KIND_MEDIA
	case "metadata":
		t.kind = ObjectKind_OBJECT_KIND_METADATA
	case "other":
		t.kind = ObjectKind_OBJECT_KIND_OTHER
	default:
		return t, fmt.Errorf("kind %q is unknown; allowed are media, metadata, other, or none to decide by the key's end", p.Kind)
	}
	rest, prefixed := strings.CutPrefix(p.Template, "**/")
	t.prefix = prefixed
	if strings.Contains(rest, "**") {
		return t, fmt.Errorf("template %q: \"**/\" is allowed at the start only; use {any} within a segment", p.Template)
	}
	elements, err := splitTemplate(rest)
	if err != nil {
		return t, fmt.Errorf("template %q: %w", p.Template, err)
	}
	t.elements = elements
	t.slashes = strings.Count(rest, "/")
	return t, checkElements(p.Template, elements)
}

func splitTemplate(rest string) ([]keyElement, error) {
	var elements []keyElement
	for rest != "" {
		open := strings.IndexAny(rest, "{}")
		if open < 0 {
			return append(elements, keyElement{literal: rest}), nil
		}
		if open > 0 {
			elements = append(elements, keyElement{literal: rest[:open]})
		}
		end := strings.IndexByte(rest[open:], '}')
		if rest[open] == '}' || end < 0 {
			return nil, errors.New("a brace without its partner; a placeholder is written {name}, and braces have no other use")
		}
		name := rest[open+1 : open+end]
		part, ok := placeholder(name)
		if !ok {
			return nil, fmt.Errorf("unknown placeholder {%s}; allowed are %s", name, allowedPlaceholders)
		}
		elements = append(elements, keyElement{part: part})
		rest = rest[open+end+1:]
	}
	return elements, nil
}

func checkElements(template string, elements []keyElement) error {
	var seen [partAny + 1]int
	for i, e := range elements {
		seen[e.part]++
		if e.part == partAny && i+1 < len(elements) && elements[i+1].part != partLiteral {
			return fmt.Errorf("template %q: {any} needs a text behind it, or the end; a placeholder right behind it has no start", template)
		}
	}
	for _, part := range [...]keyPart{partOrg, partConversation, partRecording} {
		if seen[part] > 1 {
			return fmt.Errorf("template %q: {org}, {conversation} and {recording} may stand once each", template)
		}
	}
	if seen[partConversation]+seen[partRecording] == 0 {
		return fmt.Errorf("template %q: it needs {recording} or {conversation}, else it says nothing; allowed are %s",
			template, allowedPlaceholders)
	}
	return nil
}

func (t *keyTemplate) match(key string) (KeyFacts, bool) {
	rest := key
	if t.prefix {
		var ok bool
		if rest, ok = lastSegments(key, t.slashes+1); !ok {
			return KeyFacts{}, false
		}
	}
	facts := KeyFacts{Kind: t.kind, Pattern: t.name}
	for i := range t.elements {
		n := t.take(i, rest)
		if n < 0 {
			return KeyFacts{}, false
		}
		switch t.elements[i].part {
		case partOrg:
			facts.OrganizationID = rest[:n]
		case partConversation:
			facts.ConversationID = rest[:n]
		case partRecording:
			facts.RecordingID = rest[:n]
		}
		rest = rest[n:]
	}
	if rest != "" {
		return KeyFacts{}, false
	}
	if facts.Kind == ObjectKind_OBJECT_KIND_UNKNOWN {
		facts.Kind = kindByEnd(key)
	}
	return facts, true
}

// take says how many bytes of rest element i stands for; -1 is no match.
func (t *keyTemplate) take(i int, rest string) int {
	n := 0
	switch e := &t.elements[i]; e.part {
	case partLiteral:
		if !strings.HasPrefix(rest, e.literal) {
			return -1
		}
		return len(e.literal)
	case partOrg, partConversation, partRecording:
		n = idRun(rest)
	case partExt:
		n = alnumRun(rest)
	case partYear:
		if n = digitRun(rest); n < 4 {
			return -1
		}
		n = 4
	case partTwoDigits:
		n = min(digitRun(rest), 2)
	case partAny:
		n = t.anyRun(i, rest)
	}
	if n == 0 {
		return -1
	}
	return n
}

// anyRun goes up to the text that follows, or to the end of the segment.
func (t *keyTemplate) anyRun(i int, rest string) int {
	segment := strings.IndexByte(rest, '/')
	if segment < 0 {
		segment = len(rest)
	}
	if i+1 == len(t.elements) {
		return segment
	}
	n := strings.Index(rest, t.elements[i+1].literal)
	if n > segment {
		return -1
	}
	return n
}

func idRun(s string) int {
	if len(s) >= 36 && IsUUID(s[:36]) {
		return 36
	}
	n := 0
	for n < len(s) && (isAlnum(s[n]) || s[n] == '-') {
		n++
	}
	return n
}

// lastSegments gives the last n segments of key; false when it has fewer.
func lastSegments(key string, n int) (string, bool) {
	i := len(key)
	for ; n > 0; n-- {
		if i < 0 {
			return "", false
		}
		i = strings.LastIndexByte(key[:i], '/')
	}
	return key[i+1:], true
}
