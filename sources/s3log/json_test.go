package s3log

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"earwitness/pipeline/evidence"
)

// jsonOf gives the JSON form of the record that r was read from.
func jsonOf(tb testing.TB, r *evidence.StorageRequest) []byte {
	tb.Helper()
	members := map[string]any{
		"schema_version_id": "V_1_0", "bucket_arn": "arn:aws:s3:::" + r.Bucket, "bucket_name": r.Bucket,
		"request_time":    time.UnixMilli(r.TimeMs).UTC().Format("2006-01-02T15:04:05.000Z"),
		"bucket_owner_id": r.BucketOwner, "remote_ip": r.RemoteIp, "requester": r.Requester, "request_id": r.RequestId,
		"operation": r.Operation, "key_name": r.KeyLogged, "request_uri": r.RequestUri, "error_code": r.ErrorCode,
		"referer": r.Referrer, "user_agent": r.UserAgent, "version_id": r.VersionId, "host_id": r.HostId,
		"signature_version": r.SignatureVersion, "cipher_suite": r.CipherSuite, "authentication_type": r.AuthenticationType,
		"host_header": r.HostHeader, "tls_version": r.TlsVersion, "access_point_arn": r.AccessPointArn,
		"acl_required": r.AclRequired, "source_region": r.SourceRegion,
	}
	for name, value := range members {
		if value == "" {
			members[name] = nil
		}
	}
	number := func(name string, bit uint32, value int64) {
		if members[name] = nil; r.Present&bit != 0 {
			members[name] = value
		}
	}
	number("http_status", evidence.PresentStatus, int64(r.Status))
	number("bytes_sent_size", evidence.PresentBytesSent, r.BytesSent)
	number("object_size", evidence.PresentObjectSize, r.ObjectSize)
	number("total_duration", evidence.PresentTotalTime, r.TotalTimeMs)
	number("turn_around_duration", evidence.PresentTurnAround, r.TurnAroundMs)
	line, err := json.Marshal(members)
	if err != nil {
		tb.Fatal(err)
	}
	return line
}

// escaped writes each character of the strings of a line of JSON as \uXXXX.
func escaped(line []byte) []byte {
	var out bytes.Buffer
	inside := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			inside = !inside
			out.WriteByte(c)
		case inside && c == '\\' && line[i+1] != 'u':
			out.Write(line[i : i+2])
			i++
		case inside && c == '\\' || !inside || c >= 0x80:
			out.WriteByte(c)
			if c == '\\' {
				out.Write(line[i+1 : i+6])
				i += 5
			}
		default:
			fmt.Fprintf(&out, `\u%04x`, c)
		}
	}
	return out.Bytes()
}

func TestJSONSaysTheSameAsText(t *testing.T) {
	t.Parallel()
	for _, line := range uglyLines(t) {
		text, letter := testDecoder().DecodeLine([]byte(line), nil)
		if letter != nil {
			t.Fatal(letter.Detail)
		}
		want := text.GetRequest()
		extra := want.Extra
		want.Extra = nil
		for name, form := range map[string][]byte{"plain": jsonOf(t, want), "escaped": escaped(jsonOf(t, want))} {
			got, letter := testDecoder().DecodeLine(form, nil)
			if letter != nil {
				t.Fatalf("%s: %s: %s", name, letter.Detail, form)
			}
			if diff := cmp.Diff(want, got.GetRequest(), protocmp.Transform()); diff != "" {
				t.Errorf("%s of %s (further fields %q)\n%s", name, line, extra, diff)
			}
			if got.Grade != evidence.Grade_GRADE_EXACT || got.SubjectId != text.SubjectId || bytes.Equal(got.Id, text.Id) {
				t.Errorf("%s: grade %v, subject %s, piece %x", name, got.Grade, got.SubjectId, got.Id)
			}
		}
	}
}

