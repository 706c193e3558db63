package s3log

import (
	"bytes"

	"earwitness/pipeline/evidence"
)

// Dialect is a form of the access log.
type Dialect uint8

// The dialects.
const (
	// DialectText is AWS's space-separated form; see
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html .
	DialectText Dialect = iota
	// DialectJSON is AWS's schema V_1_0; see
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/sal-cw-log-format.html .
	DialectJSON
	// DialectVersityGW is what versitygw v1.8.0 writes.
	DialectVersityGW
)

// Line is one line of an access log. Text fields are parts of the scanned
// line, without quotes and still encoded (but for the escapes of JSON); an
// absent one is empty. The zero Line is ready to use, and to use again.
type Line struct {
	Dialect     Dialect
	BucketOwner []byte
	Bucket      []byte
	// TimeMs is milliseconds since 1970, UTC.
	TimeMs             int64
	RemoteIP           []byte
	Requester          []byte
	RequestID          []byte
	Operation          []byte
	Key                []byte
	RequestURI         []byte
	Status             int64
	ErrorCode          []byte
	BytesSent          int64
	ObjectSize         int64
	TotalTimeMs        int64
	TurnAroundMs       int64
	Referrer           []byte
	UserAgent          []byte
	VersionID          []byte
	HostID             []byte
	SignatureVersion   []byte
	CipherSuite        []byte
	AuthenticationType []byte
	HostHeader         []byte
	TLSVersion         []byte
	AccessPointARN     []byte
	ACLRequired        []byte
	SourceRegion       []byte
	// Extra is what stands behind the known fields, separated by spaces; in
	// the JSON form a line for each unknown member: its name, "=" and its
	// value, as they stand.
	Extra []byte
	// Fields counts the fields that the line has: 18 or more, but for JSON.
	Fields int
	// Present has the evidence.Present bits of the numbers that were there.
	Present uint32
}

// FieldError says which field made a line unreadable.
type FieldError struct {
	// Field is the number of the field in the format's description.
	Field int
	// Name of the field.
	Name string
	// Want says what would have been right.
	Want string
}

// Error names the field and what was expected.
func (e *FieldError) Error() string {
	return "read field " + e.Name + ": want " + e.Want + "; see the raw line"
}

// Scan reads line, without its line end, into l and grades it: exact when it
// has one reading, recovered when quotes or spaces stood inside the quoted
// fields, so that fields 9-17 are the most plausible reading while 1-8 and 18
// onward are sure (see scanJSON and scanVersityGW for the other dialects). Else the grade is raw and the error a *FieldError. Scan
// does not allocate where a line of text can be read; l keeps parts of line.
func (l *Line) Scan(line []byte) (evidence.Grade, error) {
	*l = Line{}
	for len(line) > 0 && line[len(line)-1] == ' ' {
		line = line[:len(line)-1]
	}
	rest, err := l.scanHead(line)
	if err != nil {
		return l.scanOther(line, err)
	}
	if l.scanExact(rest) {
		return evidence.Grade_GRADE_EXACT, nil
	}
	if err := l.scanHostile(rest); err != nil {
		return evidence.Grade_GRADE_RAW, err
	}
	return evidence.Grade_GRADE_RECOVERED, nil
}

// scanOther reads what does not begin like a line of text; no line of JSON
// gets as far as the second field. err says what was wrong with the text.
func (l *Line) scanOther(line []byte, err error) (evidence.Grade, error) {
	switch {
	case isJSON(line):
		return l.scanJSON(line)
	case isVersityGW(line):
		return l.scanVersityGW(line)
	case bytes.HasPrefix(line, []byte("log starts ")):
		return evidence.Grade_GRADE_RAW, errLogStarts
	}
	return evidence.Grade_GRADE_RAW, err
}
