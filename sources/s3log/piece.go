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

// text gives b, a part of a line that nobody writes to any more, as a string
// in place.
func text(b []byte) string {
	return validText(unsafe.String(unsafe.SliceData(b), len(b)))
}

// setRequest fills p from a line whose bytes p keeps.
func (p *piece) setRequest(l *Line, patterns *evidence.KeyPatterns) {
	r := &p.request
	r.BucketOwner, r.Bucket, r.TimeMs = text(l.BucketOwner), text(l.Bucket), l.TimeMs
	r.RemoteIp, r.Requester = text(l.RemoteIP), text(l.Requester)
	r.RequestId, r.Operation = text(l.RequestID), text(l.Operation)
	r.RequestUri, r.Referrer, r.UserAgent = text(l.RequestURI), text(l.Referrer), text(l.UserAgent)
	r.Status, r.ErrorCode, r.Present = int32(l.Status), text(l.ErrorCode), l.Present
	r.BytesSent, r.ObjectSize = l.BytesSent, l.ObjectSize
	r.TotalTimeMs, r.TurnAroundMs = l.TotalTimeMs, l.TurnAroundMs
	r.VersionId, r.HostId = text(l.VersionID), text(l.HostID)
	r.SignatureVersion, r.CipherSuite = text(l.SignatureVersion), text(l.CipherSuite)
	r.AuthenticationType, r.HostHeader = text(l.AuthenticationType), text(l.HostHeader)
	r.TlsVersion, r.AccessPointArn = text(l.TLSVersion), text(l.AccessPointARN)
	r.AclRequired, r.SourceRegion = text(l.ACLRequired), text(l.SourceRegion)
	if len(l.Extra) > 0 {
		separator := []byte(" ")
		if l.Dialect == DialectJSON {
			separator[0] = '\n'
		}
		for word := range bytes.SplitSeq(l.Extra, separator) {
			r.Extra = append(r.Extra, text(word))
		}
	}
	if l.Dialect == DialectVersityGW {
		setGatewayRequest(r)
	}
	if r.AuthenticationType == "QueryString" {
		r.Grant, r.SigningTimeMs = presigned(r.RequestUri)
	}
	p.setKey(l, patterns)
	p.identity = evidence.RequestID(r.Bucket, r.RequestId, r.HostId, r.Operation, r.Key, r.VersionId)
	r.Identity = p.identity[:]
	p.fact.Request = r
	p.evidence.Fact = &p.fact
	evidence.SetRequestSubject(&p.evidence)
}

func (p *piece) setKey(l *Line, patterns *evidence.KeyPatterns) {
	r := &p.request
	r.KeyLogged = text(l.Key)
	if r.KeyLogged == "" {
		return
	}
	logged := r.KeyLogged
	if !utf8.Valid(l.Key) {
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
