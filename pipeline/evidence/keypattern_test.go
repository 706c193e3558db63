package evidence

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	testOrg          = "cd613e30-d8f1-4adf-91b7-584a2265b1f5"
	testConversation = "e37b7849-2f5a-4f23-9f9b-f4ff310f1079"
	testRecording    = "1180febb-8ca9-4ff9-8b56-ba957c1681b8"
	exportFolder     = testOrg + "/year=2026/month=3/day=04/hour=1/conversation_id=" + testConversation + "/"
)

func exported(recording string, kind ObjectKind) KeyFacts {
	return KeyFacts{OrganizationID: testOrg, ConversationID: testConversation, RecordingID: recording, Kind: kind, Pattern: PatternExport}
}

func TestMatchBuiltIn(t *testing.T) {
	t.Parallel()
	const media, sidecar, other = ObjectKind_OBJECT_KIND_MEDIA, ObjectKind_OBJECT_KIND_METADATA, ObjectKind_OBJECT_KIND_OTHER
	guide := func(kind ObjectKind) KeyFacts {
		return KeyFacts{RecordingID: testRecording, Kind: kind, Pattern: PatternGuide}
	}
	tests := []struct {
		key  string
		want KeyFacts
	}{
		{exportFolder + testRecording + ".opus", exported(testRecording, media)},
		{"a/b/" + exportFolder + testRecording + ".opus", exported(testRecording, media)},
		{strings.Replace(exportFolder, "month=3", "month=03", 1) + testRecording, exported(testRecording, media)},
		{exportFolder + testRecording + ".opus_metadata.json", exported(testRecording, sidecar)},
		{exportFolder + testRecording + "_metadata.json", exported(testRecording, sidecar)},
		{strings.Replace(exportFolder, testOrg, strings.ToUpper(testOrg), 1) + strings.ToUpper(testRecording) + ".WAV", exported(testRecording, media)},
		{exportFolder + testConversation + "-" + testRecording + ".transcript.json", exported("", other)},
		{exportFolder + testRecording + ".opus_call_metadata.json", exported("", other)},
		{"recordings/2026/03/05/" + testRecording + ".mp3", guide(media)},
		{"recordings/2026/3/5/" + testRecording + ".mp3_metadata.json", guide(sidecar)},
		{"recordings/2026/03/05/" + testRecording, KeyFacts{}},
		{"x/recordings/2026/03/05/" + testRecording + ".mp3", KeyFacts{}},
		{"recordings/26/03/05/" + testRecording + ".mp3", KeyFacts{}},
		{exportFolder, KeyFacts{}},
		{exportFolder + "sub/" + testRecording + ".opus", KeyFacts{}},
		{strings.Replace(exportFolder, "hour=1", "hour=123", 1) + testRecording, KeyFacts{}},
		{strings.Replace(exportFolder, "year=", "year%3D", 1) + testRecording, KeyFacts{}},
		{"x" + exportFolder + testRecording, KeyFacts{}},
		{"", KeyFacts{}},
		{"/", KeyFacts{}},
	}
	patterns, err := CompileKeyPatterns(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		got, ok := patterns.Match(test.key)
		if diff := cmp.Diff(test.want, got); diff != "" || ok != (test.want.Pattern != "") {
			t.Errorf("%s: %v %s", test.key, ok, diff)
		}
	}
}

