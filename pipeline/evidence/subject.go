package evidence

import "strings"

// SetRequestSubject gives e, which carries a storage request, its subject:
// the recording, else the object, else the bucket with the principal
// (section 2 of the rules). In the last case the session name of an assumed
// role is left out for every principal, because which of them are the contact
// centre's is known to the fold alone; the fold publishes the exact form.
func SetRequestSubject(e *Evidence) {
	r := e.GetRequest()
	switch {
	case r.RecordingId != "":
		e.SubjectKind, e.SubjectId = SubjectKind_SUBJECT_KIND_RECORDING, r.RecordingId
	case r.Key != "":
		e.SubjectKind, e.SubjectId = SubjectKind_SUBJECT_KIND_OBJECT, r.Bucket+"/"+r.Key
	default:
		role, _ := SplitRoleSession(r.Requester)
		e.SubjectKind, e.SubjectId = SubjectKind_SUBJECT_KIND_BUCKET, BucketSubject(r.Bucket, role)
	}
}

// SetKeyUseSubject gives e, which carries a use of a key, the subject of the
// requests for the object that it was used for.
func SetKeyUseSubject(e *Evidence) {
	u := e.GetKeyUse()
	switch {
	case u.RecordingId != "":
		e.SubjectKind, e.SubjectId = SubjectKind_SUBJECT_KIND_RECORDING, u.RecordingId
	case u.Key != "":
		e.SubjectKind, e.SubjectId = SubjectKind_SUBJECT_KIND_OBJECT, u.Bucket+"/"+u.Key
	default:
		role, _ := SplitRoleSession(u.Requester)
		e.SubjectKind, e.SubjectId = SubjectKind_SUBJECT_KIND_BUCKET, BucketSubject(u.Bucket, role)
	}
}

// BucketSubject is the id of the subject of a request without a key.
func BucketSubject(bucket, principal string) string {
	if principal == "" {
		return bucket
	}
	return bucket + "/" + principal
}

// SetActSubject gives e, which carries an act, its subject: the recording,
// else the entity, else the audit itself.
func SetActSubject(e *Evidence) {
	a := e.GetAct()
	switch {
	case a.EntityId != "" && isRecordingEntity(a.EntityType):
		e.SubjectKind, e.SubjectId = SubjectKind_SUBJECT_KIND_RECORDING, LowerUUID(a.EntityId)
	case a.EntityId != "" && a.EntityType != "":
		e.SubjectKind, e.SubjectId = SubjectKind_SUBJECT_KIND_ENTITY, a.EntityType+":"+LowerUUID(a.EntityId)
	default:
		e.SubjectKind, e.SubjectId = SubjectKind_SUBJECT_KIND_AUDIT, a.AuditId
	}
}

func isRecordingEntity(entityType string) bool {
	switch entityType {
	case "Recording", "ScreenRecording", "SnippetRecording", "OrphanedRecording":
		return true
	}
	return false
}

// SubjectKey is the message key that decides the partition.
func SubjectKey(dst []byte, kind SubjectKind, id string) []byte {
	dst = append(dst, kind.Name()...)
	dst = append(dst, ':')
	return append(dst, id...)
}

// SubjectKeyLen is how long it is.
func SubjectKeyLen(kind SubjectKind, id string) int { return len(kind.Name()) + 1 + len(id) }

// LowerUUID lowers s where it has the form of a UUID and leaves it else.
func LowerUUID(s string) string {
	if !IsUUID(s) {
		return s
	}
	return strings.ToLower(s)
}

// IsUUID says whether s has the form 8-4-4-4-12 of hex digits, in any case.
func IsUUID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	other := byte(0)
	for i := range 8 {
		other |= notHex[s[i]]
	}
	for i := 9; i < 22; i += 5 {
		other |= notHex[s[i]] | notHex[s[i+1]] | notHex[s[i+2]] | notHex[s[i+3]]
	}
	for i := 24; i < 36; i++ {
		other |= notHex[s[i]]
	}
	return other == 0
}

// notHex is 0 for the digits of hex alone.
var notHex = makeNotHex() //nolint:gochecknoglobals // a table, never written again

func makeNotHex() (t [256]byte) {
	for c := range t {
		if strings.IndexByte("0123456789abcdefABCDEF", byte(c)) < 0 {
			t[c] = 1
		}
	}
	return t
}

// SplitRoleSession cuts the ARN of an assumed role's session
// (arn:aws:sts::account:assumed-role/role/session) into the ARN without the
// session name, and that name. Any other requester comes back whole.
func SplitRoleSession(requester string) (role, session string) {
	const mark = ":assumed-role/"
	i := strings.Index(requester, mark)
	if i < 0 || !strings.HasPrefix(requester, "arn:") {
		return requester, ""
	}
	rest := requester[i+len(mark):]
	slash := strings.IndexByte(rest, '/')
	if slash < 0 {
		return requester, ""
	}
	cut := i + len(mark) + slash
	return requester[:cut], requester[cut+1:]
}
