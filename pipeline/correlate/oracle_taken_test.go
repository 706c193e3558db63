package correlate_test

import "earwitness/pipeline/access"

type oObject struct{ bucket, key string }

// takenOf is section 7's "how much was taken", and whether a judged copy
// succeeded.
func takenOf(requests []*oRequest) (taken access.Taken, copied bool) {
	var reads, judged []*oRequest
	for _, r := range requests {
		if r.class == access.Class_CLASS_READ {
			reads = append(reads, r)
			if r.isMedia() {
				judged = append(judged, r)
			}
		}
	}
	if len(reads) == 0 {
		return access.Taken_TAKEN_ABSENT, false
	}
	if len(judged) == 0 {
		judged = reads
	}
	objects := make(map[oObject][]*oRequest)
	for _, r := range judged {
		if r.fact.Status == 200 || r.fact.Status == 206 {
			object := oObject{r.fact.Bucket, r.fact.Key}
			objects[object] = append(objects[object], r)
		}
	}
	taken = access.Taken_TAKEN_NONE
	for _, responses := range objects {
		of, objectCopied := takenOfObject(responses)
		taken = max(taken, of)
		copied = copied || objectCopied
	}
	return taken, copied
}

// takenOfObject judges the responses with status 200 and 206 about one
// object.
func takenOfObject(responses []*oRequest) (taken access.Taken, copied bool) {
	taken = access.Taken_TAKEN_NONE
	ranges, largest := int64(0), int64(0)
	for _, r := range responses {
		switch {
		case r.fact.Operation == "REST.COPY.OBJECT_GET" && r.fact.ErrorCode == "":
			taken, copied = max(taken, access.Taken_TAKEN_FULL), true
		case r.fact.Operation == "REST.COPY.PART_GET" && r.fact.ErrorCode == "":
			taken, copied = max(taken, access.Taken_TAKEN_LIKELY_FULL), true
		}
		if r.fact.Status == 200 && r.fact.ObjectSize > 0 && r.fact.BytesSent >= r.fact.ObjectSize {
			taken = max(taken, access.Taken_TAKEN_FULL)
		}
		if r.fact.Status == 206 {
			ranges += r.fact.BytesSent
			largest = max(largest, r.fact.ObjectSize)
		}
		if r.fact.BytesSent > 0 {
			taken = max(taken, access.Taken_TAKEN_PARTIAL)
		}
	}
	if largest > 0 && ranges >= largest {
		taken = max(taken, access.Taken_TAKEN_LIKELY_FULL)
	}
	return taken, copied
}
