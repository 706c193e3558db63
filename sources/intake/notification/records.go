package notification

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// created begins the names of events that tell of a new object; the direct
// form leaves out the prefix that the configuration has.
const created = "ObjectCreated:"

// record is one of the direct form: "Event message structure" in the S3 user
// guide.
type record struct {
	EventVersion string `json:"eventVersion"`
	EventSource  string `json:"eventSource"`
	EventName    string `json:"eventName"`
	EventTime    string `json:"eventTime"`
	S3           struct {
		Bucket struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key       string `json:"key"`
			Size      int64  `json:"size"`
			ETag      string `json:"eTag"`
			VersionID string `json:"versionId"`
		} `json:"object"`
	} `json:"s3"`
}

func readRecords(records []json.RawMessage) (Message, error) {
	message := Message{Form: Direct}
	for i, raw := range records {
		var r record
		if err := json.Unmarshal(raw, &r); err != nil {
			return Message{}, broken(err, "record %d is not of the form that is expected", i)
		}
		// MinIO writes minio:s3 and s3:ObjectCreated:Put.
		if !strings.HasSuffix(r.EventSource, ":s3") {
			return Message{}, &Error{Cause: CauseUnknown, What: fmt.Sprintf("record %d is none of S3", i)}
		}
		if !of(r.EventVersion, recordMajor) {
			return Message{}, another(fmt.Sprintf("record %d", i), r.EventVersion, recordMajor)
		}
		name := strings.TrimPrefix(r.EventName, "s3:")
		if !strings.HasPrefix(name, created) {
			if name == "" {
				return Message{}, broken(nil, "record %d has no eventName", i)
			}
			message.Passed++
			continue
		}
		key, err := url.QueryUnescape(r.S3.Object.Key)
		if err != nil {
			return Message{}, broken(err, "the key of record %d is not form-encoded", i)
		}
		o := Object{
			Bucket: r.S3.Bucket.Name, Key: key, Size: r.S3.Object.Size, ETag: strings.Trim(r.S3.Object.ETag, `"`),
			VersionID: version(r.S3.Object.VersionID), Event: name,
		}
		if o.Time, err = readTime(r.EventTime); err == nil {
			err = check(o)
		}
		if err != nil {
			return Message{}, broken(err, "record %d", i)
		}
		message.Objects = append(message.Objects, o)
	}
	return message, nil
}

// version leaves out what stands for none.
func version(id string) string {
	if id == "null" {
		return ""
	}
	return id
}

func readTime(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("its time is not of the form 2006-01-02T15:04:05Z")
	}
	return t.UTC(), nil
}

func check(o Object) error {
	switch {
	case o.Bucket == "":
		return fmt.Errorf("it names no bucket")
	case o.Key == "":
		return fmt.Errorf("it names no key")
	case len(o.Key) > longestKey:
		return fmt.Errorf("its key has %d bytes, more than S3's %d", len(o.Key), longestKey)
	case o.Size < 0:
		return fmt.Errorf("its size is negative")
	}
	return nil
}

// longestKey in bytes: "Naming Amazon S3 objects" in the S3 user guide.
const longestKey = 1024
