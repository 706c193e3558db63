package s3log

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/evidence"
)

const (
	owner  = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
	hostID = "Xd4mKrQ0Cz9vNw1sYb7tUe2hLp5gJf8aRk3iOq6/+ZxWnVuTcSlDjHyGmEoB4I7k"
	forged = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
)

func head(requester, id, operation, key string) string {
	return owner + " calls [06/Feb/2026:00:01:57 +0000] 192.0.2.3 " + requester + " " + id + " " + operation + " " + key + " "
}

const (
	getHead  = owner + ` calls [06/Feb/2026:00:01:57 +0000] 192.0.2.3 arn:aws:iam::111122223333:user/ann 3E57427F33A59F07 REST.GET.OBJECT a/b.opus `
	fullTail = ` - ` + hostID + ` SigV4 TLS_AES_128_GCM_SHA256 AuthHeader calls.s3.eu-central-1.amazonaws.com TLSv1.3 - - eu-central-1`
	request  = `"GET /a/b.opus HTTP/1.1"`
	denied   = ` 403 AccessDenied 243 - 7 6 `
)

// scanned is what the tables compare.
type scanned struct {
	Grade                          string
	Requester, ID, Operation, Key  string
	URI, Code, Referrer, Agent     string
	Status, Sent                   int64
	Version, Host, Sig, Auth, TLS  string
	ARN, ACL, Region, Extra, Cause string
	Fields                         int
}

func scan(text string) scanned {
	var l Line
	grade, err := l.Scan([]byte(text))
	if err != nil {
		return scanned{Grade: grade.Name(), Cause: err.Error()}
	}
	return scanned{
		Grade: grade.Name(), Requester: string(l.Requester), ID: string(l.RequestID), Operation: string(l.Operation),
		Key: string(l.Key), URI: string(l.RequestURI), Code: string(l.ErrorCode), Referrer: string(l.Referrer),
		Agent: string(l.UserAgent), Status: l.Status, Sent: l.BytesSent, Version: string(l.VersionID), Host: string(l.HostID),
		Sig: string(l.SignatureVersion), Auth: string(l.AuthenticationType), TLS: string(l.TLSVersion),
		ARN: string(l.AccessPointARN), ACL: string(l.ACLRequired), Region: string(l.SourceRegion),
		Extra: string(l.Extra), Fields: l.Fields,
	}
}

// usual is the reading of getHead + request + denied + "-" "curl/8" + fullTail.
func usual(change func(*scanned)) scanned {
	s := scanned{
		Grade: "exact", Requester: "arn:aws:iam::111122223333:user/ann", ID: "3E57427F33A59F07",
		Operation: "REST.GET.OBJECT", Key: "a/b.opus", URI: "GET /a/b.opus HTTP/1.1", Code: "AccessDenied",
		Agent: "curl/8", Status: 403, Sent: 243, Host: hostID, Sig: "SigV4", Auth: "AuthHeader", TLS: "TLSv1.3",
		Region: "eu-central-1", Fields: 27,
	}
	if change != nil {
		change(&s)
	}
	return s
}

