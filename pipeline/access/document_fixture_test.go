package access

import (
	"crypto/sha256"

	"earwitness/pipeline/evidence"
)

func hashOf(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// fullRequest has a value in every field that a request's record knows.
func fullRequest() *Record {
	return &Record{
		Id: hashOf("request")[:16], Kind: Kind_KIND_REQUEST, State: State_STATE_FINAL,
		SubjectKind: evidence.SubjectKind_SUBJECT_KIND_RECORDING, SubjectId: "0b6f3f44-98f0-4a7e-8d70-15c3cf34f1b7",
		TimeMs: 1795687200000, Action: "REST.GET.OBJECT", Class: Class_CLASS_READ, Verdict: Verdict_VERDICT_ATTRIBUTED,
		Confidence: Confidence_CONFIDENCE_WEAK, Flags: FlagContested | FlagLinkShared, Model: Model_MODEL_DIRECT,
		ErrorCode: "SlowDown", Failed: true, AccessId: hashOf("access")[:16],
		PrincipalClass: PrincipalClass_PRINCIPAL_CLASS_SERVICE, PrincipalSession: "session-7", Presigned: true,
		PrincipalId: "arn:aws:sts::111122223333:assumed-role/ContactCentreExport", Grant: hashOf("grant"),
		Person: &Person{Id: "7eed8d14-f06d-4fef-b019-66a0c381e88f", Kind: ActorKind_ACTOR_KIND_USER, Name: "Ada Quill", Email: "ada@example.com"},
		Candidates: []*Candidate{
			{Id: "7eed8d14-f06d-4fef-b019-66a0c381e88f", Kind: ActorKind_ACTOR_KIND_USER, Name: "Ada Quill", Audit: "audit-1", DistanceS: 3},
			{Id: "3b1a11df-587f-4280-bbab-6c398d88348a", Kind: ActorKind_ACTOR_KIND_CLIENT, Audit: "audit-2", DistanceS: 0},
		},
		Request: fullStorageRequest(), Grade: evidence.Grade_GRADE_EXACT,
		SourceIp: "2001:DB8::1", RelatedIps: []string{"198.51.100.7", "2001:db8::1"}, RelatedUsers: []string{"Ada Quill", "session-7"},
		Evidence: []*EvidenceRef{
			{Id: hashOf("trail")[:16], Kind: evidence.Kind_KIND_CLOUDTRAIL, Origin: &evidence.Origin{Uri: "s3://trail/1.json.gz", Offset: 1, Length: 1550, Sha256: hashOf("event")}},
			{Id: hashOf("piece")[:16], Kind: evidence.Kind_KIND_ACCESS_LOG, Origin: &evidence.Origin{Uri: "s3://logs/2026-11-26-10-00-00-01", Offset: 4096, Length: 712, Sha256: hashOf("line")}},
		},
		Arrival: &Arrival{Revision: Revision(2, 41), FirstMs: 1795690800000, LastMs: 1795694400250, LateByMs: 3600000, Late: true},
	}
}

func fullStorageRequest() *evidence.StorageRequest {
	return &evidence.StorageRequest{
		Identity: hashOf("request")[:16], BucketOwner: "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be",
		Bucket: "acme-voice", TimeMs: 1795687200000, RemoteIp: "2001:DB8::1",
		Requester: "arn:aws:sts::111122223333:assumed-role/ContactCentreExport/session-7", RequestId: "3E57427F3EXAMPLE",
		Operation: "REST.GET.OBJECT", Key: "org/year=2026/größe.opus", KeyLogged: "org/year%253D2026/gr%25C3%25B6%25C3%259Fe.opus",
		RequestUri: "GET /org/year%3D2026/gr%C3%B6%C3%9Fe.opus?X-Amz-Signature=sha256:00 HTTP/1.1", Status: 503, ErrorCode: "SlowDown",
		BytesSent: 243, ObjectSize: 1048576, TotalTimeMs: 26, TurnAroundMs: 25, Referrer: "https://apps.example.com/\"x\"",
		UserAgent: "player/1.0 \\ (\u0001)", VersionId: "null", HostId: "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP",
		SignatureVersion: "SigV4", CipherSuite: "TLS_AES_128_GCM_SHA256", AuthenticationType: "QueryString",
		HostHeader: "acme-voice.s3.eu-west-1.amazonaws.com:443", TlsVersion: "TLSv1.3",
		AccessPointArn: "arn:aws:s3:eu-west-1:111122223333:accesspoint/voice", AclRequired: "Yes", SourceRegion: "eu-central-1",
		Present: evidence.PresentStatus | evidence.PresentBytesSent | evidence.PresentObjectSize | evidence.PresentTotalTime | evidence.PresentTurnAround,
		Grant:   hashOf("grant"), OrganizationId: "org-1", ConversationId: "conv-1", RecordingId: "0b6f3f44-98f0-4a7e-8d70-15c3cf34f1b7",
		ObjectKind: evidence.ObjectKind_OBJECT_KIND_MEDIA,
	}
}

// fullAccess has a value in every field that an act's access knows.
func fullAccess() *Record {
	r := fullRequest()
	r.Kind, r.Id, r.Request, r.Grade = Kind_KIND_ACCESS, hashOf("access")[:16], nil, 0
	r.Action, r.Failed, r.ErrorCode = "genesys.playback", false, ""
	r.Act = &evidence.Act{
		AuditId: "audit-1", TimeMs: 1795687197000, UserId: "7eed8d14-f06d-4fef-b019-66a0c381e88f", Action: "Playback", Level: "USER",
		Service: "ContactCenter", Status: "SUCCESS", EntityType: "Recording", EntityId: "0b6f3f44-98f0-4a7e-8d70-15c3cf34f1b7",
		OrganizationId: "org-1", ConversationId: "conv-1",
	}
	r.StartMs, r.EndMs, r.Taken, r.Bytes, r.Requests, r.Sessions = 1795687200000, 1795687230500, Taken_TAKEN_FULL, 1048576, 17, 1
	r.EvidenceCount, r.EvidenceRoot = 18, hashOf("root")
	r.Bucket, r.Key, r.ObjectSize, r.SourceRegion = "acme-voice", "org/year=2026/größe.opus", 1048576, "eu-central-1"
	r.Recording = &Recording{
		Media: "audio", MediaSubtype: "Trunk", State: "AVAILABLE", Region: "eu-central-1", Direction: "inbound", Provider: "Edge",
		CreatedMs: 1795687100000, DurationMs: 25620, ExportedMs: 1795687150000, ObjectKey: "org/x.opus",
		Agents: []*Named{{Id: "7eed8d14-f06d-4fef-b019-66a0c381e88f", Name: "Ada Quill"}, {Id: "unknown"}},
		Queues: []*Named{{Id: "queue-1", Name: "Care"}},
	}
	return r
}

// emptyAct is an audit that nothing was seen of in the storage.
func emptyAct() *Record {
	return &Record{
		Id: hashOf("act")[:16], AccessId: hashOf("act")[:16], Kind: Kind_KIND_ACCESS, State: State_STATE_PENDING, TimeMs: 1795687197123,
		SubjectKind: evidence.SubjectKind_SUBJECT_KIND_AUDIT, SubjectId: "audit-9", Action: "genesys.view", Class: Class_CLASS_READ,
		Verdict: Verdict_VERDICT_AUDIT_ONLY, Model: Model_MODEL_EXPORT, Act: &evidence.Act{AuditId: "audit-9", Action: "View"},
		SourceIp: "-", EvidenceCount: 1, Arrival: &Arrival{Revision: 7, FirstMs: 1795687198000, LastMs: 1795687198000, LateByMs: 877},
	}
}

// retractedGroup is a group's access that gave its sessions to an act.
func retractedGroup() *Record {
	r := fullAccess()
	r.Act, r.Person, r.Candidates, r.Flags = nil, nil, nil, 0
	r.State, r.Successor, r.Verdict = State_STATE_RETRACTED, hashOf("successor")[:16], Verdict_VERDICT_OPEN
	r.Confidence, r.Taken = 0, Taken_TAKEN_ABSENT
	return r
}

// directDelete is a principal that went around the contact centre.
func directDelete() *Record {
	r := fullRequest()
	r.Class, r.Action, r.Verdict, r.Confidence = Class_CLASS_DELETE, "BATCH.DELETE.OBJECT", Verdict_VERDICT_DIRECT, 0
	r.Person, r.Candidates, r.Flags, r.Failed, r.ErrorCode = nil, nil, 0, false, ""
	r.PrincipalClass, r.PrincipalId = PrincipalClass_PRINCIPAL_CLASS_DIRECT, "arn:aws:iam::444455556666:user/mallory"
	r.PrincipalSession, r.Presigned, r.Grant = "", false, nil
	q := r.Request
	q.Requester, q.Operation, q.RequestUri, q.Referrer, q.UserAgent = r.PrincipalId, r.Action, "-", "-", "-"
	q.Status, q.ErrorCode, q.Present, q.HostHeader, q.RemoteIp = 204, "", evidence.PresentStatus, "", "-"
	r.SourceIp = ""
	return r
}

// trailedRequest is one that CloudTrail and KMS told of too.
func trailedRequest() *Record {
	r := fullRequest()
	r.MovedFromMs = []int64{1795737600000}
	r.Request.Trail = &evidence.Trail{
		EventId: "event-1", EventName: "GetObject", EventVersion: "1.10", EventType: "AwsApiCall", EventCategory: "Data",
		AwsRegion: "eu-west-1", ReadOnly: true, ManagementEvent: true, RecipientAccountId: "111122223333", SharedEventId: "shared-1",
		VpcEndpointId: "vpce-1", ErrorCode: "SlowDown", ErrorMessage: "Reduce your request rate.", SourceAddress: "AWS Internal",
		SseApplied: "SSE_KMS", KmsKeyId: "arn:aws:kms:eu-west-1:111122223333:key/1",
		Caller: &evidence.CallerIdentity{
			Type: "AssumedRole", PrincipalId: "AROA1:session-7", Arn: r.Request.Requester, AccountId: "111122223333",
			AccessKeyId: "ASIA1", UserName: "mallory", InvokedBy: "x.amazonaws.com", MfaAuthenticated: "true",
			CreationDate: "2026-11-26T09:00:00Z", SourceIdentity: "ada.quill", IssuerType: "Role", IssuerPrincipalId: "AROA1",
			IssuerArn: "arn:aws:iam::111122223333:role/ContactCentreExport", IssuerAccountId: "111122223333", IssuerUserName: "ContactCentreExport",
		},
	}
	r.KeyUses = []*evidence.KeyUse{
		{EventId: "use-1", Operation: "Decrypt", KeyArn: "arn:aws:kms:eu-west-1:111122223333:key/1"},
		{EventId: "use-2", Operation: "Decrypt", KeyArn: "arn:aws:kms:eu-west-1:111122223333:key/2"},
	}
	return r
}

func documentRecords() map[string]*Record {
	return map[string]*Record{
		"request": fullRequest(), "access": fullAccess(), "act-alone": emptyAct(),
		"retracted": retractedGroup(), "direct-delete": directDelete(), "trail": trailedRequest(),
	}
}
