//go:build servers

package main

import (
	"crypto/md5" //nolint:gosec // it is what an ETag is
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// recordingsIn are the keys of recordings that records tell of.
func recordingsIn(t *testing.T, trail []string) []string {
	t.Helper()
	keys := map[string]bool{}
	for _, line := range trail {
		var d struct{ File struct{ Path string } }
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err)
		}
		if key := strings.TrimSuffix(d.File.Path, "_metadata.json"); recordingKey.MatchString(key) {
			keys[key] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

// recordingKey is how the simulator, like an export, names recordings.
var recordingKey = regexp.MustCompile(`/conversation_id=([0-9a-f-]{36})/([0-9a-f-]{36})\.(?:opus|mp4)$`)

func idsIn(key string) (conversation, recording string) {
	m := recordingKey.FindStringSubmatch(key)
	return m[1], m[2]
}

func (q *logQueue) tellOf(bucket, key string, content []byte) {
	q.t.Helper()
	q.tell(bucket, key, int64(len(content)))
}

// tellBySNS notifies of an object as S3 does through a topic of SNS.
func (q *logQueue) tellBySNS(bucket, key string, content []byte) {
	q.t.Helper()
	message, err := json.Marshal(map[string]any{
		"Type": "Notification", "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", "TopicArn": "arn:aws:sns:us-east-1:111122223333:logs",
		"Subject": "Amazon S3 Notification", "Message": notificationOf(bucket, key, int64(len(content))), "Timestamp": "2026-03-02T10:00:00.000Z", "SignatureVersion": "1",
	})
	if err != nil {
		q.t.Fatal(err)
	}
	q.send(string(message))
}

// tellByEventBridge notifies of an object as S3 does through EventBridge.
func (q *logQueue) tellByEventBridge(bucket, key string, content []byte) {
	q.t.Helper()
	q.send(fmt.Sprintf(`{"version":"0","id":"17793124-05d4-b198-2fde-7ededc63b103","detail-type":"Object Created","source":"aws.s3","account":"111122223333",`+
		`"time":"2026-03-02T10:00:00Z","region":"us-east-1","resources":["arn:aws:s3:::%s"],"detail":{"version":"0","bucket":{"name":%q},`+
		`"object":{"key":%q,"size":%d,"etag":"%x","sequencer":"00617F08299329D189"},"request-id":"N4N7GDK58NMKJ12R",`+
		`"requester":"123456789012","reason":"PutObject"}}`, bucket, bucket, key, len(content), md5.Sum(content)))
}
