package s3log

import (
	"bytes"
	"encoding/json"
	"time"

	"earwitness/pipeline/evidence"
)

// isJSON says whether line is of the JSON form, whole or broken: it begins
// like an object. A bucket owner's id, with which lines of text begin, does
// not.
func isJSON(line []byte) bool {
	for i := range line {
		if c := line[i]; c != ' ' && c != '\t' {
			return c == '{'
		}
	}
	return false
}

// scanJSON reads one record of the JSON form. Nothing in it is ambiguous,
// since JSON escapes what clients send; a schema of another major version is
// graded recovered, for its members may mean something else. As in the text
// form, the key is percent-encoded: the schema's description does not say
// otherwise, and a bare key without "%" stays what it is.
func (l *Line) scanJSON(line []byte) (evidence.Grade, error) {
	*l = Line{Dialect: DialectJSON}
	if !json.Valid(line) {
		return evidence.Grade_GRADE_RAW, errJSON
	}
	var r record
	w := members{rest: bytes.TrimLeft(line, " \t")[1:]}
	for w.next() {
		l.Fields++
		if err := r.set(l, w.name, w.value); err != nil {
			return evidence.Grade_GRADE_RAW, err
		}
	}
	if err := r.check(l); err != nil {
		return evidence.Grade_GRADE_RAW, err
	}
	if r.schema != nil && !bytes.HasPrefix(r.schema, []byte("V_1_")) {
		return evidence.Grade_GRADE_RECOVERED, nil
	}
	return evidence.Grade_GRADE_EXACT, nil
}

// record is what a line of JSON holds besides Line's fields.
type record struct {
	schema, arn, time []byte
	// seen has a bit for each member that was there.
	seen uint64
}

// set keeps one member. value is JSON.
func (r *record) set(l *Line, name, value []byte) error {
	name = unescapeJSON(name[1 : len(name)-1])
	field, bit := r.field(l, name)
	if bit == 0 {
		if len(l.Extra) > 0 {
			l.Extra = append(l.Extra, '\n')
		}
		l.Extra = append(append(append(l.Extra, name...), '='), value...)
		return nil
	}
	if r.seen&bit != 0 {
		return errJSON
	}
	r.seen |= bit
	switch {
	case string(value) == "null":
		return nil
	case value[0] == '"':
		value = absent(unescapeJSON(value[1 : len(value)-1]))
	case field.text != nil:
		return errMember
	}
	if field.text != nil {
		*field.text = value
		return nil
	}
	if len(value) == 0 {
		return nil
	}
	n, present, ok := number(value)
	if !ok || field.bit == evidence.PresentStatus && present && len(value) != 3 {
		return errMember
	}
	if present {
		*field.number = n
		l.Present |= field.bit
	}
	return nil
}

// check applies the types of the text form to what identity and order rest
// on, and reads the time.
func (r *record) check(l *Line) error {
	at, err := time.Parse(time.RFC3339Nano, texts{}.of(r.time))
	if err != nil || at.Year() < 1970 {
		return errRequestTime
	}
	l.TimeMs = at.UnixMilli()
	if l.Bucket == nil {
		l.Bucket = r.arn[bytes.LastIndexByte(r.arn, ':')+1:]
	}
	switch {
	case l.RemoteIP != nil && !isRemoteIP(l.RemoteIP):
		return errRemoteIP
	case !isRequestID(l.RequestID) || !isOperation(l.Operation):
		return errRequestID
	case l.HostID != nil && !isHostID(l.HostID):
		return errTail
	}
	return nil
}
