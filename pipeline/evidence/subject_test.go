package evidence

import "testing"

const testRole = "arn:aws:sts::111122223333:assumed-role/Export"

func TestSetRequestSubject(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		request StorageRequest
		want    string
	}{
		{"recording", StorageRequest{Bucket: "b", Key: "k", RecordingId: testRecording}, "recording:" + testRecording},
		{"object", StorageRequest{Bucket: "b", Key: "k/x"}, "object:b/k/x"},
		{"bucket and user", StorageRequest{Bucket: "b", Requester: "arn:aws:iam::1:user/ann"}, "bucket:b/arn:aws:iam::1:user/ann"},
		{"bucket and session", StorageRequest{Bucket: "b", Requester: testRole + "/s1"}, "bucket:b/" + testRole},
		{"bucket and nobody", StorageRequest{Bucket: "b"}, "bucket:b"},
	}
	for i := range tests {
		test := &tests[i]
		e := &Evidence{Fact: &Evidence_Request{Request: &test.request}}
		SetRequestSubject(e)
		if got := string(SubjectKey(nil, e.SubjectKind, e.SubjectId)); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

func TestSetActSubject(t *testing.T) {
	t.Parallel()
	tests := []struct {
		act  Act
		want string
	}{
		{Act{EntityType: "Recording", EntityId: "1180FEBB-8ca9-4ff9-8b56-ba957c1681b8"}, "recording:" + testRecording},
		{Act{EntityType: "ScreenRecording", EntityId: "x"}, "recording:x"},
		{Act{EntityType: "SnippetRecording", EntityId: "x"}, "recording:x"},
		{Act{EntityType: "OrphanedRecording", EntityId: "x"}, "recording:x"},
		{Act{EntityType: "Queue", EntityId: "1180FEBB-8ca9-4ff9-8b56-ba957c1681b8"}, "entity:Queue:" + testRecording},
		{Act{EntityType: "Recording", AuditId: "a"}, "audit:a"},
		{Act{EntityId: "x", AuditId: "a"}, "audit:a"},
	}
	for i := range tests {
		test := &tests[i]
		e := &Evidence{Fact: &Evidence_Act{Act: &test.act}}
		SetActSubject(e)
		if got := string(SubjectKey(nil, e.SubjectKind, e.SubjectId)); got != test.want {
			t.Errorf("%v: got %s, want %s", &test.act, got, test.want)
		}
	}
}

func TestSplitRoleSession(t *testing.T) {
	t.Parallel()
	for _, test := range [][3]string{
		{testRole + "/s1", testRole, "s1"},
		{testRole, testRole, ""},
		{"arn:aws:iam::1:user/ann", "arn:aws:iam::1:user/ann", ""},
		{"x:assumed-role/a/b", "x:assumed-role/a/b", ""},
		{"", "", ""},
	} {
		if role, session := SplitRoleSession(test[0]); role != test[1] || session != test[2] {
			t.Errorf("%s: %s and %s", test[0], role, session)
		}
	}
}

func TestLowerUUID(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"1180FEBB-8CA9-4FF9-8B56-BA957C1681B8":  testRecording,
		"1180FEBB-8CA9-4FF9-8B56-BA957C1681BX":  "1180FEBB-8CA9-4FF9-8B56-BA957C1681BX",
		"1180FEBB08CA9-4FF9-8B56-BA957C1681B8":  "1180FEBB08CA9-4FF9-8B56-BA957C1681B8",
		"ABC":                                   "ABC",
		"1180FEBB-8CA9-4FF9-8B56-BA957C1681B80": "1180FEBB-8CA9-4FF9-8B56-BA957C1681B80",
	} {
		if got := LowerUUID(in); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}
