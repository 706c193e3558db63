package genesys

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"earwitness/pipeline/evidence"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
)

const (
	platformAudit = `{"id":"x1","userHomeOrgId":"o1","user":{"id":"u1","name":"Ada Admin"},"client":{"id":"c1"},"remoteIp":["203.0.113.7"],"serviceName":"Quality","level":"USER","eventDate":"2026-08-01T12:34:56Z","message":{"message":"hi"},"action":"Export","entity":{"id":"AA000000-0000-4000-8000-000000000005","name":"n"},"entityType":"Recording","status":"SUCCESS","application":"","initiatingAction":{},"context":{"conversationId":"BB000000-0000-4000-8000-000000000005"}}`
	qualityAudit  = `{"id":"x1","userHomeOrgId":"o1","userTrusteeOrgId":"t1","user":{"id":"u1","name":"Ada Admin"},"client":{"id":"c1"},"remoteIps":["203.0.113.7"],"serviceName":"Quality","level":"User","status":"Success","eventDate":"2026-08-01T12:34:56.000Z","messageInfo":{"message":"hi"},"action":"Export","entity":{"id":"AA000000-0000-4000-8000-000000000005","name":"n"},"entityType":"Recording","context":{"conversationId":"BB000000-0000-4000-8000-000000000005"}}`
	fileAudit     = `{"id":"x1","userId":"u1","userHomeOrgId":"o1","username":{"id":""},"userDisplay":"Ada Admin","clientId":{"id":"c1"},"remoteIp":["203.0.113.7"],"serviceName":"Quality","level":"USER","eventTime":"2026-08-01T12:34:56.000+0000","message":{"message":"hi"},"action":"Export","entityType":"Recording","entity":{"id":"AA000000-0000-4000-8000-000000000005","name":"n"},"context":{"conversationId":"BB000000-0000-4000-8000-000000000005"}}`
	eventAudit    = `{"version":"0","id":"envelope","detail":{"topicName":"t","eventBody":` + fileAudit + `,"metadata":{"CorrelationId":"8f-archival"}}}`
)

