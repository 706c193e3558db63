package trail

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

var update = flag.Bool("update", false, "write the golden files anew")

func exampleRecords() []*access.Record {
	person := &access.Record{
		Kind: access.Kind_KIND_ACCESS, State: access.State_STATE_FINAL, TimeMs: 1795687200000, Action: "genesys.playback",
		Verdict: access.Verdict_VERDICT_ATTRIBUTED, Confidence: access.Confidence_CONFIDENCE_EXACT, Taken: access.Taken_TAKEN_FULL,
		Person: &access.Person{Id: "7eed8d14", Name: "Ada Quill"}, Bytes: 3 << 20, SourceIp: "198.51.100.7",
		RecordingId: "0b6f3f44-98f0-4a7e-8d70-15c3cf34f1b7", Flags: access.FlagLinkShared | access.FlagContested,
	}
	request := &access.Record{
		Kind: access.Kind_KIND_REQUEST, State: access.State_STATE_FINAL, TimeMs: 1795687203000, Action: "REST.GET.OBJECT",
		Verdict: access.Verdict_VERDICT_ATTRIBUTED, SubjectId: "0b6f3f44-98f0-4a7e-8d70-15c3cf34f1b7",
		PrincipalClass:   access.PrincipalClass_PRINCIPAL_CLASS_SERVICE,
		PrincipalId:      "arn:aws:sts::111122223333:assumed-role/ContactCentreExport",
		PrincipalSession: "session-7", Request: &evidence.StorageRequest{BytesSent: 65536, RemoteIp: "198.51.100.7"},
	}
	stranger := &access.Record{
		Kind: access.Kind_KIND_ACCESS, State: access.State_STATE_PENDING, TimeMs: 1795690800000, Action: "REST.GET.OBJECT",
		Verdict: access.Verdict_VERDICT_DIRECT, Taken: access.Taken_TAKEN_PARTIAL, Bytes: 900, SourceIp: "2001:db8::1",
		PrincipalClass: access.PrincipalClass_PRINCIPAL_CLASS_DIRECT, PrincipalId: "arn:aws:iam::444455556666:user/mal\x1b[31mlory\u202e",
		SubjectId: "acme-voice/backup/日本語の録音.opus",
	}
	anonymous := &access.Record{
		Kind: access.Kind_KIND_ACCESS, State: access.State_STATE_FINAL, TimeMs: 1795694400000, Action: "REST.HEAD.OBJECT",
		Verdict: access.Verdict_VERDICT_ANONYMOUS, PrincipalClass: access.PrincipalClass_PRINCIPAL_CLASS_ANONYMOUS, SubjectId: "acme-voice/x",
	}
	return []*access.Record{person, request, stranger, anonymous}
}

func sequence(records []*access.Record, end error) iter.Seq2[*access.Record, error] {
	return func(yield func(*access.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
		if end != nil {
			yield(nil, end)
		}
	}
}

func TestTable(t *testing.T) {
	for _, width := range []int{0, 120, 80, 40} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			var out bytes.Buffer
			n, err := Table(&out, width, sequence(exampleRecords(), nil))
			if err != nil || n != 3 {
				t.Fatalf("Table = %d, %v, want 3 accesses", n, err)
			}
			path := filepath.Join("testdata", fmt.Sprintf("table-%d.txt", width))
			if *update {
				if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), out.String()); diff != "" {
				t.Errorf("table (-want +got):\n%s", diff)
			}
			for line := range strings.Lines(out.String()) {
				if w := cells(strings.TrimRight(line, "\n")); width >= 80 && w > width {
					t.Errorf("line of %d cells for a terminal of %d: %q", w, width, line)
				}
			}
		})
	}
}

func TestTableIsSafeForTerminals(t *testing.T) {
	var out bytes.Buffer
	if _, err := Table(&out, 0, sequence(exampleRecords(), nil)); err != nil {
		t.Fatal(err)
	}
	for _, r := range out.String() {
		if r != '\n' && !unicode.IsGraphic(r) {
			t.Errorf("the table holds %U", r)
		}
	}
}

func TestTableOfMany(t *testing.T) {
	var records []*access.Record
	for range 3 * sampleRows {
		records = append(records, exampleRecords()[0])
	}
	var out bytes.Buffer
	n, err := Table(&out, 100, sequence(records, nil))
	if err != nil || n != len(records) {
		t.Fatalf("Table = %d, %v", n, err)
	}
	if lines := strings.Count(out.String(), "\n"); lines != len(records)+1 {
		t.Errorf("%d lines for %d accesses and a title", lines, len(records))
	}
}

func TestNothingFound(t *testing.T) {
	var out bytes.Buffer
	if n, err := Table(&out, 80, sequence(nil, nil)); n != 0 || err != nil || out.Len() != 0 {
		t.Errorf("Table of nothing = %d, %v, %q", n, err, out.String())
	}
}

func TestJSON(t *testing.T) {
	var out bytes.Buffer
	if err := JSON(&out, sequence(exampleRecords(), nil)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != len(exampleRecords()) {
		t.Fatalf("%d lines for %d records", len(lines), len(exampleRecords()))
	}
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Errorf("no JSON: %s", line)
		}
	}
}

type fullDisk struct{ err error }

func (f fullDisk) Write([]byte) (int, error) { return 0, f.err }

func TestErrorsComeBack(t *testing.T) {
	broken := errors.New("broken")
	if _, err := Table(&bytes.Buffer{}, 80, sequence(exampleRecords(), broken)); !errors.Is(err, broken) {
		t.Errorf("Table of a broken input: %v", err)
	}
	if err := JSON(&bytes.Buffer{}, sequence(exampleRecords(), broken)); !errors.Is(err, broken) {
		t.Errorf("JSON of a broken input: %v", err)
	}
	if _, err := Table(fullDisk{broken}, 80, sequence(exampleRecords(), nil)); !errors.Is(err, broken) {
		t.Errorf("Table to a full disk: %v", err)
	}
	if err := JSON(fullDisk{broken}, sequence(exampleRecords(), nil)); !errors.Is(err, broken) {
		t.Errorf("JSON to a full disk: %v", err)
	}
}
