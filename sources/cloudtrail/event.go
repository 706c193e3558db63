package cloudtrail

import (
	"unsafe"

	"earwitness/pipeline/evidence"
)

// event is what one record says, as far as it matters here.
type event struct {
	scanner
	// known: it had a member that only events have.
	known bool
	// secret: a member's name says that its value is a secret.
	secret bool

	source, name, time, address, agent   string
	requestID                            string
	trail                                *evidence.Trail
	caller                               *evidence.CallerIdentity
	parameters                           parameters
	additional                           additional
	tlsVersion, tlsCipher, tlsHost       string
	objectARN, bucketARN, kmsARN         string
	resourceARN, resourceType            string
	contextARN, kmsKeyID, responseKMSKey string
}

// parameters are requestParameters of S3.
type parameters struct {
	bucket, key, versionID, host, signed, kmsKey string
	bucketKey                                    bool
}

// additional is additionalEventData of S3.
type additional struct {
	hostID, method, cipher, signature, sse string
	sent                                   int64
	hasSent                                bool
}

// object calls member for each member of the next value, where it is an
// object; another value is skipped.
func (e *event) object(member func(e *event, name string)) {
	if e.peek() != '{' {
		e.skip()
		return
	}
	for e.open('{'); e.more('}'); {
		name := e.member()
		if !e.failed() {
			member(e, name)
		}
	}
}

// member reads a name, and notes when it is a secret's.
func (e *event) member() string {
	e.peek()
	start := e.i
	raw, escaped := e.scanner.name()
	if e.failed() {
		return ""
	}
	name := unsafe.String(unsafe.SliceData(raw), len(raw))
	if escaped {
		name = unescaped(e.b[start : start+len(raw)+2])
	}
	if isSecretMember(name) {
		e.secret = true
	}
	return name
}

// read reads the value at the start of b into e and p. It fails as scanner
// does.
func (e *event) read(b []byte, p *piece) {
	*e = event{scanner: scanner{b: b}, trail: &p.trail, caller: &p.caller}
	e.object((*event).topMember)
}

func (e *event) topMember(name string) {
	t := e.trail
	switch name {
	case "eventVersion":
		t.EventVersion = e.word()
		e.known = true
	case "eventTime":
		e.time = e.text()
	case "eventSource":
		e.source = e.text()
	case "eventName":
		e.name = e.text()
	case "eventID":
		t.EventId = e.text()
	case "requestID":
		e.requestID = e.text()
	case "sourceIPAddress":
		e.address = e.text()
	case "userAgent":
		e.agent = e.text()
	case "userIdentity":
		e.object((*event).callerMember)
	case "requestParameters":
		e.object((*event).parameterMember)
	case "responseElements":
		e.object((*event).responseMember)
	case "additionalEventData":
		e.object((*event).additionalMember)
	case "resources":
		e.resources()
	case "tlsDetails":
		e.object((*event).tlsMember)
	case "detail":
		// An event that came by EventBridge stands in an envelope.
		e.object((*event).topMember)
	default:
		e.otherMember(name)
	}
}

func (e *event) otherMember(name string) {
	t := e.trail
	switch name {
	case "awsRegion":
		t.AwsRegion = e.text()
	case "errorCode":
		t.ErrorCode = e.text()
	case "errorMessage":
		t.ErrorMessage = e.text()
	case "eventType":
		t.EventType = e.text()
	case "eventCategory":
		t.EventCategory = e.text()
	case "readOnly":
		t.ReadOnly = e.flag()
	case "managementEvent":
		t.ManagementEvent = e.flag()
	case "recipientAccountId":
		t.RecipientAccountId = e.word()
	case "sharedEventID":
		t.SharedEventId = e.text()
	case "vpcEndpointId":
		t.VpcEndpointId = e.text()
	default:
		e.skipLooking()
	}
}

// skipLooking skips a value, but looks at the names in it.
func (e *event) skipLooking() {
	switch e.peek() {
	case '{':
		e.object(func(e *event, _ string) { e.skipLooking() })
	case '[':
		for e.open('['); e.more(']'); {
			e.skipLooking()
		}
	default:
		e.skip()
	}
}

func (e *event) parameterMember(name string) {
	p := &e.parameters
	switch name {
	case "bucketName":
		p.bucket = e.text()
	case "key":
		p.key = e.text()
	case "versionId":
		p.versionID = e.text()
	case "Host":
		p.host = e.text()
	case "X-Amz-Date":
		p.signed = e.text()
	case "x-amz-server-side-encryption-aws-kms-key-id":
		p.kmsKey = e.text()
	case "x-amz-server-side-encryption-bucket-key-enabled":
		p.bucketKey = e.flag()
	case "encryptionContext":
		e.object((*event).contextMember)
	case "keyId":
		e.kmsKeyID = e.text()
	default:
		e.skipLooking()
	}
}

func (e *event) contextMember(name string) {
	if name == "aws:s3:arn" {
		e.contextARN = e.text()
		return
	}
	e.skipLooking()
}

func (e *event) responseMember(name string) {
	switch name {
	case "x-amz-server-side-encryption-aws-kms-key-id":
		e.responseKMSKey = e.text()
	case "x-amz-server-side-encryption-bucket-key-enabled":
		e.parameters.bucketKey = e.flag() || e.parameters.bucketKey
	default:
		e.skipLooking()
	}
}

func (e *event) additionalMember(name string) {
	a := &e.additional
	switch name {
	case "x-amz-id-2":
		a.hostID = e.text()
	case "AuthenticationMethod":
		a.method = e.text()
	case "CipherSuite":
		a.cipher = e.text()
	case "SignatureVersion":
		a.signature = e.text()
	case "SSEApplied":
		a.sse = e.text()
	case "bytesTransferredOut":
		a.sent, a.hasSent = e.count()
	default:
		e.skipLooking()
	}
}

func (e *event) tlsMember(name string) {
	switch name {
	case "tlsVersion":
		e.tlsVersion = e.text()
	case "cipherSuite":
		e.tlsCipher = e.text()
	case "clientProvidedHostHeader":
		e.tlsHost = e.text()
	default:
		e.skip()
	}
}

// resources keeps the first object, bucket and key of KMS.
func (e *event) resources() {
	if e.peek() != '[' {
		e.skip()
		return
	}
	for e.open('['); e.more(']'); {
		e.resourceARN, e.resourceType = "", ""
		e.object((*event).resourceMember)
		switch e.resourceType {
		case "AWS::S3::Object":
			e.objectARN = first(e.objectARN, e.resourceARN)
		case "AWS::S3::Bucket":
			e.bucketARN = first(e.bucketARN, e.resourceARN)
		case "AWS::KMS::Key":
			e.kmsARN = first(e.kmsARN, e.resourceARN)
		}
	}
}

func (e *event) resourceMember(name string) {
	switch name {
	case "ARN":
		e.resourceARN = e.text()
	case "type":
		e.resourceType = e.text()
	default:
		e.skip()
	}
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
