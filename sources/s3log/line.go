package s3log

import "earwitness/pipeline/evidence"

// Line is one line of an access log. Text fields are parts of the scanned
// line, without quotes and still encoded; an absent one is empty. The zero
// Line is ready to use, and to use again.
type Line struct {
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
	// Extra is what stands behind the known fields, separated by spaces.
	Extra []byte
	// Fields counts the fields that the line has, 18 or more.
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
// onward are sure. Else the grade is raw and the error a *FieldError. Scan
// does not allocate where the line can be read; l keeps parts of line.
func (l *Line) Scan(line []byte) (evidence.Grade, error) {
	*l = Line{}
	for len(line) > 0 && line[len(line)-1] == ' ' {
		line = line[:len(line)-1]
	}
	rest, err := l.scanHead(line)
	if err != nil {
		return evidence.Grade_GRADE_RAW, err
	}
	if l.scanExact(rest) {
		return evidence.Grade_GRADE_EXACT, nil
	}
	if err := l.scanHostile(rest); err != nil {
		return evidence.Grade_GRADE_RAW, err
	}
	return evidence.Grade_GRADE_RECOVERED, nil
}
