package evidence

// Name gives the word for a kind that records and identities use.
func (k Kind) Name() string {
	switch k {
	case Kind_KIND_ACCESS_LOG:
		return "access-log"
	case Kind_KIND_CLOUDTRAIL:
		return "cloudtrail"
	case Kind_KIND_PLATFORM_QUERY:
		return "platform-query"
	case Kind_KIND_QUALITY_QUERY:
		return "quality-query"
	case Kind_KIND_EVENT:
		return "event"
	case Kind_KIND_FILE:
		return "file"
	case Kind_KIND_METADATA:
		return "metadata"
	}
	return "unknown"
}

// Name gives the word for a grade that records use.
func (g Grade) Name() string {
	switch g {
	case Grade_GRADE_EXACT:
		return "exact"
	case Grade_GRADE_RECOVERED:
		return "recovered"
	case Grade_GRADE_RAW:
		return "raw"
	}
	return ""
}

// Name gives the word for a subject's kind that records use.
func (k SubjectKind) Name() string {
	switch k {
	case SubjectKind_SUBJECT_KIND_RECORDING:
		return "recording"
	case SubjectKind_SUBJECT_KIND_OBJECT:
		return "object"
	case SubjectKind_SUBJECT_KIND_ENTITY:
		return "entity"
	case SubjectKind_SUBJECT_KIND_BUCKET:
		return "bucket"
	case SubjectKind_SUBJECT_KIND_AUDIT:
		return "audit"
	case SubjectKind_SUBJECT_KIND_RAW:
		return "raw"
	}
	return ""
}

// Name gives the word for what an object key names.
func (k ObjectKind) Name() string {
	switch k {
	case ObjectKind_OBJECT_KIND_MEDIA:
		return "media"
	case ObjectKind_OBJECT_KIND_METADATA:
		return "metadata"
	case ObjectKind_OBJECT_KIND_OTHER:
		return "other"
	}
	return ""
}

// The bits of StorageRequest.Present: which numbers the record carried.
const (
	PresentStatus uint32 = 1 << iota
	PresentBytesSent
	PresentObjectSize
	PresentTotalTime
	PresentTurnAround
)
