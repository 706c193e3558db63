package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

const (
	firstRecording  = "0b6f3f44-98f0-4a7e-8d70-15c3cf34f1b7"
	secondRecording = "1c6f3f44-98f0-4a7e-8d70-15c3cf34f1b8"
)

// trailRecords are three accesses, the last of them retracted, and a request
// of the first and of the second.
func trailRecords() []*access.Record {
	record := func(n byte, kind access.Kind, accessOf byte, recording, ip string, at int64) *access.Record {
		r := &access.Record{
			Id: []byte(strings.Repeat(string(rune('a'+n)), 16)), AccessId: []byte(strings.Repeat(string(rune('a'+accessOf)), 16)),
			Kind: kind, State: access.State_STATE_FINAL, TimeMs: at, StartMs: at, EndMs: at, Action: "REST.GET.OBJECT",
			SubjectKind: evidence.SubjectKind_SUBJECT_KIND_RECORDING, SubjectId: recording, RecordingId: recording,
			Verdict: access.Verdict_VERDICT_DIRECT, SourceIp: ip, RelatedIps: []string{ip},
			PrincipalClass: access.PrincipalClass_PRINCIPAL_CLASS_DIRECT, PrincipalId: "arn:aws:iam::444455556666:user/mallory",
			Arrival: &access.Arrival{Revision: uint64(n) + 1, FirstMs: at, LastMs: at},
		}
		if kind == access.Kind_KIND_REQUEST {
			r.Request = &evidence.StorageRequest{Identity: r.Id, TimeMs: at, RemoteIp: ip, Operation: "REST.GET.OBJECT", Status: 200}
		}
		return r
	}
	const noon = 1795687200000 // 2026-11-26 10:00:00
	records := []*access.Record{
		record(0, access.Kind_KIND_ACCESS, 0, firstRecording, "198.51.100.7", noon),
		record(1, access.Kind_KIND_REQUEST, 0, firstRecording, "198.51.100.7", noon),
		record(2, access.Kind_KIND_ACCESS, 2, secondRecording, "2001:db8::1", noon+3_600_000),
		record(3, access.Kind_KIND_REQUEST, 2, secondRecording, "2001:db8::1", noon+3_600_000),
		record(4, access.Kind_KIND_ACCESS, 4, secondRecording, "2001:db8::1", noon),
	}
	records[0].Requests, records[2].Requests = 1, 1
	records[2].Verdict = access.Verdict_VERDICT_ATTRIBUTED
	records[2].Person = &access.Person{Id: "user-1", Name: "Ada Quill", Kind: access.ActorKind_ACTOR_KIND_USER}
	records[3].Verdict, records[3].Person = records[2].Verdict, records[2].Person
	records[4].State = access.State_STATE_RETRACTED
	return records
}

// recordIDs gives the first letter of each document's id, decoded.
func recordIDs(t *testing.T, lines string) string {
	t.Helper()
	var ids []string
	for line := range strings.Lines(lines) {
		var document struct {
			Event struct{ ID string } `json:"event"`
		}
		if err := json.Unmarshal([]byte(line), &document); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, map[string]string{"61": "a", "62": "b", "63": "c", "64": "d", "65": "e"}[document.Event.ID[:2]])
	}
	slices.Sort(ids)
	return strings.Join(ids, "")
}

func TestTrailFilters(t *testing.T) {
	data := t.TempDir()
	makeIndex(t, data, trailRecords()...)
	for _, test := range []struct {
		flags string
		want  string
	}{
		{"", "abcd"},
		{"--recording " + firstRecording, "ab"},
		{"--recording " + strings.ToUpper(secondRecording), "cd"},
		{"--person ada", ""},
		{"--person user-1", "cd"},
		{"--ip ::ffff:198.51.100.7", "ab"},
		{"--verdict direct", "ab"},
		{"--verdict open", ""},
		{"--since 2026-11-26T11:00", "cd"},
		{"--until 2026-11-26T10:59", "ab"},
		{"--until 2026-11-26T11:00", "abcd"},
		{"--since 2026-11-26 --until 2026-11-26", "abcd"},
		{"--until 2026-11-25", ""},
		{"--since 2026-11-26T12:00:00+01:00 --verdict direct", ""},
	} {
		got := earwitness(t, append([]string{"trail", "--json", "--data", data}, strings.Fields(test.flags)...)...)
		got.want(t, 0)
		if ids := recordIDs(t, got.out); ids != test.want {
			t.Errorf("%s gives %q, want %q", test.flags, ids, test.want)
		}
	}
}

func TestTrailTable(t *testing.T) {
	data := t.TempDir()
	makeIndex(t, data, trailRecords()...)
	lines := func(o outcome) int { return strings.Count(o.out, "\n") }
	plain := earwitness(t, "trail", "--data", data)
	plain.want(t, 0, "2026-11-26 10:00:00", "Ada Quill", "user/mallory", firstRecording)
	requests := earwitness(t, "trail", "--data", data, "--requests")
	requests.want(t, 0)
	if diff := cmp.Diff([]int{3, 5}, []int{lines(plain), lines(requests)}); diff != "" {
		t.Errorf("lines of the tables (-want +got):\n%s", diff)
	}
	none := earwitness(t, "trail", "--data", data, "--person", "nobody")
	none.want(t, 0, "no access found")
	if none.out != "" {
		t.Errorf("nothing found prints %q", none.out)
	}
}

func TestTrailMistakes(t *testing.T) {
	data := t.TempDir()
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--data", data}, 1, "open index " + filepath.Join(data, "index", "trail.db") + ": there is none yet; \"earwitness run --once --data " + data + "\""},
		{[]string{"--ip", "nowhere"}, 2, `--ip: "nowhere" is no address`},
		{[]string{"--verdict", "guilty"}, 2, `--verdict: "guilty" is no verdict; allowed are attributed, audit-only, service, unattributed, direct, anonymous, system, open`},
		{[]string{"--since", "yesterday"}, 2, `--since: "yesterday" is no time`},
		{[]string{"--until", "26.11.2026"}, 2, `--until: "26.11.2026" is no time`},
		{[]string{"--since", "2026-11-27", "--until", "2026-11-26"}, 2, "--until lies before --since"},
		{[]string{"--config", filepath.Join(data, "none.yaml")}, 2, "none.yaml: read configuration: open: no such file"},
		{[]string{"extra"}, 2, `"extra" is one argument too many`},
		{[]string{"--who"}, 2, "unknown flag: --who (see earwitness trail --help)"},
	} {
		got := earwitness(t, append([]string{"trail"}, test.args...)...)
		got.want(t, test.code, test.want)
		if strings.Count(got.err, "earwitness: ") != 1 || got.out != "" {
			t.Errorf("%v prints %q and %q", test.args, got.out, got.err)
		}
	}
}