// A presigned request that nobody has redacted yet has one grant in both
// forms, wherever JSON escapes.
func TestJSONSecrets(t *testing.T) {
	t.Parallel()
	const secret = "c0ffee/+secret=="
	uri := "GET /k?X-Amz-Date=20260302T101112Z&X-Amz-Security-Token=to%2Fken&X-Amz-Signature=" + secret + " HTTP/1.1"
	line := getHead + `"` + uri + `"` + denied + `"https://h/?u=a%3FX-Amz-Signature%3D` + secret + `" "x"` +
		strings.Replace(fullTail, "AuthHeader", "QueryString", 1)
	text := decodeAll(t, evidence.Object{}, []byte(line+"\n"))[0].Evidence[0]
	r := text.GetRequest()
	if want := hashed(secret); want != "sha256:"+hex.EncodeToString(r.Grant) {
		t.Fatalf("grant %x, want %s", r.Grant, want)
	}
	r.RequestUri, r.Referrer = uri, "https://h/?u=a%3FX-Amz-Signature%3D"+secret
	plain := jsonOf(t, r)
	for name, form := range map[string][]byte{
		"as Go escapes": plain, "all escaped": escaped(plain),
		"slashes escaped": bytes.ReplaceAll(plain, []byte("/"), []byte(`\/`)),
		"broken":          plain[:len(plain)-1],
		"broken, escaped": escaped(plain)[:len(escaped(plain))-3],
		"space before":    append([]byte(" \t"), escaped(plain)...),
	} {
		got := decodeAll(t, evidence.Object{}, append(bytes.Clone(form), '\n'))[0].Evidence[0]
		bare := unescapeJSON(got.Raw)
		if bytes.Contains(bare, []byte("c0ffee")) || bytes.Contains(bare, []byte("to%2F")) {
			t.Errorf("%s: %s", name, got.Raw)
		}
		if strings.HasPrefix(name, "broken") {
			if got.Grade != evidence.Grade_GRADE_RAW {
				t.Errorf("%s: %v", name, got.Grade)
			}
			continue
		}
		if !bytes.Equal(got.GetRequest().GetGrant(), r.Grant) || !bytes.Equal(got.GetRequest().GetIdentity(), r.Identity) {
			t.Errorf("%s: grant %x, identity %x", name, got.GetRequest().GetGrant(), got.GetRequest().GetIdentity())
		}
		again, _ := testDecoder().DecodeLine(bytes.Clone(got.Raw), got.Origin)
		if diff := cmp.Diff(got, again, protocmp.Transform()); diff != "" {
			t.Errorf("%s: rebuilt: %s", name, diff)
		}
	}
}

func TestRedactionKeepsOtherBytes(t *testing.T) {
	t.Parallel()
	line := `{"a":"\u0041\\\"","u":"?X-Amz-Signature\u003dab\/c\u0026x=\ud83d\ude00","z":"\u00"}`
	want := `{"a":"\u0041\\\"","u":"?X-Amz-Signature\u003d` + hashed("ab/c") + `\u0026x=\ud83d\ude00","z":"\u00"}`
	if diff := cmp.Diff(want, string(redactor{}.redact([]byte(line)))); diff != "" {
		t.Error(diff)
	}
}

const jsonHead = `{"schema_version_id":"V_1_0","bucket_name":"calls","request_time":"2026-02-06T00:01:57.250Z","request_id":"3E57427F33A59F07","operation":"REST.GET.OBJECT"`

