package access

import "earwitness/pipeline/evidence"

// trail writes what CloudTrail says of a request, under the names of Elastic's
// integration.
func (w *jsonWriter) trail(q *evidence.StorageRequest) {
	t := q.Trail
	if t == nil {
		return
	}
	mark := w.begin("cloudtrail")
	w.text("error_code", t.ErrorCode)
	w.text("error_message", t.ErrorMessage)
	w.text("event_category", t.EventCategory)
	w.text("event_id", t.EventId)
	w.text("event_name", t.EventName)
	w.text("event_type", t.EventType)
	w.text("event_version", t.EventVersion)
	w.boolean("management_event", t.ManagementEvent)
	w.boolean("read_only", t.ReadOnly)
	w.text("recipient_account_id", t.RecipientAccountId)
	w.text("request_id", q.RequestId)
	w.text("shared_event_id", t.SharedEventId)
	w.text("source_address", t.SourceAddress)
	w.caller(t.Caller)
	w.text("vpc_endpoint_id", t.VpcEndpointId)
	w.end(mark)
}

func (w *jsonWriter) caller(c *evidence.CallerIdentity) {
	if c == nil {
		return
	}
	mark := w.begin("user_identity")
	w.text("access_key_id", c.AccessKeyId)
	w.text("account_id", c.AccountId)
	w.text("arn", c.Arn)
	w.text("invoked_by", c.InvokedBy)
	w.text("principal_id", c.PrincipalId)
	session := w.begin("session_context")
	w.text("creation_date", c.CreationDate)
	w.text("mfa_authenticated", c.MfaAuthenticated)
	issuer := w.begin("session_issuer")
	w.text("account_id", c.IssuerAccountId)
	w.text("arn", c.IssuerArn)
	w.text("principal_id", c.IssuerPrincipalId)
	w.text("type", c.IssuerType)
	w.text("user_name", c.IssuerUserName)
	w.end(issuer)
	w.text("source_identity", c.SourceIdentity)
	w.end(session)
	w.text("type", c.Type)
	w.text("user_name", c.UserName)
	w.end(mark)
}

// The scopes of what is known of KMS: see KMSScope.
const (
	scopeObject = "object"
	scopeBucket = "bucket"
	scopeNone   = "none"
)

// kmsScope says what KMS can say of one object: its calls name the object, or
// a bucket's key stands between them and it, or none was seen, which says
// nothing about the access. Empty where CloudTrail says nothing of the
// request.
func kmsScope(r *Record) string {
	t := r.GetRequest().GetTrail()
	switch {
	case len(r.KeyUses) > 0:
		return scopeObject
	case t == nil:
		return ""
	case t.BucketKey:
		return scopeBucket
	}
	return scopeNone
}

// kms writes the calls of KMS for the object.
func (w *jsonWriter) kms(r *Record) {
	scope := kmsScope(r)
	if scope == "" {
		return
	}
	mark := w.begin("kms")
	var events, operations []string
	keys := []string{r.GetRequest().GetTrail().GetKmsKeyId()}
	for _, u := range r.KeyUses {
		events, operations, keys = append(events, u.EventId), append(operations, u.Operation), append(keys, u.KeyArn)
	}
	w.list("event_id", events)
	w.list("key_id", distinct(keys))
	w.list("operation", distinct(operations))
	w.text("scope", scope)
	w.text("sse_applied", r.GetRequest().GetTrail().GetSseApplied())
	w.end(mark)
}

// distinct leaves out what is empty or was there before.
func distinct(texts []string) []string {
	var kept []string
	seen := map[string]bool{"": true}
	for _, t := range texts {
		if !seen[t] {
			seen[t] = true
			kept = append(kept, t)
		}
	}
	return kept
}

// Moved gives the tombstones of r: what is to be written on the days on which
// an older revision of it may stand, so that it is not found there any more.
func Moved(r *Record) []*Record {
	var stones []*Record
	for _, ms := range r.MovedFromMs {
		stones = append(stones, &Record{
			Id: r.Id, Kind: r.Kind, State: State_STATE_RETRACTED, SubjectKind: r.SubjectKind, SubjectId: r.SubjectId,
			TimeMs: ms, Model: r.Model, AccessId: r.AccessId, Successor: r.Id, RecordingId: r.RecordingId, Bucket: r.Bucket, Key: r.Key,
			Arrival: r.Arrival,
		})
	}
	return stones
}
