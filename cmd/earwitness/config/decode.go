package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// The parser's time grows faster than its input, and its stack with the depth
// of it. Both bounds are far beyond what anybody writes by hand.
const (
	maxFile  = 256 << 10
	maxDepth = 500
)

// document is a file on its way into a Config. It knows where each setting
// stands, so that what is found wrong later can be shown as well.
type document struct {
	file  string
	lines []string
	hider hider
	// places of the settings that the file has, by field path.
	places   map[string]*token.Token
	mistakes []Mistake
}

func newDocument(file string, text []byte) *document {
	lines := strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
	return &document{file: file, lines: lines, hider: newHider(), places: map[string]*token.Token{}}
}

// decode lays the file over config.
func (d *document) decode(text []byte, config *Config) {
	if len(text) > maxFile {
		d.mistakeAt(nil, "", "the file has %d bytes; at most %d are read", len(text), maxFile)
		return
	}
	if bytes.IndexByte(text, 0) >= 0 {
		d.mistakeAt(nil, "", "the file is not text: it holds a zero byte")
		return
	}
	if tooDeep(text) {
		d.mistakeAt(nil, "", "lists and mappings lie more than %d deep in each other; four are enough for all keys", maxDepth)
		return
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		d.syntax(err)
		return
	}
	var body ast.Node
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil:
		case body != nil:
			d.mistakeAt(doc.Body.GetToken(), "", "a second document; one file holds one configuration")
		default:
			body = doc.Body
		}
	}
	if body != nil {
		d.structure("", body, config)
	}
}

func (d *document) syntax(err error) {
	var located yaml.Error
	if !errors.As(err, &located) || located.GetToken() == nil {
		d.mistakeAt(nil, "", "%v", err)
		return
	}
	message, _, _ := strings.Cut(located.GetMessage(), " already defined at ")
	if message != located.GetMessage() {
		message += " stands here a second time"
	}
	if strings.HasPrefix(message, `found character '`+"\t'") {
		message = "a tab; indent with spaces"
	}
	d.mistakeAt(located.GetToken(), "", "%s", message)
}

// mistakeAt reports what is wrong at a token; nil is the file as a whole.
func (d *document) mistakeAt(at *token.Token, field, format string, args ...any) {
	m := Mistake{File: d.file, Field: field, Message: fmt.Sprintf(format, args...)}
	if at != nil && at.Position.Line >= 1 && at.Position.Line <= len(d.lines) {
		line := strings.ReplaceAll(d.lines[at.Position.Line-1], "\t", " ")
		m.Line, m.Column = at.Position.Line, min(max(at.Position.Column, 1), len([]rune(line))+1)
		m.Source = d.hider.hide(line)
	}
	d.mistakes = append(d.mistakes, m)
}

// mistake reports what is wrong with a setting, wherever it came from.
func (d *document) mistake(field, format string, args ...any) {
	at := d.places[field]
	for parent := field; at == nil; at = d.places[parent] {
		cut := strings.LastIndexAny(parent, ".[")
		if cut < 0 {
			break
		}
		parent = parent[:cut]
	}
	d.mistakeAt(at, field, format, args...)
}

// mistakeNear reports what is wrong with a setting that the file does not
// have, because of one that it has.
func (d *document) mistakeNear(field, because, format string, args ...any) {
	d.mistakeAt(d.places[because], field, format, args...)
}

// has says that the file has a setting, whatever it is.
func (d *document) has(field string) bool { return d.places[field] != nil }

// firstIn gives the first setting of a section that the file has, but for one.
func (d *document) firstIn(section, but string) string {
	found := ""
	for field, at := range d.places {
		key, below := strings.CutPrefix(field, section+".")
		if !below || key == but || strings.ContainsAny(key, ".[") {
			continue
		}
		if found == "" || at.Position.Offset < d.places[found].Position.Offset {
			found = field
		}
	}
	return found
}

func (d *document) err() error {
	if len(d.mistakes) == 0 {
		return nil
	}
	e := &Error{Mistakes: d.mistakes}
	e.sort()
	return e
}

// tooDeep counts brackets, and dashes at the beginning of a line, whether
// they stand in quotes or not: it need not be exact.
func tooDeep(text []byte) bool {
	brackets, dashes, begins := 0, 0, true
	for _, c := range text {
		switch c {
		case '[', '{':
			brackets++
		case ']', '}':
			brackets = max(brackets-1, 0)
		case '\n':
			begins, dashes = true, 0
			continue
		case '-', '?', ':':
			if begins {
				dashes++
			}
		}
		begins = begins && (c == ' ' || c == '-' || c == '?' || c == ':')
		if brackets > maxDepth || dashes > maxDepth {
			return true
		}
	}
	return false
}
