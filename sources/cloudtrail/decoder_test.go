package cloudtrail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"earwitness/pipeline/evidence"
)

// small is an event of S3 named by its id; members come behind the others.
func small(id, members string) string {
	return `{"eventVersion":"1.10","eventTime":"2026-03-02T10:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject",` +
		`"requestParameters":{"bucketName":"b","key":"k"},"eventID":"` + id + `"` + members + `}`
}

// read gives the ids of the events of a file, and the causes of what is broken.
func read(t *testing.T, data string) string {
	t.Helper()
	all := decode(t, []byte(data))
	causes := map[string]string{}
	for _, l := range all.DeadLetters {
		causes[string(l.Origin.Sha256)] = l.Cause
	}
	var names []string
	for _, e := range all.Evidence {
		if r := e.GetRequest(); r != nil {
			names = append(names, r.Trail.EventId)
		} else {
			names = append(names, "!"+causes[string(e.Origin.Sha256)])
		}
	}
	return strings.Join(names, " ")
}

func TestLayouts(t *testing.T) {
	a, b, c := small("a", ""), small("b", ""), small("c", "")
	for _, tt := range []struct{ name, data, want string }{
		{"empty", "", ""},
		{"no records", `{"Records":[]}`, ""},
		{"records", `{"Records":[` + a + "," + b + `]}`, "a b"},
		{"spread out", "{ \"Records\" :\n[ " + a + " ,\n " + b + " ]\n}\n", "a b"},
		{"byte order mark", "\xEF\xBB\xBF" + `{"Records":[` + a + `]}`, "a"},
		{"members beside", `{"Records":[` + a + `],"n":1,"x":{"y":[2]},"z":[` + b + `]}`, "a b"},
		{"lines", a + "\n" + b + "\n", "a b"},
		{"list", "[" + a + "," + b + "]", "a b"},
		{"two files", `{"Records":[` + a + `]}` + `{"Records":[` + b + `]}`, "a b"},
		{"envelope", `{"version":"0","id":"e","detail":` + a + `}`, "a"},
		{"one broken", `{"Records":[` + a + `,{"eventVersion":"1",oops},` + b + "," + c + `]}`, "a !broken b c"},
		{"broken escape", `{"Records":[` + a + `,{"eventVersion":"\x"},` + b + `]}`, "a !broken b"},
		{"line end in a string", `{"Records":[{"eventVersion":"` + "\n" + `"},` + b + `]}`, "!broken b"},
		{"two brace errors", `{"Records":[` + a + `,{"eventVersion":"1"}},` + b + `]}`, "a !unreadable b"},
		{"garbage between", `{"Records":[` + a + `,oops,` + b + `]}`, "a !broken b"},
		{"cut off", `{"Records":[` + a + "," + b[:40], "a !broken"},
		{"no object", `{"Records":[7,` + a + `]}`, "!broken a"},
		{"text", "hello", "!broken"},
		{"other JSON", `{"a":1}` + a, "!unreadable a"},
		{"event in a string", small("a", `,"errorMessage":"{\"eventVersion\":"`) + b, "a b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := read(t, tt.data); got != tt.want {
				t.Errorf("read %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLongRecords(t *testing.T) {
	a := small("a", "")
	for _, long := range []string{
		small("l", `,"x":"`+strings.Repeat("y", MaxRecord)+`"`), `{"eventVersion":oops` + strings.Repeat("y", 3*MaxRecord) + "}",
	} {
		data := `{"Records":[` + a + "," + long + "," + a + `]}`
		all := decode(t, []byte(data))
		if got := read(t, data); got != "a !too-long a" {
			t.Fatalf("read %q", got)
		}
		sum := sha256.Sum256([]byte(long))
		e := all.Evidence[1]
		if !bytes.Equal(e.Origin.Sha256, sum[:]) || e.Origin.Length != int64(len(long)) || len(e.Raw) != KeptOfLong ||
			all.End != int64(len(data)) {
			t.Errorf("origin %v, kept %d, end %d of %d", e.Origin, len(e.Raw), all.End, len(data))
		}
		if _, letter := testDecoder(t).DecodeRecord(e.Raw, e.Origin); letter == nil || letter.Cause != CauseTooLong {
			t.Errorf("read again: %v", letter)
		}
	}
}

func TestSkipped(t *testing.T) {
	d, err := New(Config{Buckets: []string{"voice-*"}})
	if err != nil {
		t.Fatal(err)
	}
	data := string(readSample(t, "trail.json")) + small("other bucket", "")
	records := 0
	err = d.Decode(t.Context(), evidence.Object{}, strings.NewReader(data), func(b evidence.Batch) error {
		records += b.Records
		return nil
	})
	if err != nil || records != 12 || d.Skipped() != 6 {
		t.Errorf("%v, %d records, %d passed over", err, records, d.Skipped())
	}
	if _, err := New(Config{Buckets: []string{"[a"}}); err == nil || !strings.Contains(err.Error(), `"[a"`) {
		t.Errorf("a pattern that is none: %v", err)
	}
}

func TestFieldsOfRequests(t *testing.T) {
	const id = "7"
	for _, tt := range []struct {
		name, members string
		check         func(r *evidence.StorageRequest) bool
	}{
		{"no request id", ``, func(r *evidence.StorageRequest) bool { return r.RequestId == id && r.HostId == "" }},
		{"absent host id", `,"requestID":"R","additionalEventData":null`, func(r *evidence.StorageRequest) bool { return r.RequestId == "R" }},
		{"root, of a bucket", `,"requestID":"R","userIdentity":{"type":"Root","arn":"arn:aws:iam::1:root"},"requestParameters":{"bucketName":"b","key":""}`, func(r *evidence.StorageRequest) bool { return r.RequestId == id }},
		{"root, of an object", `,"requestID":"R","userIdentity":{"type":"Root","arn":"arn:aws:iam::1:root"}`, func(r *evidence.StorageRequest) bool { return r.RequestId == "R" }},
		{"anonymous, of a bucket", `,"requestID":"R","userIdentity":{"type":"AWSAccount","accountId":"ANONYMOUS_PRINCIPAL"},"requestParameters":{"bucketName":"b","key":""}`, func(r *evidence.StorageRequest) bool { return r.RequestId == "R" }},
		{"anonymous", `,"userIdentity":{"accountId":"ANONYMOUS_PRINCIPAL","principalId":""}`, func(r *evidence.StorageRequest) bool { return r.Requester == "" }},
		{"nobody named is not anonymous", ``, func(r *evidence.StorageRequest) bool { return r.Requester == "unknown" }},
		{"service", `,"userIdentity":{"type":"AWSService","invokedBy":"x.amazonaws.com"}`, func(r *evidence.StorageRequest) bool { return r.Requester == "svc:x.amazonaws.com" }},
		{"another account", `,"userIdentity":{"type":"AWSAccount","principalId":"AIDA","accountId":"2"}`, func(r *evidence.StorageRequest) bool { return r.Requester == "AIDA" }},
		{"numbers as text", `,"userIdentity":{"accountId":123},"readOnly":"true"`, func(r *evidence.StorageRequest) bool {
			return r.Trail.Caller.AccountId == "123" && r.Trail.ReadOnly
		}},
		{"address", `,"sourceIPAddress":"2001:db8::1"`, func(r *evidence.StorageRequest) bool { return r.RemoteIp == "2001:db8::1" }},
		{"no address", `,"sourceIPAddress":"AWS Internal"`, func(r *evidence.StorageRequest) bool {
			return r.RemoteIp == "" && r.Trail.SourceAddress == "AWS Internal"
		}},
		{"no bytes", `,"additionalEventData":{"bytesTransferredOut":0}`, func(r *evidence.StorageRequest) bool { return r.Present == evidence.PresentBytesSent }},
		{"bytes of another type", `,"additionalEventData":{"bytesTransferredOut":"many"}`, func(r *evidence.StorageRequest) bool { return r.Present == 0 }},
		{"wrong types", `,"userIdentity":[1],"resources":{"a":1},"tlsDetails":"x","userAgent":7,"errorCode":{}`, func(r *evidence.StorageRequest) bool { return r.UserAgent == "" }},
		{"presigned", `,"additionalEventData":{"AuthenticationMethod":"QueryString"},"requestParameters":{"bucketName":"b","key":"k","X-Amz-Date":"20260302T101112Z"}`, func(r *evidence.StorageRequest) bool {
			return r.SigningTimeMs == 1772446272000 && r.Grant == nil
		}},
		{"access point", `,"requestParameters":{"bucketName":"arn:aws:s3:eu-west-1:1:accesspoint/ap","key":"k"},"resources":[{"type":"AWS::S3::Bucket","ARN":"arn:aws-cn:s3:::real"}]`, func(r *evidence.StorageRequest) bool {
			return r.Bucket == "real" && r.Key == "k"
		}},
		{"invalid UTF-8", `,"userAgent":"a` + "\xff" + `b"`, func(r *evidence.StorageRequest) bool { return r.UserAgent == "a\uFFFDb" }},
		{"escaped name", `,"user\u0041gent":"x"`, func(r *evidence.StorageRequest) bool { return r.UserAgent == "x" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, letter := testDecoder(t).DecodeRecord([]byte(small(id, tt.members)), nil)
			if letter != nil {
				t.Fatal(letter.Detail)
			}
			if !tt.check(e.GetRequest()) {
				t.Errorf("%v", e.GetRequest())
			}
			if _, err := e.MarshalVT(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOperations(t *testing.T) {
	for name, want := range map[string]string{
		"GetObject": "REST.GET.OBJECT", "CopyObject": "REST.COPY.OBJECT", "DeleteObjects": "REST.POST.MULTI_OBJECT_DELETE",
		"PutBucketLifecycle": "REST.PUT.LIFECYCLE", "GetBucketCors": "REST.GET.CORS", "DeleteBucketWebsite": "REST.DELETE.WEBSITE",
		"GetBucketOwnershipControls": "REST.GET.OWNERSHIP_CONTROLS", "PutObjectLegalHold": "REST.PUT.OBJECT_LEGAL_HOLD",
		"WriteGetObjectResponse": "REST.POST.WRITE_GET_OBJECT_RESPONSE", "Get": "REST.POST.GET", "PutBucket": "REST.PUT.BUCKET",
	} {
		if got := operationOf(name); got != want {
			t.Errorf("operationOf(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestSecretsAreReplaced(t *testing.T) {
	sum := sha256.Sum256([]byte("s/e+c"))
	hashed := "sha256:" + hex.EncodeToString(sum[:])
	for _, form := range []string{
		`,"userAgent":"https://h/k?X-Amz-Signature=%s&x=1"`, `,"userAgent":"h?a=1\u0026X-Amz-Security-Token\u003d%s\u0026b=2"`,
		`,"userAgent":"u=https%3A%2F%2Fh%3FX-Amz-Signature%3D%s%26b"`, `,"errorMessage":"h?AWSAccessKeyId=A&Signature=%s&Expires=1"`,
		`,"requestParameters":{"bucketName":"b","X-Amz-Signature":"%s"}`, `,"deep":{"er":[{"x-amz-security-token" : "%s"}]}`,
		`,"requestParameters":{"bucketName":"b","X-Amz-Signatur\u0065":"%s"}`,
	} {
		value := "s%2Fe%2Bc"
		raw := small("i", strings.Replace(form, "%s", value, 1))
		got := decode(t, []byte(raw)).Evidence[0]
		if bytes.Contains(got.Raw, []byte(value)) || !bytes.Contains(got.Raw, []byte(hashed)) && !strings.Contains(form, `":"%s"`) && !strings.Contains(form, `" : "`) {
			t.Errorf("%s\nbecame %s", raw, got.Raw)
		}
		if strings.Contains(got.String(), value) {
			t.Errorf("%s is left in %v", value, got)
		}
		again, letter := testDecoder(t).DecodeRecord(bytes.Clone(got.Raw), got.Origin)
		if diff := cmp.Diff(got, again, protocmp.Transform()); letter != nil || diff != "" {
			t.Errorf("stored bytes read otherwise: %s", diff)
		}
	}
}

// FuzzRecord holds the reader against encoding/json: they call the same bytes
// JSON, and read the same fields in it.
func FuzzRecord(f *testing.F) {
	for _, name := range []string{"trail.json", "odd.json"} {
		for _, e := range decode(f, readSample(f, name)).Evidence {
			f.Add(e.Raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, letter := testDecoder(t).DecodeRecord(bytes.Clone(raw), nil)
		if !json.Valid(raw) && (letter == nil || letter.Cause == CauseUnreadable) && !bytes.Contains(raw, []byte("sha256:")) {
			t.Fatalf("no JSON, but read: %v %v", e, letter)
		}
		if json.Valid(raw) && letter != nil && letter.Cause == CauseBroken && len(raw) > 0 && bytes.TrimSpace(raw)[0] == '{' && depthOf(raw) < maxDepth {
			t.Fatalf("JSON, but %v", letter.Detail)
		}
		if e == nil {
			return
		}
		if (letter != nil) != (e.Grade == evidence.Grade_GRADE_RAW) {
			t.Errorf("grade %v, dead letter %v", e.Grade, letter)
		}
		again, _ := testDecoder(t).DecodeRecord(bytes.Clone(e.Raw), e.Origin)
		if again == nil || !bytes.Equal(again.Raw, e.Raw) || again.SubjectId != e.SubjectId || again.Grade != e.Grade {
			t.Errorf("not stable: %v and %v", e, again)
		}
		if _, err := e.MarshalVT(); err != nil {
			t.Error(err)
		}
	})
}

func depthOf(raw []byte) (deepest int) {
	depth := 0
	for _, c := range raw {
		switch c {
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest
}

// FuzzFile requires that no byte is lost, whatever a file holds.
func FuzzFile(f *testing.F) {
	for _, name := range []string{"trail.json", "odd.json"} {
		f.Add(readSample(f, name), true)
	}
	f.Add([]byte(`{"Records":[{"eventVersion":oops},{"eventVersion":"1"}]`), false)
	f.Fuzz(func(t *testing.T, data []byte, growing bool) {
		end, letters := int64(0), 0
		err := testDecoder(t).Decode(t.Context(), evidence.Object{Growing: growing}, bytes.NewReader(data), func(b evidence.Batch) error {
			for _, e := range b.Evidence {
				o := e.Origin
				sum := sha256.Sum256(data[o.Offset : o.Offset+o.Length])
				if o.Offset < end || o.Offset+o.Length > b.End || !bytes.Equal(sum[:], o.Sha256) {
					t.Errorf("record %v, batch %d to %d", o, end, b.End)
				}
			}
			letters += len(b.DeadLetters)
			end = b.End
			return nil
		})
		if err != nil || !growing && end != int64(len(data)) {
			t.Fatalf("end %d of %d: %v", end, len(data), err)
		}
	})
}
