package simulate

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// act is something done in Genesys Cloud, and who did it. Without a person
// the system did.
type act struct {
	id           string
	at           int64
	person       *person
	action       string
	entityType   string
	entity       string
	conversation string
	failed       bool
	story        string
	recording    string
}

// shape is the form in which an audit comes.
type shape int

const (
	shapePlatform shape = iota
	shapeQuality
	shapeEvent
	shapeFile
	shapes
)

// pageItems is the most that the platform's API gives at a time.
const pageItems = 500

// audits writes the audits: pages of the platform's API, as pages and as the
// bare arrays that some collectors keep; answers of the quality API and
// events, one a line; and a downloaded file.
type audits struct {
	dir string
	// org, account and region stand in the envelopes of events.
	org, account, region string

	files [shapes]*os.File
	out   [shapes]*bufio.Writer
	count [shapes]int64
	pages int64
	buf   []byte
	err   error
}

func newAudits(dir, org string, cfg *Config) *audits {
	return &audits{dir: dir, org: org, account: cfg.Account, region: cfg.Region}
}

// write adds a, as the clock of the audits saw it, in one shape.
func (a *audits) write(in shape, it *act, at int64, s *source) {
	if a.err != nil {
		return
	}
	if a.out[in] == nil || in == shapePlatform && a.count[in]%pageItems == 0 {
		a.begin(in, s)
	}
	first := a.count[in] == 0 || in == shapePlatform && a.count[in]%pageItems == 0
	a.buf = a.buf[:0]
	if !first && (in == shapePlatform || in == shapeFile) {
		a.buf = append(a.buf, ",\n"...)
	}
	switch in {
	case shapePlatform:
		a.buf = appendPlatform(a.buf, it, at, a.org)
	case shapeQuality:
		a.buf = append(appendQuality(a.buf, it, at, a.org), '\n')
	case shapeEvent:
		a.buf = append(a.appendEvent(a.buf, it, at, s), '\n')
	case shapeFile:
		a.buf = appendFileItem(a.buf, it, at, a.org)
	}
	a.count[in]++
	if a.out[in] != nil {
		_, err := a.out[in].Write(a.buf)
		a.fail(err)
	}
}

func (a *audits) fail(err error) {
	if err != nil && a.err == nil {
		a.err = fmt.Errorf("write audits: %w; make room and begin again in an empty folder", err)
	}
}

// begin opens the next file of a shape.
func (a *audits) begin(in shape, s *source) {
	a.end(in)
	name, head := "", "["
	switch in {
	case shapePlatform:
		a.pages++
		name = fmt.Sprintf("platform-%05d.json", a.pages)
		if a.paged() {
			head = `{"id":"` + s.uuid() + `","pageSize":500,"entities":[`
		}
	case shapeQuality:
		name, head = "quality.ndjson", ""
	case shapeEvent:
		name, head = "eventbridge.ndjson", ""
	case shapeFile:
		name = "file.json"
	}
	f, err := os.Create(filepath.Join(a.dir, name))
	if a.fail(err); err != nil {
		return
	}
	a.files[in], a.out[in] = f, bufio.NewWriterSize(f, flushBytes)
	_, err = a.out[in].WriteString(head)
	a.fail(err)
}

// paged tells a page from a bare array.
func (a *audits) paged() bool { return a.pages%2 == 1 }

// end closes the file of a shape, if one is open.
func (a *audits) end(in shape) {
	if a.out[in] == nil {
		return
	}
	tail := ""
	switch {
	case in == shapePlatform && a.paged():
		tail = "]}\n"
	case in == shapePlatform || in == shapeFile:
		tail = "]\n"
	}
	_, err := a.out[in].WriteString(tail)
	a.fail(errors.Join(err, a.out[in].Flush(), a.files[in].Close()))
	a.out[in], a.files[in] = nil, nil
}

func (a *audits) close() error {
	for in := range shapes {
		a.end(in)
	}
	return a.err
}
