package cloudtrail

import (
	"crypto/sha256"
	"strings"

	"earwitness/pipeline/evidence"
)

// piece is all that one record's evidence consists of, in one allocation.
type piece struct {
	evidence evidence.Evidence
	origin   evidence.Origin
	trail    evidence.Trail
	caller   evidence.CallerIdentity
	request  evidence.StorageRequest
	fact     evidence.Evidence_Request
	sha      [sha256.Size]byte
	id       evidence.ID
	identity evidence.ID
	// written: the event has been read into it.
	written bool
}

// reset makes p new again where an event was read into it.
func (p *piece) reset() {
	if p.written {
		p.trail.Reset()
		p.caller.Reset()
	}
	p.written = true
}

// setRequest makes p a storage request.
func (p *piece) setRequest(e *event, ms int64, patterns *evidence.KeyPatterns) {
	r := &p.request
	r.Bucket, r.Key, r.VersionId = e.bucket(), e.key(), e.parameters.versionID
	r.TimeMs, r.Requester, r.UserAgent = ms, e.requester(), agent(e.agent)
	r.RemoteIp, p.trail.SourceAddress = e.remote()
	r.RequestId, r.HostId = e.requestID, e.additional.hostID
	if r.RequestId == "" || r.Key == "" && !e.namedAlike() {
		// The event stands for itself alone: nothing tells which line is
		// its, or the line belongs to another subject.
		r.RequestId = p.trail.EventId
	}
	r.Operation, r.ErrorCode = operationOf(e.name), p.trail.ErrorCode
	r.SignatureVersion, r.AuthenticationType = e.additional.signature, e.additional.method
	r.HostHeader = first(e.parameters.host, e.tlsHost)
	r.CipherSuite, r.TlsVersion = first(e.tlsCipher, e.additional.cipher), e.tlsVersion
	if e.additional.hasSent {
		r.BytesSent, r.Present = e.additional.sent, evidence.PresentBytesSent
	}
	if r.AuthenticationType == "QueryString" {
		r.SigningTimeMs = parseSigningTime(e.parameters.signed)
	}
	p.setTrail(e)
	if facts, ok := patterns.Match(r.Key); ok && r.Key != "" {
		r.OrganizationId, r.ConversationId, r.RecordingId = facts.OrganizationID, facts.ConversationID, facts.RecordingID
		r.ObjectKind = facts.Kind
	}
	p.identity = evidence.RequestID(r.Bucket, r.RequestId, r.HostId, r.Operation, r.Key, r.VersionId)
	r.Identity = p.identity[:]
	p.fact.Request = r
	p.evidence.Fact = &p.fact
	evidence.SetRequestSubject(&p.evidence)
}

func (p *piece) setTrail(e *event) {
	t := &p.trail
	t.EventName = e.name
	t.SseApplied, t.BucketKey = e.additional.sse, e.parameters.bucketKey
	t.KmsKeyId = first(e.responseKMSKey, e.parameters.kmsKey)
	t.Caller = &p.caller
	p.request.Trail = t
}

// setKeyUse makes p a use of a key of KMS for the object that the encryption
// context names.
func (p *piece) setKeyUse(e *event, ms int64, patterns *evidence.KeyPatterns) {
	bucket, key := splitARN(e.contextARN)
	u := &evidence.KeyUse{
		EventId: p.trail.EventId, TimeMs: ms, Operation: e.name, KeyArn: first(e.kmsARN, e.kmsKeyID), Bucket: bucket, Key: key,
		Requester: e.requester(), RequestId: e.requestID, ErrorCode: p.trail.ErrorCode,
		AwsRegion: p.trail.AwsRegion, RecipientAccountId: p.trail.RecipientAccountId, Caller: &p.caller,
	}
	if facts, ok := patterns.Match(key); ok && key != "" {
		u.OrganizationId, u.ConversationId, u.RecordingId = facts.OrganizationID, facts.ConversationID, facts.RecordingID
		u.ObjectKind = facts.Kind
	}
	p.evidence.Fact = &evidence.Evidence_KeyUse{KeyUse: u}
	evidence.SetKeyUseSubject(&p.evidence)
}

// bucket is the one that the event is about: by its parameters, or where
// those name it by an ARN or not at all, by its resources.
func (e *event) bucket() string {
	if b := e.parameters.bucket; b != "" && !strings.HasPrefix(b, "arn:") {
		return b
	}
	bucket, _ := splitARN(first(e.bucketARN, e.objectARN))
	return bucket
}

func (e *event) key() string {
	if e.parameters.key != "" || e.parameters.bucket != "" {
		return e.parameters.key
	}
	_, key := splitARN(e.objectARN)
	return key
}

// splitARN gives bucket and key of arn:aws:s3:::bucket/key, in any partition
// of AWS.
func splitARN(arn string) (bucket, key string) {
	_, rest, ok := strings.Cut(arn, ":s3:::")
	if !ok || !strings.HasPrefix(arn, "arn:") {
		return "", ""
	}
	bucket, key, _ = strings.Cut(rest, "/")
	return bucket, key
}

// agent takes off the brackets that S3 sets around user agents.
func agent(text string) string {
	if n := len(text); n > 1 && text[0] == '[' && text[n-1] == ']' {
		return text[1 : n-1]
	}
	return text
}
