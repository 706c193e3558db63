package s3log

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"earwitness/pipeline/evidence"
)

var update = flag.Bool("update", false, "write golden files anew")

// versityGWSample is what a versitygw v1.8.0 wrote under the traffic of
// TestVersityGWItself.
const versityGWSample = "testdata/versitygw.log"

func versityGWLines(tb testing.TB) []string {
	tb.Helper()
	data, err := os.ReadFile(versityGWSample)
	if err != nil {
		tb.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

// The evidence of the sample, one a line: grade, subject, id and fields, or
// why there are none.
func TestVersityGWSample(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	out := json.NewEncoder(&got)
	out.SetEscapeHTML(false)
	for _, batch := range decodeAll(t, evidence.Object{}, []byte(strings.Join(versityGWLines(t), "\n"))) {
		for _, e := range batch.Evidence {
			if err := out.Encode([]any{e.Grade.Name(), e.SubjectKind.Name(), e.SubjectId, e.Id, e.Why, e.GetRequest()}); err != nil {
				t.Fatal(err)
			}
			if signed := bytes.Count(e.Raw, []byte("X-Amz-Signature=")); signed != bytes.Count(e.Raw, []byte("X-Amz-Signature=sha256:")) ||
				(signed > 0) != (len(e.GetRequest().GetGrant()) > 0) {
				t.Errorf("grant %x of %s", e.GetRequest().GetGrant(), e.Raw)
			}
			again, _ := testDecoder().DecodeLine(bytes.Clone(e.Raw), e.Origin)
			if diff := cmp.Diff(e, again, protocmp.Transform()); diff != "" {
				t.Errorf("rebuilt from its raw bytes: %s", diff)
			}
		}
	}
	const golden = versityGWSample + ".golden"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Error(diff)
	}
}

const (
	gatewayHead = "owner calls [25/November/2026:14:35:48 +0100] 127.0.0.1 ann 3E57427F33A59F07 s3_GetObject "
	gatewayTail = " - " + hostID + " SigV4 - AuthHeader s3.us-east-1.amazonaws.com - arn:aws:s3:::/calls/"
)

// gatewayLine is a line of a request for a key whose URI is not encoded.
func gatewayLine(key, client string) string {
	return gatewayHead + key + " /calls/" + key + " 200 - 0 0 7 6 " + client + gatewayTail + key + " Yes"
}

// scannedGateway is what the tables compare.
type scannedGateway struct {
	Grade, Bucket, Key, Code, Referrer, Agent, Version string
	Status                                             int64
}

func scanGateway(text string) scannedGateway {
	var l Line
	grade, err := l.Scan([]byte(text))
	if err != nil {
		return scannedGateway{Grade: grade.Name()}
	}
	return scannedGateway{
		Grade: grade.Name(), Bucket: string(l.Bucket), Key: string(l.Key), Code: string(l.ErrorCode),
		Referrer: string(l.Referrer), Agent: string(l.UserAgent), Version: string(l.VersionID), Status: l.Status,
	}
}

func TestScanVersityGW(t *testing.T) {
	t.Parallel()
	good := gatewayLine("k", "- a b")
	want := func(change func(*scannedGateway)) scannedGateway {
		s := scannedGateway{Grade: "exact", Bucket: "calls", Key: "k", Agent: "a b", Status: 200}
		if change != nil {
			change(&s)
		}
		return s
	}
	raw := scannedGateway{Grade: "raw"}
	for name, test := range map[string]struct {
		line string
		want scannedGateway
	}{
		"agent with spaces":                 {good, want(nil)},
		"May":                               {strings.Replace(good, "November", "May", 1), want(nil)},
		"no agent":                          {gatewayLine("k", "- -"), want(func(s *scannedGateway) { s.Agent = "" })},
		"referrer":                          {gatewayLine("k", "https://a/?b a b"), want(func(s *scannedGateway) { s.Referrer = "https://a/?b" })},
		"a word for referrer and for agent": {gatewayLine("k", "x y"), want(func(s *scannedGateway) { s.Referrer, s.Agent = "x", "y" })},
		"no border":                         {gatewayLine("k", "x y z"), want(func(s *scannedGateway) { s.Grade, s.Referrer, s.Agent = "recovered", "x", "y z" })},
		"key with spaces": {
			strings.Replace(gatewayLine("a  b c", "- a b"), "/calls/a  b c 200", "/calls/a%20%20b%20c 200", 1),
			want(func(s *scannedGateway) { s.Key = "a  b c" }),
		},
		"key of another URI": {strings.Replace(good, "/calls/k 200", "/calls/l 200", 1), want(func(s *scannedGateway) { s.Grade = "recovered" })},
		"bucket in the host": {strings.Replace(good, "/calls/k 200", "/k 200", 1), want(nil)},
		"no key":             {gatewayHead + "- /calls 200 - 0 0 7 6 - a b" + strings.TrimSuffix(gatewayTail, "/") + " Yes", want(func(s *scannedGateway) { s.Key = "" })},
		"no bucket": {
			strings.NewReplacer(" calls ", " - ", "k /calls/k", "- /", "/calls/k Yes", "/ Yes").Replace(good),
			want(func(s *scannedGateway) { s.Bucket, s.Key = "", "" }),
		},
		"bucket with spaces": {
			strings.NewReplacer(" calls ", " a [b ", "/calls/k 200", "/a%20[b/k 200", "/calls/k Yes", "/a [b/k Yes").Replace(good),
			want(func(s *scannedGateway) { s.Bucket = "a [b" }),
		},
		"version": {
			strings.NewReplacer("/calls/k 200", "/calls/k?x&versionId=v%2B1+2 200", "a b -", "a b v+1 2").Replace(good),
			want(func(s *scannedGateway) { s.Version = "v+1 2" }),
		},
		"version of no query": {strings.Replace(good, "a b -", "a b v", 1), want(func(s *scannedGateway) { s.Grade, s.Version = "recovered", "v" })},
		"error inside": {
			strings.Replace(good, "200 - 0", `500 open /x 1 2: no space 0`, 1),
			want(func(s *scannedGateway) { s.Grade, s.Status, s.Code = "recovered", 500, "open /x 1 2: no space" }),
		},
		"log starts":        {"log starts 2026-11-25 13:35:47.982601741 +0000 UTC m=+0.030927570", raw},
		"other key at end":  {strings.Replace(good, "/calls/k Yes", "/calls/l Yes", 1), raw},
		"month":             {strings.Replace(good, "November", "Novembre", 1), raw},
		"day":               {strings.Replace(good, "25/", "31/", 1), raw},
		"request id":        {strings.Replace(good, "3E57427F33A59F07", "3e57427f33a59f07", 1), raw},
		"operation":         {strings.Replace(good, "s3_GetObject", "admin", 1), raw},
		"host id":           {strings.Replace(good, hostID, "-", 1), raw},
		"number":            {strings.Replace(good, " 7 6 ", " x 6 ", 1), raw},
		"cut":               {good[:len(good)-2], raw},
		"cut by a new line": {good[:strings.Index(good, " /calls")], raw},
		"nothing between":   {gatewayHead + "arn:aws:s3:::/calls/k Yes", raw},
		"too many paths":    {gatewayLine("k", "- "+strings.Repeat("x"+gatewayARN, 64)), raw},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, scanGateway(test.line)); diff != "" {
				t.Errorf("%s\n%s", test.line, diff)
			}
		})
	}
}