func TestShapesAgree(t *testing.T) {
	want := &evidence.Act{
		AuditId: "x1", TimeMs: 1785587696000, UserId: "u1", UserName: "Ada Admin", ClientId: "c1", Level: "USER",
		Status: "SUCCESS", Service: "Quality", Action: "Export", EntityType: "Recording",
		EntityId: "AA000000-0000-4000-8000-000000000005", EntityName: "n", RemoteIps: []string{"203.0.113.7"},
		OrganizationId: "o1", ConversationId: "bb000000-0000-4000-8000-000000000005", Message: "hi",
	}
	for _, tt := range []struct {
		raw    string
		kind   evidence.Kind
		change func(*evidence.Act)
	}{
		{platformAudit, evidence.Kind_KIND_PLATFORM_QUERY, func(*evidence.Act) {}},
		{qualityAudit, evidence.Kind_KIND_QUALITY_QUERY, func(a *evidence.Act) {
			a.Level, a.Status, a.TrusteeOrganizationId = "User", "Success", "t1"
		}},
		{fileAudit, evidence.Kind_KIND_FILE, func(a *evidence.Act) { a.Status = "" }},
		{eventAudit, evidence.Kind_KIND_EVENT, func(a *evidence.Act) { a.Status, a.CorrelationId = "", "8f-archival" }},
	} {
		t.Run(tt.kind.Name(), func(t *testing.T) {
			e, letter := New(Config{}).DecodeRecord([]byte(tt.raw), evidence.Kind_KIND_UNKNOWN, nil)
			if letter != nil {
				t.Fatal(letter.Detail)
			}
			expect := proto.Clone(want).(*evidence.Act)
			tt.change(expect)
			if diff := cmp.Diff(expect, e.GetAct(), protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
			if e.Kind != tt.kind || e.SubjectId != "aa000000-0000-4000-8000-000000000005" || string(e.Raw) != tt.raw {
				t.Errorf("kind %s, subject %s", e.Kind.Name(), e.SubjectId)
			}
		})
	}
}

func TestFields(t *testing.T) {
	for _, tt := range []struct {
		name, members string
		want          *evidence.Act
	}{
		{"nothing else", ``, &evidence.Act{}},
		{"empty, dash and null are absent", `,"user":{"id":"","name":"-"},"client":null,"level":"-","status":"","remoteIp":["","-",null],"entity":{},"context":{}`, &evidence.Act{}},
		{"client is text", `,"client":"c"`, &evidence.Act{ClientId: "c"}},
		{"client id is text", `,"clientId":"c"`, &evidence.Act{ClientId: "c"}},
		{"client id is empty", `,"clientId":{}`, &evidence.Act{}},
		{"user name object", `,"username":{"id":"u","name":"N"}`, &evidence.Act{UserId: "u", UserName: "N"}},
		{"user name text", `,"username":"N"`, &evidence.Act{UserName: "N"}},
		{"e-mail", `,"user":{"id":"u","email":"a@example.com"}`, &evidence.Act{UserId: "u", UserEmail: "a@example.com"}},
		{"address text", `,"remoteIp":"192.0.2.1"`, &evidence.Act{RemoteIps: []string{"192.0.2.1"}}},
		{"context's address first", `,"remoteIp":["192.0.2.1","192.0.2.2"],"context":{"remoteIp":"192.0.2.2"}`, &evidence.Act{RemoteIps: []string{"192.0.2.2", "192.0.2.1"}}},
		{"unknown words", `,"serviceName":"New","action":"Listen","entityType":"Hologram","entity":{"id":"e"}`, &evidence.Act{Service: "New", Action: "Listen", EntityType: "Hologram", EntityId: "e"}},
		{"escapes", `,"action":"R\u0065ad\n"`, &evidence.Act{Action: "Read\n"}},
		{"wrong types", `,"user":7,"remoteIp":{"a":1},"level":[1],"context":"x","message":false,"entity":[{}]`, &evidence.Act{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, letter := New(Config{}).DecodeRecord([]byte(`{"id":"i","eventDate":"1970-01-01T00:00:01.5Z"`+tt.members+`}`), 0, nil)
			if letter != nil {
				t.Fatal(letter.Detail)
			}
			tt.want.AuditId, tt.want.TimeMs = "i", 1500
			if diff := cmp.Diff(tt.want, e.GetAct(), protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	for _, raw := range []string{
		`{}`, `{"id":"","eventDate":"2026-08-01T12:34:56Z"}`, `{"id":"a"}`, `{"id":"a","eventDate":"yesterday"}`,
		`{"id":"a","eventDate":null}`, `{"id":3,"eventDate":"2026-08-01T12:34:56Z"}`, `7`, `{"entities":null}`,
	} {
		e, letter := New(Config{Clock: clock}).DecodeRecord([]byte(raw), 0, nil)
		sum := sha256.Sum256([]byte(raw))
		if letter == nil || letter.Cause != CauseUnreadable || e.Grade != evidence.Grade_GRADE_RAW || e.SubjectId != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: letter %v, evidence %v", raw, letter, e)
		}
	}
}

func TestSecretsAreReplaced(t *testing.T) {
	sum := sha256.Sum256([]byte("s/e+c"))
	hashed := "sha256:" + hex.EncodeToString(sum[:])
	for _, tt := range []string{
		`https://h/k?X-Amz-Signature=%s&x=1`, `https:\/\/h\/k?x-amz-signature=%s`, `h?a=1\u0026X-Amz-Security-Token\u003d%s\u0026b=2`,
		`u=https%%3A%%2F%%2Fh%%3FX-Amz-Signature%%3D%s%%26b`, `h?AWSAccessKeyId=A&Signature=%s&Expires=1`,
	} {
		tt = strings.ReplaceAll(tt, "%%", "%")
		form := func(value string) string {
			return `{"id":"i","eventDate":"2026-08-01T12:34:56Z","message":{"message":"` + strings.Replace(tt, "%s", value, 1) + `"}}`
		}
		raw := form("s%2Fe%2Bc")
		got := decode(t, raw, 0, false).Evidence[0]
		if string(got.Raw) != form(hashed) || strings.Contains(got.GetAct().Message, "s%2Fe") {
			t.Errorf("%s\nbecame %s", raw, got.Raw)
		}
		again, letter := New(Config{}).DecodeRecord(got.Raw, got.Kind, got.Origin)
		if diff := cmp.Diff(got, again, protocmp.Transform()); letter != nil || diff != "" {
			t.Errorf("stored bytes read otherwise: %s", diff)
		}
	}
}