func TestJSONSpecialLines(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ line, grade, want string }{
		"least":               {jsonHead + `}`, "exact", "calls||0"},
		"spaces":              {strings.NewReplacer(`":`, "\" : ", `,"`, " ,\t\"").Replace(jsonHead) + " } ", "exact", "calls||0"},
		"dash is absent":      {jsonHead + `,"key_name":"-","user_agent":"-"}`, "exact", "calls||0"},
		"empty is absent":     {jsonHead + `,"key_name":"","http_status":""}`, "exact", "calls||0"},
		"number as text":      {jsonHead + `,"http_status":"206"}`, "exact", "calls||206"},
		"encoded twice":       {jsonHead + `,"key_name":"a%253D1%2525"}`, "exact", "calls|a=1%|0"},
		"bucket by its ARN":   {strings.Replace(jsonHead, `"bucket_name":"calls"`, `"bucket_arn":"arn:aws:s3:::other"`, 1) + `}`, "exact", "other||0"},
		"no schema":           {strings.Replace(jsonHead, `"schema_version_id":"V_1_0",`, ``, 1) + `}`, "exact", "calls||0"},
		"minor schema":        {strings.Replace(jsonHead, `V_1_0`, `V_1_7`, 1) + `}`, "exact", "calls||0"},
		"major schema":        {strings.Replace(jsonHead, `V_1_0`, `V_2_0`, 1) + `}`, "recovered", "calls||0"},
		"unknown members":     {jsonHead + `,"new":{"a":[1,"]}"]},"x y":"p q"}`, "exact", `calls||0|new={"a":[1,"]}"]}|x y="p q"`},
		"twice":               {jsonHead + `,"key_name":"a","key_\u006eame":"b"}`, "raw", ""},
		"text wanted":         {jsonHead + `,"key_name":1}`, "raw", ""},
		"number wanted":       {jsonHead + `,"bytes_sent_size":1.5}`, "raw", ""},
		"no number":           {jsonHead + `,"bytes_sent_size":{}}`, "raw", ""},
		"status":              {jsonHead + `,"http_status":20}`, "raw", ""},
		"address":             {jsonHead + `,"remote_ip":"me"}`, "raw", ""},
		"host id":             {jsonHead + `,"host_id":"short"}`, "raw", ""},
		"no request id":       {strings.Replace(jsonHead, `"3E57427F33A59F07"`, `null`, 1) + `}`, "raw", ""},
		"no operation":        {strings.Replace(jsonHead, `"REST.GET.OBJECT"`, `null`, 1) + `}`, "raw", ""},
		"no time":             {strings.Replace(jsonHead, `"2026-02-06T00:01:57.250Z"`, `null`, 1) + `}`, "raw", ""},
		"time of another age": {strings.Replace(jsonHead, `2026-`, `1026-`, 1) + `}`, "raw", ""},
		"cut":                 {jsonHead, "raw", ""},
		"more behind":         {jsonHead + `} {}`, "raw", ""},
		"empty object":        {`{}`, "raw", ""},
		"brace":               {`{`, "raw", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, letter := testDecoder().DecodeLine([]byte(test.line), nil)
			if e.Grade.Name() != test.grade || (letter != nil) != (test.grade == "raw") {
				t.Fatalf("grade %s: %v", e.Grade.Name(), letter)
			}
			if test.grade == "raw" {
				return
			}
			r := e.GetRequest()
			got := strings.Join(append([]string{r.Bucket, r.Key, fmt.Sprint(r.Status)}, r.Extra...), "|")
			if got != test.want || r.TimeMs != 1770336117250 {
				t.Errorf("got %s at %d, want %s", got, r.TimeMs, test.want)
			}
		})
	}
}

// What a client sends can't become another member: JSON escapes it.
func TestJSONForgedFields(t *testing.T) {
	t.Parallel()
	forgery := `x","key_name":"forged","requester":"forged","request_id":"AAAAAAAAAAAAAAAA","z":"` + "\n" + jsonHead + `}`
	r := &evidence.StorageRequest{
		Bucket: "calls", TimeMs: 1770336117250, RequestId: "3E57427F33A59F07", Operation: "REST.GET.OBJECT", HostId: hostID,
		KeyLogged: "a/b.opus", RequestUri: "GET /" + forgery + " HTTP/1.1", Referrer: forgery, UserAgent: forgery,
	}
	got, letter := testDecoder().DecodeLine(jsonOf(t, r), nil)
	if letter != nil {
		t.Fatal(letter.Detail)
	}
	q := got.GetRequest()
	if q.Key != "a/b.opus" || q.Requester != "" || q.RequestId != r.RequestId || q.UserAgent != forgery || q.Referrer != forgery {
		t.Errorf("got %v", q)
	}
}