// A client writes key, URI, referrer and user agent. Whatever he writes, the
// other fields are the server's.
func TestVersityGWForgedFields(t *testing.T) {
	t.Parallel()
	tail := strings.Replace(gatewayTail, hostID, forged, 1)
	rest := func(key string) string { return key + " /calls/" + key + " 403 AccessDenied 0 0 0 0 - x" + tail + key }
	text := `AAAAAAAAAAAAAAAA REST.GET.OBJECT k "GET /k HTTP/1.1" 200 - 0 0 0 0 "-" "x" - ` + forged + ` SigV2 - AuthHeader h TLSv1.2 - - us-east-1`
	for name, test := range map[string]struct{ key, client string }{
		"tail in the agent":           {"k", "- x" + tail + "k Yes"},
		"line in the agent":           {"k", "- x" + tail + "k Yes " + gatewayLine("l", "- y")},
		"line in the referrer":        {"k", "https://x/ " + rest("k") + " y"},
		"rest of a line in the key":   {rest("k"), "- y"},
		"rest twice":                  {rest(rest("k")), "- y"},
		"whole line in the key":       {"k " + gatewayLine("k", "- x"), "- y"},
		"line of text in the key":     {text, "- y"},
		"line of text in the agent":   {"k", "- " + text},
		"longer key by the agent":     {"k", "-" + gatewayARN + "/calls/" + rest("k")},
		"JSON in the key":             {jsonHead + "}", "- y"},
		"numbers in key and referrer": {"k /calls/k 200 - 1 1 1 1", "200 - 1 1 1 1 -"},
	} {
		for _, month := range []string{"November", "May"} {
			t.Run(name+" in "+month, func(t *testing.T) {
				t.Parallel()
				line := strings.Replace(gatewayLine(test.key, test.client), "November", month, 1)
				line = strings.Replace(line, " /calls/"+test.key+" 200 - 0 0 7 6 ", " /calls/"+strings.NewReplacer(" ", "%20", `"`, "%22").Replace(test.key)+" 200 - 0 0 7 6 ", 1)
				e, letter := testDecoder().DecodeLine([]byte(line), nil)
				if letter != nil {
					t.Fatal(letter.Detail)
				}
				r := e.GetRequest()
				if r.Key != test.key || r.RequestId != "3E57427F33A59F07" || r.Operation != "REST.GET.OBJECT" || r.Requester != "ann" ||
					r.HostId != hostID || r.Status != 200 || r.TotalTimeMs != 7 {
					t.Errorf("%s\n%v", line, r)
				}
				if two := strings.HasPrefix(name, "rest"); two && e.Grade != evidence.Grade_GRADE_RECOVERED {
					t.Errorf("two readings graded %s: %s", e.Grade.Name(), line)
				}
			})
		}
	}
}

func TestVersityGWOperations(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"s3_PutObject": "REST.PUT.OBJECT", "s3_UploadPartCopy": "REST.COPY.PART", "s3_AbortMultipartUpload": "REST.DELETE.UPLOAD",
		"s3_DeleteObjects": "REST.POST.MULTI_OBJECT_DELETE", "s3_SelectObjectContent": "REST.SELECT.OBJECT",
		"s3_ListBucketMetricsConfigurations": "REST.GET.METRICS", "s3_PutBucketPolicy": "REST.PUT.BUCKETPOLICY",
		"s3_DeleteBucketLifecycle": "REST.DELETE.LIFECYCLE", "s3_DeletePublicAccessBlock": "REST.DELETE.PUBLIC_ACCESS_BLOCK",
		"s3_Options": "REST.OPTIONS.PREFLIGHT", "s3_GetNothing": "s3_GetNothing", "s3_Frobnicate": "s3_Frobnicate", "ActionUnDetected": "ActionUnDetected",
	} {
		if got := gatewayOperation(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
