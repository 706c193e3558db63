package notification_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/sources/intake/notification"
)

var update = flag.Bool("update", false, "write the golden files anew")

// text is a message in words.
func text(m notification.Message) string {
	var b strings.Builder
	fmt.Fprintf(&b, "form %s, %d passed over\n", m.Form, m.Passed)
	for _, o := range m.Objects {
		fmt.Fprintf(&b, "%s %s\n  bucket %q\n  key %q\n  %d bytes, etag %q, version %q\n",
			o.Time.Format(time.RFC3339Nano), o.Event, o.Bucket, o.Key, o.Size, o.ETag, o.VersionID)
	}
	return b.String()
}

// TestGolden reads the examples of AWS's documentation (the S3 user guide's
// "Event message structure", versions 2.1 to 2.6, and "EventBridge event message
// structure", with event-version 1.1 and before it), and what they become in the
// envelope of SNS and with keys that have to be encoded. Raw delivery by SNS is
// the direct form.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 14 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := notification.Read(body)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		golden := strings.TrimSuffix(file, ".json") + ".golden"
		if *update {
			if err := os.WriteFile(golden, []byte(text(m)), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), text(m)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	put, err := os.ReadFile("testdata/put.json")
	if err != nil {
		t.Fatal(err)
	}
	changed := func(from, to string) string {
		if !strings.Contains(string(put), from) {
			t.Fatalf("%q is not there", from)
		}
		return strings.Replace(string(put), from, to, 1)
	}
	sns, err := os.ReadFile("testdata/sns.json")
	if err != nil {
		t.Fatal(err)
	}
	event, err := os.ReadFile("testdata/event-1.1.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, body, cause, says string }{
		{"another major version", changed(`"eventVersion":"2.1"`, `"eventVersion":"3.0"`), notification.CauseUnknown, `record 0 is of version "3.0", and only 2.x is known`},
		{"an event of another major version", strings.Replace(string(event), `"event-version":"1.1"`, `"event-version":"2.0"`, 1), notification.CauseUnknown, `detail is of version "2.0"`},
		{"empty", "", notification.CauseBroken, "no JSON object"},
		{"an array", "[]", notification.CauseBroken, "no JSON object"},
		{"cut", string(put[:300]), notification.CauseBroken, "not JSON"},
		{"two", string(put) + string(put), notification.CauseBroken, "not JSON"},
		{"something else", `{"hello":"world"}`, notification.CauseUnknown, "no notification of S3"},
		{"no records", `{"Records":[],"Event":"s3:TestEvent"}`, notification.CauseBroken, "empty"},
		{"another service", changed(`"aws:s3"`, `"aws:ses"`), notification.CauseUnknown, "record 0 is none of S3"},
		{"no key", changed(`HappyFace.jpg`, ``), notification.CauseBroken, "no key"},
		{"a key that is not encoded", changed(`HappyFace.jpg`, `100%`), notification.CauseBroken, "not form-encoded"},
		{"a long key", changed(`HappyFace.jpg`, strings.Repeat("k", 1025)), notification.CauseBroken, "1025 bytes"},
		{"no bucket", changed(`"name":"amzn-s3-demo-bucket"`, `"name":""`), notification.CauseBroken, "no bucket"},
		{"no time", changed(`"eventTime"`, `"then"`), notification.CauseBroken, "time"},
		{"no name", changed(`"eventName"`, `"then"`), notification.CauseBroken, "eventName"},
		{"a size in words", changed(`"size":1024`, `"size":"many"`), notification.CauseBroken, "record 0"},
		{"a negative size", changed(`"size":1024`, `"size":-1`), notification.CauseBroken, "negative"},
		{"a subscription", `{"Type":"SubscriptionConfirmation","Message":"You have chosen","SubscribeURL":"https://x"}`, notification.CauseUnknown, "confirm it"},
		{"SNS of something else", strings.Replace(string(sns), `Records`, `Recorded`, 1), notification.CauseUnknown, "no notification"},
		{"SNS of a text", `{"Type":"Notification","Message":"hello"}`, notification.CauseBroken, "no JSON object"},
		{"SNS in SNS", `{"Type":"Notification","Message":"{\"Type\":\"Notification\",\"Message\":\"{}\"}"}`, notification.CauseUnknown, "no notification"},
		{"an event without a detail", `{"source":"aws.s3","detail-type":"Object Created","time":"2021-11-12T00:00:00Z"}`, notification.CauseBroken, "detail"},
		{"an event of another service", `{"source":"aws.ec2","detail-type":"x","detail":{}}`, notification.CauseUnknown, "no notification"},
	} {
		m, err := notification.Read([]byte(tt.body))
		var e *notification.Error
		if !errors.As(err, &e) || e.Cause != tt.cause || !strings.Contains(err.Error(), tt.says) || len(m.Objects) > 0 {
			t.Errorf("%s: %v, want %s and %q", tt.name, err, tt.cause, tt.says)
		}
	}
}

func TestScope(t *testing.T) {
	t.Parallel()
	scope := notification.Scope{Bucket: "logs", Prefix: "access/"}
	for _, tt := range []struct{ bucket, key, says string }{
		{"logs", "access/2026", ""},
		{"other", "access/2026", `bucket "other"`},
		{"logs", "other/2026", `outside the prefix "access/"`},
	} {
		err := scope.Check([]notification.Object{{Bucket: "logs", Key: "access/1"}, {Bucket: tt.bucket, Key: tt.key}})
		var e *notification.Error
		switch {
		case tt.says == "" && err != nil:
			t.Error(err)
		case tt.says != "" && (!errors.As(err, &e) || e.Cause != notification.CauseForeign || !strings.Contains(err.Error(), tt.says)):
			t.Errorf("%s/%s: %v", tt.bucket, tt.key, err)
		}
	}
	if err := (notification.Scope{}).Check([]notification.Object{{Bucket: "any", Key: "k"}}); err != nil {
		t.Error(err)
	}
}
