package simulate

import (
	"strconv"
	"time"

	"earwitness/pipeline/evidence"
)

// The truth is one JSON object a line. Nothing in it needs escaping: all
// texts are the simulator's own.

// appendRequestTruth tells who made r; written is how often its line was.
func appendRequestTruth(dst []byte, r *request, bucket string, written int, grade string) []byte {
	key, recording := "", ""
	if r.object != nil {
		key, recording = r.object.key, r.object.recording
	}
	id := evidence.RequestID(bucket, r.requestID, r.hostID, r.operation, key, r.version)
	dst = append(dst, `{"kind":"request","id":"`...)
	dst = appendID(dst, id)
	dst = append(dst, `","time":"`...)
	dst = appendSecond(dst, r.at)
	dst = append(dst, '"')
	dst = appendMember(dst, "story", r.story)
	dst = appendMember(dst, "operation", r.operation)
	dst = appendMember(dst, "principal", r.principal)
	dst = appendMember(dst, "actor", r.actor)
	if r.person != nil {
		dst = appendMember(dst, "person", r.person.id)
	}
	dst = appendMember(dst, "audit", r.act)
	dst = appendMember(dst, "recording", recording)
	dst = appendWritten(dst, written)
	if written > 0 {
		dst = appendMember(dst, "grade", grade)
	}
	return append(dst, '}', '\n')
}

// appendActTruth tells who did a; written is how many records tell of it.
func appendActTruth(dst []byte, a *act, written int) []byte {
	dst = append(dst, `{"kind":"act","id":"`...)
	dst = appendID(dst, evidence.ActID(a.id))
	dst = append(dst, `","time":"`...)
	dst = appendMilli(dst, a.at)
	dst = append(dst, '"')
	dst = appendMember(dst, "story", a.story)
	dst = appendMember(dst, "action", a.action)
	if a.person != nil {
		dst = appendMember(dst, "actor", a.person.name)
		dst = appendMember(dst, "person", a.person.id)
	} else {
		dst = appendMember(dst, "actor", "system")
	}
	dst = appendMember(dst, "audit", a.id)
	dst = appendMember(dst, "recording", a.recording)
	if a.failed {
		dst = append(dst, `,"failed":true`...)
	}
	return append(appendWritten(dst, written), '}', '\n')
}

func appendID(dst []byte, id evidence.ID) []byte {
	for _, b := range id {
		dst = append(dst, lowerHex[b>>4], lowerHex[b&15])
	}
	return dst
}

// appendMember appends a member that is not the first; without a value none.
func appendMember(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(append(append(dst, ',', '"'), name...), `":"`...)
	return append(append(dst, value...), '"')
}

func appendWritten(dst []byte, n int) []byte {
	return strconv.AppendInt(append(dst, `,"written":`...), int64(n), 10)
}

func appendSecond(dst []byte, at int64) []byte {
	return time.UnixMilli(at).UTC().AppendFormat(dst, "2006-01-02T15:04:05Z")
}

func appendMilli(dst []byte, at int64) []byte {
	return time.UnixMilli(at).UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z")
}