func TestScanSpecialLines(t *testing.T) {
	t.Parallel()
	line := func(h string) string { return h + request + denied + `"-" "curl/8"` + fullTail }
	bare := func(h, rest string) string { return h + `- 204 - - - 12 - - - ` + rest }
	lifecycle := func(op string) scanned {
		return scanned{Grade: "exact", Requester: "AmazonS3", ID: "3E57427F33A59F07", Operation: op, Key: "y%3D1", Status: 204, Host: hostID, Fields: 26}
	}
	tests := []struct {
		name, line string
		want       scanned
	}{
		{"27 fields", line(getHead), usual(nil)},
		{"bare dashes for the client's fields", getHead + request + denied + `- -` + fullTail, usual(func(s *scanned) { s.Agent = "" })},
		{
			"key with an asterisk", line(head("arn:aws:iam::111122223333:user/ann", "3E57427F33A59F07", "REST.GET.OBJECT", "a/*.opus")),
			usual(func(s *scanned) { s.Key = "a/*.opus" }),
		},
		{
			"origin access identity with spaces", line(head("Amazon CloudFront Origin Access Identity E2ABC", "3E57427F33A59F07", "REST.GET.OBJECT", "a/b.opus")),
			usual(func(s *scanned) { s.Requester = "Amazon CloudFront Origin Access Identity E2ABC" }),
		},
		{
			"checksum: four parts, UUID", line(head("svc:x", "0a1b2c3d-0000-4000-8000-00000000000f", "S3.COMPUTE.OBJECT.CHECKSUM", "a/b.opus")),
			usual(func(s *scanned) {
				s.Requester, s.ID, s.Operation = "svc:x", "0a1b2c3d-0000-4000-8000-00000000000f", "S3.COMPUTE.OBJECT.CHECKSUM"
			}),
		},
		{"remote address absent", strings.Replace(line(getHead), "192.0.2.3", "-", 1), usual(nil)},
		{"IPv6", strings.Replace(line(getHead), "192.0.2.3", "2001:db8::7", 1), usual(nil)},
		{"anonymous", line(head("-", "3E57427F33A59F07", "REST.GET.OBJECT", "a/b.opus")), usual(func(s *scanned) { s.Requester = "" })},
		{
			"access point and acl", strings.Replace(line(getHead), "TLSv1.3 - -", "TLSV1.2 arn:aws:s3:eu-central-1:111122223333:accesspoint/ap Yes", 1),
			usual(func(s *scanned) {
				s.TLS, s.ARN, s.ACL = "TLSV1.2", "arn:aws:s3:eu-central-1:111122223333:accesspoint/ap", "Yes"
			}),
		},
		{"unknown further fields", line(getHead) + " new1 new/2", usual(func(s *scanned) { s.Extra, s.Fields = "new1 new/2", 29 })},
		{"18 fields", getHead + request + denied + `"-" "curl/8" null`, usual(func(s *scanned) {
			s.Version, s.Host, s.Sig, s.Auth, s.TLS, s.Region, s.Fields = "null", "", "", "", "", "", 18
		})},
		{"24 fields", strings.TrimSuffix(line(getHead), " - - eu-central-1"), usual(func(s *scanned) { s.Region, s.Fields = "", 24 })},
		{"25 fields", strings.TrimSuffix(line(getHead), " - eu-central-1"), usual(func(s *scanned) { s.Region, s.Fields = "", 25 })},
		{"26 fields", strings.TrimSuffix(line(getHead), " eu-central-1"), usual(func(s *scanned) { s.Region, s.Fields = "", 26 })},
		{
			"quote at the agent's end", getHead + request + denied + `"-" "Safari/604.1""` + fullTail,
			usual(func(s *scanned) { s.Grade, s.Agent = "recovered", `Safari/604.1"` }),
		},
		{
			"multi-object delete", bare(head("arn:x", "D630F8F6B949DA00", "BATCH.DELETE.OBJECT", "y%3D1"), "null "+hostID+" SigV4 - AuthHeader h - - -"),
			scanned{
				Grade: "exact", Requester: "arn:x", ID: "D630F8F6B949DA00", Operation: "BATCH.DELETE.OBJECT", Key: "y%3D1", Status: 204,
				Version: "null", Host: hostID, Sig: "SigV4", Auth: "AuthHeader", Fields: 26,
			},
		},
		{"lifecycle expiry", bare(head("AmazonS3", "3E57427F33A59F07", "S3.EXPIRE.OBJECT", "y%3D1"), "- "+hostID+" - - - h - - -"), lifecycle("S3.EXPIRE.OBJECT")},
		{"lifecycle transition", bare(head("AmazonS3", "3E57427F33A59F07", "S3.TRANSITION_SIA.OBJECT", "y%3D1"), "- "+hostID+" - - - h - - -"), lifecycle("S3.TRANSITION_SIA.OBJECT")},
		{
			"copy source, no URI", head("AmazonS3", "3E57427F33A59F07", "REST.COPY.OBJECT_GET", "k") + `- 200 - - 5 1 - "-" "curl/8"` + fullTail,
			usual(func(s *scanned) {
				s.Requester, s.Operation, s.Key, s.URI, s.Code = "AmazonS3", "REST.COPY.OBJECT_GET", "k", "", ""
				s.Status, s.Sent = 200, 0
			}),
		},
		{"304", getHead + request + ` 304 - - 9 7 6 "-" "curl/8"` + fullTail, usual(func(s *scanned) { s.Status, s.Code, s.Sent = 304, "", 0 })},
		{"malformed bucket", strings.Replace(line(getHead), " calls ", " - ", 1), usual(nil)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, scan(test.line)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestScanNumbersAndTime(t *testing.T) {
	t.Parallel()
	var l Line
	text := strings.Replace(getHead, "00:01:57 +0000", "02:01:57 +0200", 1) + request + ` 206 - 5 77 - 3 - -` + fullTail
	if _, err := l.Scan([]byte(text)); err != nil {
		t.Fatal(err)
	}
	const want = 1770336117000 // 2026-02-06T00:01:57Z
	if l.TimeMs != want {
		t.Errorf("time %d, want %d", l.TimeMs, int64(want))
	}
	present := evidence.PresentStatus | evidence.PresentBytesSent | evidence.PresentObjectSize | evidence.PresentTurnAround
	if l.Present != present || l.ObjectSize != 77 || l.TotalTimeMs != 0 || l.TurnAroundMs != 3 {
		t.Errorf("numbers: %+v", l)
	}
}

func TestScanRefusesBrokenLines(t *testing.T) {
	t.Parallel()
	good := getHead + request + denied + `"-" "curl/8"` + fullTail
	for name, line := range map[string]string{
		"empty":            "",
		"spaces":           "    ",
		"word":             "hello",
		"cut in the agent": good[:strings.Index(good, "curl")+2],
		"17 fields":        getHead + request + denied + `"-" "curl/8"`,
		"month":            strings.Replace(good, "Feb", "Fbe", 1),
		"day":              strings.Replace(good, "06/Feb", "30/Feb", 1),
		"address":          strings.Replace(good, "192.0.2.3", "me", 1),
		"operation":        strings.Replace(good, "REST.GET.OBJECT", "rest", 1),
		"five parts":       strings.Replace(good, "REST.GET.OBJECT", "A.B.C.D.E", 1),
		"status":           strings.Replace(good, " 403 ", " 4x3 ", 1),
		"number":           strings.Replace(good, " 243 ", " 2431234567890123456789 ", 1),
		"host id":          strings.Replace(good, hostID, "short", 1),
		"tls":              strings.Replace(good, "TLSv1.3", "maybe", 1),
		"two spaces":       strings.Replace(good, "SigV4 TLS", "SigV4  TLS", 1),
	} {
		if got := scan(line); got.Grade != "raw" || got.Cause == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
