package enrich

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"earwitness/pipeline/evidence"
)

// The forms of the reference: the API's description, the export's sidecar,
// guides. Values are invented.
const (
	recordingMetadata = `{"id":"aa000000-0000-4000-8000-000000000005","name":"x","conversationId":"cc000000-0000-4000-8000-000000000006",
		"path":"p","startTime":null,"endTime":null,"media":"audio","mediaSubtype":"Trunk","annotations":[],"fileState":"AVAILABLE",
		"archiveDate":"2026-11-01T00:00:00.000Z","exportedDate":"2026-08-03T01:10:11.000Z","maxAllowedRestorationsForOrg":10000,
		"remainingRestorationsAllowedForOrg":10000,"sessionId":"s","region":"eu-central-1","selfUri":"/x"}`
	sidecarFile = `{"recordingId":"AA000000-0000-4000-8000-000000000005","conversationId":"cc000000-0000-4000-8000-000000000006",
		"mediaType":"Call","provider":"Edge","userIds":["d7ff0000-0000-4000-8000-000000000003"],"initialDirection":"outbound",
		"startTime":"2026-08-01T23:19:04.873+0000","endTime":"2026-08-01T23:19:30.493+0000","durationMs":25620}`
	guideRecording = `{"id":"aa000000-0000-4000-8000-000000000005","objectKey":"org/x.opus","mediaType":"audio","recordingState":"AVAILABLE","createdDate":"2026-08-01T12:00:00Z"}`
	recordingOfAPI = "aa000000-0000-4000-8000-000000000005"
)

func ms(text string) int64 {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return -1
	}
	return at.UnixMilli()
}

func TestDecode(t *testing.T) {
	recording := question{about: aboutRecording, source: fromAPI, id: recordingOfAPI}
	for name, test := range map[string]struct {
		q    question
		raw  string
		want *evidence.Metadata
	}{
		"recording metadata": {recording, recordingMetadata, &evidence.Metadata{
			ConversationId: "cc000000-0000-4000-8000-000000000006", Media: "audio", MediaSubtype: "Trunk", State: "AVAILABLE",
			Region: "eu-central-1", ExportedMs: ms("2026-08-03T01:10:11Z"),
		}},
		"sidecar": {recording, sidecarFile, &evidence.Metadata{
			ConversationId: "cc000000-0000-4000-8000-000000000006", Media: "Call", Provider: "Edge", Direction: "outbound",
			CreatedMs: ms("2026-08-01T23:19:04.873Z"), DurationMs: 25620, AgentIds: []string{"d7ff0000-0000-4000-8000-000000000003"},
		}},
		"guide": {recording, guideRecording, &evidence.Metadata{
			Media: "audio", State: "AVAILABLE", CreatedMs: ms("2026-08-01T12:00:00Z"), ObjectKey: "org/x.opus",
		}},
		"screen": {recording, `{"id":"` + recordingOfAPI + `","startTime":"2026-08-01T12:00:00Z","endTime":"2026-08-01T12:00:02Z"}`, &evidence.Metadata{
			CreatedMs: ms("2026-08-01T12:00:00Z"), DurationMs: 2000,
		}},
		"other types":    {recording, `{"id":7,"media":{},"userIds":"x","queueId":["q"],"durationMs":"1","startTime":1}`, &evidence.Metadata{}},
		"nothing":        {recording, `{}`, &evidence.Metadata{}},
		"user":           {question{about: aboutUser, id: "u"}, `{"id":"u","name":"Una","email":"u@example.com"}`, &evidence.Metadata{Name: "Una", Email: "u@example.com"}},
		"queue":          {question{about: aboutQueue, id: "q"}, `{"id":"q","name":"Care"}`, &evidence.Metadata{Name: "Care"}},
		"queues and one": {recording, `{"queueIds":["a",null,""],"queueId":"b"}`, &evidence.Metadata{QueueIds: []string{"a", "b"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := decode(test.q, []byte(test.raw))
			if err != nil {
				t.Fatal(err)
			}
			test.want.About, test.want.AboutId, test.want.Source = test.q.about, test.q.id, test.q.source
			if diff := cmp.Diff(test.want, got, protocmp.Transform()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, raw := range map[string]string{
		"an array": `[]`, "no JSON": `<html>`, "nothing at all": ``, "another": `{"id":"other"}`,
		"too long": `{"name":"` + strings.Repeat("x", largestAnswer) + `"}`,
	} {
		var unreadable *UnreadableError
		if _, err := decode(question{about: aboutUser, id: "u"}, []byte(raw)); !errors.As(err, &unreadable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestContent: what a source counts besides, and when it was asked, is no
// content.
func TestContent(t *testing.T) {
	q := question{about: aboutRecording, id: recordingOfAPI}
	content := func(raw string, asked int64) uint64 {
		m, err := decode(q, []byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		m.AskedMs = asked
		return contentOf(m)
	}
	one := content(recordingMetadata, 1)
	if one == 0 || one != content(strings.Replace(recordingMetadata, "AllowedForOrg\":10000", "AllowedForOrg\":9999", 2), 2) {
		t.Error("the same content is told apart")
	}
	if one == content(strings.Replace(recordingMetadata, "AVAILABLE", "DELETED", 1), 1) {
		t.Error("another content is not told apart")
	}
}

// FuzzDecode: whatever a source answers, it is refused or decoded, always the
// same way.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{recordingMetadata, sidecarFile, guideRecording, `{"id":"u","name":"Una"}`, `[]`, `{"userIds":[1,"a"]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, about := range []evidence.MetadataAbout{aboutRecording, aboutUser} {
			m, err := decode(question{about: about, id: recordingOfAPI}, raw)
			if err != nil {
				continue
			}
			if again, err := decode(question{about: about, id: recordingOfAPI}, raw); err != nil || contentOf(again) != contentOf(m) {
				t.Errorf("read twice it is another: %v, %v", again, err)
			}
			if _, err := m.MarshalVT(); err != nil {
				t.Error(err)
			}
		}
		if items, err := elements(raw); err == nil {
			for id, item := range items {
				if id == "" || !json.Valid(item) {
					t.Errorf("item %q of %s", item, raw)
				}
			}
		}
	})
}
