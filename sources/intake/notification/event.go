package notification

import (
	"encoding/json"
	"strings"
)

// detail is that of an event: "EventBridge event message structure" in the S3
// user guide. Keys are as they are there.
type detail struct {
	EventVersion string `json:"event-version"`
	Bucket       struct {
		Name string `json:"name"`
	} `json:"bucket"`
	Object struct {
		Key       string `json:"key"`
		Size      int64  `json:"size"`
		ETag      string `json:"etag"`
		VersionID string `json:"version-id"`
	} `json:"object"`
	Reason string `json:"reason"`
}

// eventCreated is the detail type of an event that tells of a new object.
const eventCreated = "Object Created"

func readEvent(e envelope) (Message, error) {
	message := Message{Form: EventBridge}
	if e.DetailType != eventCreated {
		message.Passed = 1
		return message, nil
	}
	var d detail
	if err := json.Unmarshal(e.Detail, &d); err != nil {
		return Message{}, broken(err, "the event's detail is not of the form that is expected")
	}
	if !of(d.EventVersion, detailMajor) {
		return Message{}, another("the event's detail", d.EventVersion, detailMajor)
	}
	o := Object{
		Bucket: d.Bucket.Name, Key: d.Object.Key, Size: d.Object.Size, ETag: strings.Trim(d.Object.ETag, `"`),
		VersionID: version(d.Object.VersionID), Event: created + d.Reason,
	}
	var err error
	if o.Time, err = readTime(e.Time); err == nil {
		err = check(o)
	}
	if err != nil {
		return Message{}, broken(err, "the event")
	}
	message.Objects = []Object{o}
	return message, nil
}
