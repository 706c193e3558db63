package access

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestDocumentGolden(t *testing.T) {
	for name, record := range documentRecords() {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := json.Indent(&got, AppendJSON(nil, record), "", "  "); err != nil {
				t.Fatal(err)
			}
			got.WriteByte('\n')
			path := filepath.Join("testdata", name+".json")
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("document (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDocumentStartsWhereTold(t *testing.T) {
	got := AppendJSON([]byte("before "), fullRequest())
	if want := "before " + string(AppendJSON(nil, fullRequest())); string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if bytes.ContainsAny(got, "\n\r") {
		t.Error("the document does not stand on one line")
	}
}

// TestContract holds the documents to docs/formats/record.md: each of its
// fields is written by some record, and no field is written that it lacks.
func TestContract(t *testing.T) {
	contract := contractFields(t)
	written := map[string]bool{}
	for _, record := range documentRecords() {
		var doc map[string]any
		if err := json.Unmarshal(AppendJSON(nil, record), &doc); err != nil {
			t.Fatal(err)
		}
		collectFields(written, "", doc)
	}
	for _, field := range contract {
		matches := func(name string) bool { return fieldMatches(field, name) }
		if !slices.ContainsFunc(slices.Collect(maps.Keys(written)), matches) {
			t.Errorf("no record has the field %s of the contract", field)
		}
	}
	for name := range written {
		if !slices.ContainsFunc(contract, func(field string) bool { return fieldMatches(field, name) }) {
			t.Errorf("the field %s is written and is not in the contract", name)
		}
	}
}

func fieldMatches(field, name string) bool {
	prefix, wild := strings.CutSuffix(field, ".*")
	return field == name || wild && strings.HasPrefix(name, prefix+".")
}

func collectFields(into map[string]bool, prefix string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			collectFields(into, strings.TrimPrefix(prefix+"."+name, "."), inner)
		}
	case []any:
		for _, inner := range v {
			collectFields(into, prefix, inner)
		}
	default:
		into[prefix] = true
	}
}

// contractFields reads the names from the first column of the table, their
// braces multiplied out, and of lists of objects those of the third.
func contractFields(t *testing.T) []string {
	t.Helper()
	page, err := os.ReadFile("../../docs/formats/record.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\|([^|]*`[^|]*)\\|([^|]*)\\|")
	quoted := regexp.MustCompile("`([^`]*)`")
	list := regexp.MustCompile(`\{([^}]*)\}`)
	var fields []string
	for _, m := range row.FindAllStringSubmatch(string(page), -1) {
		parent := ""
		for _, q := range quoted.FindAllStringSubmatch(m[1], -1) {
			name := q[1]
			if strings.HasPrefix(name, ".") {
				name = parent[:strings.LastIndexByte(parent, '.')] + name
			}
			parent = name
			names := expandBraces(name)
			if inner := list.FindStringSubmatch(m[2]); inner != nil {
				names = expandBraces(name + "." + inner[0])
			}
			fields = append(fields, names...)
		}
	}
	if len(fields) < 60 {
		t.Fatalf("read only %d fields from the contract: %v", len(fields), fields)
	}
	return fields
}

func expandBraces(name string) []string {
	open := strings.IndexByte(name, '{')
	end := strings.IndexByte(name, '}')
	if open < 0 || end < open {
		return []string{name}
	}
	var names []string
	for part := range strings.SplitSeq(name[open+1:end], ",") {
		names = append(names, expandBraces(name[:open]+strings.TrimSpace(part)+name[end+1:])...)
	}
	return names
}

func TestAppendString(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "abc", `"abc"`},
		{"quotes", `a"b\c`, `"a\"b\\c"`},
		{"controls", "a\n\r\t\x00\x1fb\x7f", `"a\n\r\t\u0000\u001fb` + "\x7f" + `"`},
		{"runes", "größe 🎧", `"größe 🎧"`},
		{"replacement character", "a\uFFFDb", "\"a\uFFFDb\""},
		{"no UTF-8", "a\xffb\xc3", "\"a\uFFFDb\uFFFD\""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := string(appendString(nil, test.in)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func FuzzAppendJSON(f *testing.F) {
	for _, record := range documentRecords() {
		data, err := record.MarshalVT()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "x\xff\"")
	}
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		r := &Record{}
		if r.UnmarshalVT(data) != nil {
			r = fullRequest()
		}
		if q := r.Request; q != nil {
			q.UserAgent, q.RequestUri, q.HostHeader, q.Requester = text, text, text, text
		}
		r.SubjectId, r.RelatedUsers, r.RelatedIps = text, []string{text}, []string{text}
		doc := AppendJSON(nil, r)
		if !json.Valid(doc) || !utf8.Valid(doc) {
			t.Fatalf("no valid JSON: %q", doc)
		}
		if bytes.Contains(doc, []byte(`:null`)) || bytes.Contains(doc, []byte(`:"-"`)) || bytes.Contains(doc, []byte(`{}`)) && !strings.Contains(text, "{}") {
			var back any
			if json.Unmarshal(doc, &back) == nil && hasAbsent(back) {
				t.Fatalf("an absent value is written: %s", doc)
			}
		}
	})
}

func hasAbsent(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == "" || v == "-"
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), hasAbsent)
	case []any:
		return slices.ContainsFunc(v, hasAbsent)
	}
	return false
}

func BenchmarkAppendJSON(b *testing.B) {
	for _, name := range []string{"request", "access"} {
		record := documentRecords()[name]
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				buf = AppendJSON(buf[:0], record)
			}
			b.SetBytes(int64(len(buf)))
		})
	}
}
