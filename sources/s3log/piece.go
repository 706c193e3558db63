package s3log

import (
	"bytes"
	"crypto/sha256"
	"unicode/utf8"
	"unsafe"

	"earwitness/pipeline/evidence"
)

// piece is all that one line's evidence consists of, in one allocation.
type piece struct {
	evidence evidence.Evidence
	request  evidence.StorageRequest
	fact     evidence.Evidence_Request
	origin   evidence.Origin
	sha      [sha256.Size]byte
	id       evidence.ID
	identity evidence.ID
}

// texts gives parts of a line that nobody writes to any more as strings in
// place. Where the whole line is known to be UTF-8 its fields are too, for they
// are cut at spaces and quotes.
type texts struct{ valid bool }

func (t texts) of(b []byte) string {
	s := unsafe.String(unsafe.SliceData(b), len(b))
	if t.valid {
		return s
	}
	return validText(s)
}

// setRequest fills p from a line whose bytes p keeps.
func (p *piece) setRequest(l *Line, patterns *evidence.KeyPatterns) {
	text := texts{valid: l.Dialect == DialectText && utf8.Valid(p.evidence.Raw)}
	r := &p.request
	r.BucketOwner, r.Bucket, r.TimeMs = text.of(l.BucketOwner), text.of(l.Bucket), l.TimeMs
	r.RemoteIp, r.Requester = text.of(l.RemoteIP), text.of(l.Requester)
	r.RequestId, r.Operation = text.of(l.RequestID), text.of(l.Operation)
	r.RequestUri, r.Referrer, r.UserAgent = text.of(l.RequestURI), text.of(l.Referrer), text.of(l.UserAgent)
	r.Status, r.ErrorCode, r.Present = int32(l.Status), text.of(l.ErrorCode), l.Present
	r.BytesSent, r.ObjectSize = l.BytesSent, l.ObjectSize
	r.TotalTimeMs, r.TurnAroundMs = l.TotalTimeMs, l.TurnAroundMs
	r.VersionId, r.HostId = text.of(l.VersionID), text.of(l.HostID)
	r.SignatureVersion, r.CipherSuite = text.of(l.SignatureVersion), text.of(l.CipherSuite)
	r.AuthenticationType, r.HostHeader = text.of(l.AuthenticationType), text.of(l.HostHeader)
	r.TlsVersion, r.AccessPointArn = text.of(l.TLSVersion), text.of(l.AccessPointARN)
	r.AclRequired, r.SourceRegion = text.of(l.ACLRequired), text.of(l.SourceRegion)
	if len(l.Extra) > 0 {
		separator := []byte(" ")
		if l.Dialect == DialectJSON {
			separator[0] = '\n'
		}
		for word := range bytes.SplitSeq(l.Extra, separator) {
			r.Extra = append(r.Extra, text.of(word))
		}
	}
	if l.Dialect == DialectVersityGW {
		setGatewayRequest(r)
	}
	if r.AuthenticationType == "QueryString" {
		r.Grant, r.SigningTimeMs = presigned(r.RequestUri)
	}
	p.setKey(l, text, patterns)
	p.identity = evidence.RequestID(r.Bucket, r.RequestId, r.HostId, r.Operation, r.Key, r.VersionId)
	r.Identity = p.identity[:]
	p.fact.Request = r
	p.evidence.Fact = &p.fact
	evidence.SetRequestSubject(&p.evidence)
}

func (p *piece) setKey(l *Line, text texts, patterns *evidence.KeyPatterns) {
	r := &p.request
	r.KeyLogged = text.of(l.Key)
	if r.KeyLogged == "" {
		return
	}
	logged := r.KeyLogged
	if !text.valid && !utf8.Valid(l.Key) {
		// The key is decoded from what was logged, not from its escaped form.
		logged = string(l.Key)
	}
	times := 0
	if l.Dialect != DialectVersityGW {
		times = encodings(l.Operation)
	}
	if r.Key = decodeKey(logged, times); r.Key == "-" {
		r.Key = ""
	}
	facts, ok := patterns.Match(r.Key)
	if !ok {
		return
	}
	r.OrganizationId, r.ConversationId, r.RecordingId = facts.OrganizationID, facts.ConversationID, facts.RecordingID
	r.ObjectKind = facts.Kind
}