func TestMatchUserPatterns(t *testing.T) {
	t.Parallel()
	patterns, err := CompileKeyPatterns([]KeyPattern{
		{Name: "pair", Template: "calls/{conversation}-{recording}.{ext}"},
		{Name: "any", Template: "**/{org}/{yyyy}{mm}{dd}T{hh}/{any}-rec-{recording}/{any}", Kind: "other"},
		{Name: "sidecar", Template: "meta/{recording}_metadata.json"},
		{Name: "mine", Template: "**/{recording}.opus", Kind: "media"},
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		key  string
		want KeyFacts
	}{
		{
			"calls/" + testConversation + "-" + strings.ToUpper(testRecording) + ".mp3",
			KeyFacts{ConversationID: testConversation, RecordingID: testRecording, Kind: ObjectKind_OBJECT_KIND_MEDIA, Pattern: "pair"},
		},
		{
			"calls/" + testConversation + "-77.txt",
			KeyFacts{ConversationID: testConversation, RecordingID: "77", Kind: ObjectKind_OBJECT_KIND_OTHER, Pattern: "pair"},
		},
		{"a/b/acme/20260304T1/q-rec-R1/x.y", KeyFacts{OrganizationID: "acme", RecordingID: "R1", Kind: ObjectKind_OBJECT_KIND_OTHER, Pattern: "any"}},
		{"acme/20260304T1/q/-rec-R1/x.y", KeyFacts{}},
		{"meta/R1_metadata.json", KeyFacts{RecordingID: "R1", Kind: ObjectKind_OBJECT_KIND_METADATA, Pattern: "sidecar"}},
		{exportFolder + testRecording + ".opus", KeyFacts{RecordingID: testRecording, Kind: ObjectKind_OBJECT_KIND_MEDIA, Pattern: "mine"}},
		{exportFolder + testRecording + ".wav", exported(testRecording, ObjectKind_OBJECT_KIND_MEDIA)},
	}
	for _, test := range tests {
		got, ok := patterns.Match(test.key)
		if diff := cmp.Diff(test.want, got); diff != "" || ok != (test.want.Pattern != "") {
			t.Errorf("%s: %v %s", test.key, ok, diff)
		}
	}
}

func TestCompileRefusesBadTemplates(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern KeyPattern
		want    string
	}{
		{KeyPattern{Template: "{recording}"}, "has no name"},
		{KeyPattern{Name: PatternExport, Template: "{recording}"}, "is taken"},
		{KeyPattern{Name: "x", Template: "{id}"}, "allowed are " + allowedPlaceholders},
		{KeyPattern{Name: "x", Template: "{recording"}, "without its partner"},
		{KeyPattern{Name: "x", Template: "recording}"}, "without its partner"},
		{KeyPattern{Name: "x", Template: "a/**/{recording}"}, "at the start only"},
		{KeyPattern{Name: "x", Template: "{any}{recording}"}, "needs a text behind it"},
		{KeyPattern{Name: "x", Template: "{recording}/{recording}"}, "once each"},
		{KeyPattern{Name: "x", Template: "{org}/x"}, "needs {recording} or {conversation}"},
		{KeyPattern{Name: "x", Template: ""}, "needs {recording} or {conversation}"},
		{KeyPattern{Name: "x", Template: "{recording}", Kind: "audio"}, "allowed are media, metadata, other"},
	}
	for _, test := range tests {
		if _, err := CompileKeyPatterns([]KeyPattern{test.pattern}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v", test.pattern, err)
		}
	}
}

func TestMatchAllocatesNothing(t *testing.T) {
	patterns, err := CompileKeyPatterns([]KeyPattern{{Name: "x", Template: "**/c/{conversation}/{any}-{recording}.{ext}"}})
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{exportFolder + testRecording + ".opus", "recordings/2026/03/05/" + testRecording + ".mp3", "a/c/x/y-z.mp3", "none"}
	if allocs := testing.AllocsPerRun(100, func() {
		for _, key := range keys {
			patterns.Match(key)
		}
	}); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

const uuidExpression = `[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`

// FuzzMatch holds the matcher against the expression of the layout.
func FuzzMatch(f *testing.F) {
	expression := regexp.MustCompile(fmt.Sprintf(`(?s)^(?:.*/)?(%[1]s)/year=\d{4}/month=\d{1,2}/day=\d{1,2}/hour=\d{1,2}/`+
		`conversation_id=(%[1]s)/(%[1]s)(\.[A-Za-z0-9]+)?(_metadata\.json)?$`, uuidExpression))
	for _, key := range []string{
		exportFolder + testRecording + ".opus", exportFolder + testRecording + "_metadata.json",
		"p/" + exportFolder + testRecording + ".opus_metadata.json", exportFolder + "x", "recordings/2026/03/05/" + testRecording + ".mp3",
	} {
		f.Add(key)
	}
	patterns, err := CompileKeyPatterns([]KeyPattern{{Name: "user", Template: "u/{any}x{recording}.{ext}"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, key string) {
		facts, ok := patterns.Match(key)
		if ok != (facts.Pattern != "") {
			t.Errorf("%v with %+v", ok, facts)
		}
		m := expression.FindStringSubmatch(key)
		if facts.Pattern == "user" || m == nil && facts.RecordingID == "" {
			return
		}
		if m == nil {
			if facts.Pattern != PatternGuide {
				t.Fatalf("%q: %+v without the expression", key, facts)
			}
			return
		}
		kind := ObjectKind_OBJECT_KIND_MEDIA
		if m[5] != "" {
			kind = ObjectKind_OBJECT_KIND_METADATA
		}
		want := KeyFacts{
			OrganizationID: strings.ToLower(m[1]), ConversationID: strings.ToLower(m[2]),
			RecordingID: strings.ToLower(m[3]), Kind: kind, Pattern: PatternExport,
		}
		if diff := cmp.Diff(want, facts); diff != "" {
			t.Errorf("%q: %s", key, diff)
		}
	})
}
