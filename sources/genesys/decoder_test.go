package genesys

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"earwitness/pipeline/evidence"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
)

func clock() time.Time { return time.UnixMilli(1_790_000_000_000) }

// decoded is all that an object held, and where its decoding ended.
type decoded struct {
	evidence.Batch
	ends []int64
}

func decode(t testing.TB, data string, offset int64, growing bool) decoded {
	t.Helper()
	var all decoded
	all.End = offset
	object := evidence.Object{URI: "file:///audits", Offset: offset, Growing: growing}
	err := New(Config{Clock: clock}).Decode(t.Context(), object, iotest.HalfReader(strings.NewReader(data[offset:])), func(b evidence.Batch) error {
		if b.End < all.End {
			t.Errorf("batch ends at %d, the one before at %d", b.End, all.End)
		}
		all.End = b.End
		all.Records += b.Records
		all.Evidence = append(all.Evidence, b.Evidence...)
		all.DeadLetters = append(all.DeadLetters, b.DeadLetters...)
		all.ends = append(all.ends, b.End)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all.Evidence {
		if o := e.Origin; o.Length <= MaxRecord {
			came := data[o.Offset : o.Offset+o.Length]
			if sum := sha256.Sum256([]byte(came)); !bytes.Equal(sum[:], o.Sha256) {
				t.Errorf("hash of %d+%d is not that of the bytes there", o.Offset, o.Length)
			}
		}
	}
	return all
}

func ids(d decoded) string {
	var names []string
	for _, e := range d.Evidence {
		if a := e.GetAct(); a != nil {
			names = append(names, a.AuditId)
		} else {
			names = append(names, "!"+d.DeadLetters[0].Cause)
		}
	}
	return strings.Join(names, " ")
}

func bare(id string) string { return `{"id":"` + id + `","eventDate":"2026-08-01T12:34:56Z"}` }

var a, b, c = bare("a"), bare("b"), bare("c")

var layouts = []struct{ name, data, want string }{
	{"empty", "", ""},
	{"array", "[" + a + "," + b + " , " + c + "]\n", "a b c"},
	{"empty array", "[]", ""},
	{"page", `{"id":"q","pageSize":25,"entities":[` + a + "," + b + `],"cursor":"x","f":[{"entities":[1]}]}`, "a b"},
	{"page, entities first", `{"entities":[` + a + `]}` + "\n" + c, "a c"},
	{"page without items", `{"entities":[],"pageNumber":1}`, ""},
	{"lines", a + "\n\n" + b + "\r\n" + c + "\n", "a b c"},
	{"last line without end", a + "\n" + b, "a b"},
	{"concatenated", a + b + " " + c, "a b c"},
	{"arrays one a line", "[" + a + "]\n[" + b + "]\n", "a b"},
	{"pretty-printed", "[\n  {\n    \"id\": \"a\",\n    \"eventDate\": \"2026-08-01T12:34:56Z\"\n  },\n  " + b + "\n]", "a b"},
	{"byte order mark", "\xEF\xBB\xBF" + a, "a"},
	{"line cut in a string", `{"id":"x","ev` + "\n" + b + "\n", "!broken b"},
	{"line cut behind a value", `{"id":"x"` + "\n" + b + "\n", "!broken b"},
	{"line cut behind a comma", `{"id":"x",` + "\n" + b + "\n" + c, "!broken b c"},
	{"line cut behind a colon", `{"id":` + "\n" + b + "\n" + c, "!broken b c"},
	{"last line cut", a + "\n" + `{"id":"x"`, "a !broken"},
	{"text", a + "\nhello there you\n" + b, "a !broken b"},
	{"broken in an array", "[" + a + "," + `{"id":"x" "y"},` + b + "]", "a !broken"},
	{"other values in an array", `[1,` + a + `]`, "!unreadable a"},
	{"broken page tail", `{"entities":[` + a + `],"cursor":`, "a !broken"},
	{"broken pretty value", "{\n  \"id\": \"x\",,\n  \"b\": 1\n}\n" + b, "!broken b"},
}

func TestLayouts(t *testing.T) {
	for _, tt := range layouts {
		t.Run(tt.name, func(t *testing.T) {
			got := decode(t, tt.data, 0, false)
			if ids(got) != tt.want {
				t.Errorf("got %q, want %q", ids(got), tt.want)
			}
			if got.Records != len(got.Evidence) || got.End != int64(len(tt.data)) {
				t.Errorf("%d records, %d evidence, end %d of %d", got.Records, len(got.Evidence), got.End, len(tt.data))
			}
		})
	}
}

func TestGrowingAtEveryCut(t *testing.T) {
	for _, tt := range layouts {
		t.Run(tt.name, func(t *testing.T) {
			whole := decode(t, tt.data, 0, false)
			for cut := range len(tt.data) + 1 {
				part := decode(t, tt.data[:cut], 0, true)
				rest := decode(t, tt.data, part.End, false)
				got := append(part.Evidence, rest.Evidence...)
				if diff := cmp.Diff(whole.Evidence, got, protocmp.Transform()); diff != "" {
					t.Fatalf("cut at %d, resumed at %d (-whole +parts):\n%s", cut, part.End, diff)
				}
			}
		})
	}
}

func TestTooLong(t *testing.T) {
	long := `{"id":"x","message":"` + strings.Repeat("m", 2*MaxRecord) + `"}`
	for name, tt := range map[string]struct{ data, want string }{
		"line":       {a + "\n" + long + "\n" + b, "a !too-long b"},
		"in array":   {"[" + a + "," + long + "," + b + "]", "a !too-long b"},
		"never ends": {"[" + a + "," + long[:len(long)-2], "a !too-long"},
	} {
		t.Run(name, func(t *testing.T) {
			got := decode(t, tt.data, 0, false)
			if ids(got) != tt.want {
				t.Fatalf("got %q, want %q", ids(got), tt.want)
			}
			e := got.Evidence[1]
			if len(e.Raw) != KeptOfLong || e.Origin.Offset != int64(strings.Index(tt.data, `{"id":"x"`)) {
				t.Errorf("kept %d bytes from %d", len(e.Raw), e.Origin.Offset)
			}
			came := tt.data[e.Origin.Offset : e.Origin.Offset+e.Origin.Length]
			if sum := sha256.Sum256([]byte(came)); !bytes.Equal(sum[:], e.Origin.Sha256) {
				t.Error("hash is not that of the item")
			}
		})
	}
}

func TestStoredWorlds(t *testing.T) {
	for name, want := range map[string]evidence.Kind{
		"platform.json": evidence.Kind_KIND_PLATFORM_QUERY, "quality.ndjson": evidence.Kind_KIND_QUALITY_QUERY,
		"eventbridge.ndjson": evidence.Kind_KIND_EVENT, "file.json": evidence.Kind_KIND_FILE,
	} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		got := decode(t, string(data), 0, false)
		if len(got.DeadLetters) > 0 || got.Records == 0 {
			t.Errorf("%s: %d records, %d dead letters", name, got.Records, len(got.DeadLetters))
		}
		for _, e := range got.Evidence {
			if e.Kind != want {
				t.Errorf("%s: %s is %s", name, e.GetAct().GetAuditId(), e.Kind.Name())
			}
			again, _ := New(Config{}).DecodeRecord(e.Raw, e.Kind, e.Origin)
			if diff := cmp.Diff(e, again, protocmp.Transform()); diff != "" {
				t.Errorf("%s: decoded again from stored bytes:\n%s", name, diff)
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, tt := range layouts {
		f.Add(tt.data, 7)
	}
	f.Fuzz(func(t *testing.T, data string, cut int) {
		whole := decode(t, data, 0, false)
		if whole.End != int64(len(data)) || whole.Records != len(whole.Evidence) {
			t.Fatalf("end %d of %d, %d records, %d evidence", whole.End, len(data), whole.Records, len(whole.Evidence))
		}
		part := decode(t, data[:min(max(cut, 0), len(data))], 0, true)
		rest := decode(t, data, part.End, false)
		if n := part.Records + rest.Records; n != whole.Records {
			t.Fatalf("%d records in parts, %d in one", n, whole.Records)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	line, err := os.ReadFile(filepath.Join("testdata", "eventbridge.ndjson"))
	if err != nil {
		b.Fatal(err)
	}
	data := bytes.Repeat(line, 50)
	d := New(Config{})
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		err := d.Decode(b.Context(), evidence.Object{}, bytes.NewReader(data), func(batch evidence.Batch) error {
			n += batch.Records
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "audits/s")
}
