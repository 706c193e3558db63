package s3log

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const fakeTail = `" - ` + forged + ` SigV2 ECDHE-RSA-AES128-GCM-SHA256 QueryString evil.example.com TLSv1.2 - - us-east-1`

// A client writes URI, referrer and user agent. Whatever he writes, the other
// fields are those that S3 wrote.
func TestScanForgery(t *testing.T) {
	t.Parallel()
	fake := `" 200 - 5 5 1 1 "-" "b`
	tests := []struct{ name, uri, referrer, agent string }{
		{"agent with a tail", "GET /a/b.opus HTTP/1.1", "-", "x" + fakeTail},
		{"agent with numbers and tail", "GET /a/b.opus HTTP/1.1", "-", `x" 200 - 5 5 1 1 "-" "y` + fakeTail + ` "z`},
		{"agent with numbers", "GET /a/b.opus HTTP/1.1", "-", "a" + fake},
		{"agent with request line and numbers", "GET /a/b.opus HTTP/1.1", "-", `b HTTP/1.1` + fake},
		{"agent is a quote", "GET /a/b.opus HTTP/1.1", "-", `"`},
		{"agent with a whole line", "GET /a/b.opus HTTP/1.1", "-", getHead + request + ` 200 - 1 1 1 1 "-" "z` + fakeTail},
		{"referrer with a tail", "GET /a/b.opus HTTP/1.1", "x" + fakeTail, "curl"},
		{"referrer with numbers", "GET /a/b.opus HTTP/1.1", `x" 200 - 5 5 1 1 "-`, "curl"},
		{"URI with a quote", `GET /a"b HTTP/1.1`, "-", "curl"},
		{"URI with numbers", "GET /a" + fake + " HTTP/1.1", "-", "curl"},
		{"URI with spaces", "GET /a b c HTTP/1.1", "-", "curl"},
		{"URI with a tail", "GET /a" + fake + fakeTail + " HTTP/1.1", "-", "curl"},
		{"all three", `GET /a" HTTP/1.1`, `"` + fake, "x" + fakeTail},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := scan(getHead + `"` + test.uri + `"` + denied + `"` + test.referrer + `" "` + test.agent + `"` + fullTail)
			got.URI, got.Referrer, got.Agent = "", "", ""
			want := usual(func(s *scanned) { s.Grade, s.URI, s.Agent = "recovered", "", "" })
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A header left out makes room for quotes elsewhere: never exact with a wrong
// field.
func TestScanForgeryWithBareHeaders(t *testing.T) {
	t.Parallel()
	oldTail := " null"
	tests := []struct {
		name, middle, tail string
		wantGrade          string
	}{
		{"referrer as agent", request + denied + `"a" "b" -`, fullTail, "recovered"},
		{"referrer as agent, 18 fields", request + denied + `"a" "b" -`, " 3HL4kqtJvjVBH40Nrjfkd9Zx0123456789", "recovered"},
		{"referrer as agent, 18 fields, null", request + denied + `"a" "b" -`, oldTail, "recovered"},
		{"URI takes all quotes", `"GET /a" 200 - 5 5 1 1 "-" "b HTTP/1.1"` + denied + `- -`, fullTail, "recovered"},
		{"URI, long error code", `"GET /a" 200 - 5 5 1 1 "-" "b HTTP/1.1" 405 MethodNotAllowed - - 7 - - -`, fullTail, "recovered"},
		{"agent alone", request + denied + `- "x` + fakeTail + `"`, fullTail, "recovered"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := scan(getHead + test.middle + test.tail)
			if got.Grade != test.wantGrade {
				t.Fatalf("grade %s: %+v", got.Grade, got)
			}
			if got.Grade == "raw" {
				return
			}
			if got.Status != 403 && got.Status != 405 {
				t.Errorf("status %d", got.Status)
			}
			wantHost := hostID
			if !strings.Contains(test.tail, hostID) {
				wantHost = ""
			}
			if got.Host != wantHost {
				t.Errorf("host id %q", got.Host)
			}
		})
	}
}

// Where a request line and a user agent would give the very same bytes, the
// line has two readings: it is never exact.
func TestScanTwoReadings(t *testing.T) {
	t.Parallel()
	got := scan(getHead + `"GET /k HTTP/1.1" 200 - 5 5 1 1 "-" "b HTTP/1.1"` + denied + `"-" "curl"` + fullTail)
	if got.Grade != "recovered" || got.Status != 200 || got.Agent != `b HTTP/1.1" 403 AccessDenied 243 - 7 6 "-" "curl` {
		t.Errorf("%+v", got)
	}
}

// No quotes, spaces and words in any of the three fields move another one, as
// long as the request line is one that a server accepts.
func FuzzForgery(f *testing.F) {
	f.Add("/a", "-", "x"+fakeTail)
	f.Add(`/a"`, `" "`, `" - - "x`)
	f.Add("/", `x" 200 - 5 5 1 1 "-`, "")
	f.Fuzz(func(t *testing.T, target, referrer, agent string) {
		if strings.ContainsAny(target, " \n") || target == "" || strings.ContainsAny(referrer+agent, "\n") {
			return
		}
		got := scan(getHead + `"GET ` + target + ` HTTP/1.1"` + denied + `"` + referrer + `" "` + agent + `"` + fullTail)
		if got.URI != "GET "+target+" HTTP/1.1" {
			t.Errorf("URI %q of %q", got.URI, target)
		}
		if got.Grade == "exact" && (strings.Contains(referrer+agent, `"`) || dashEmpty(referrer) != got.Referrer || dashEmpty(agent) != got.Agent) {
			t.Errorf("exact: %+v", got)
		}
		got.Grade, got.URI, got.Referrer, got.Agent = "", "", "", ""
		want := usual(func(s *scanned) { s.Grade, s.URI, s.Agent = "", "", "" })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func dashEmpty(s string) string {
	if s == "-" {
		return ""
	}
	return s
}

func FuzzScan(f *testing.F) {
	for _, line := range uglyLines(f) {
		f.Add([]byte(line))
	}
	f.Add([]byte(getHead + request + denied + `"-" "x` + fakeTail + `"` + fullTail))
	f.Fuzz(func(t *testing.T, line []byte) {
		var l Line
		grade, err := l.Scan(line)
		if (err != nil) != (grade.Name() == "raw") {
			t.Errorf("grade %s with %v", grade.Name(), err)
		}
		if err == nil && (l.Fields < 18 || len(l.RequestID) == 0 || len(l.Operation) == 0) {
			t.Errorf("read without the needed fields: %+v", l)
		}
	})
}
