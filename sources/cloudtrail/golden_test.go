package cloudtrail

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"earwitness/pipeline/evidence"
)

var update = flag.Bool("update", false, "write the golden files anew")

func testDecoder(tb testing.TB) *Decoder {
	tb.Helper()
	d, err := New(Config{Clock: func() time.Time { return time.UnixMilli(7) }})
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func decode(tb testing.TB, data []byte) (all evidence.Batch) {
	tb.Helper()
	err := testDecoder(tb).Decode(tb.Context(), evidence.Object{URI: "file:///trail"}, bytes.NewReader(data), func(b evidence.Batch) error {
		all.Evidence, all.DeadLetters = append(all.Evidence, b.Evidence...), append(all.DeadLetters, b.DeadLetters...)
		all.End, all.Records = b.End, all.Records+b.Records
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

func readSample(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// plainText is m with the spaces taken out that prototext varies on purpose.
func plainText(m proto.Message) string {
	text := prototext.MarshalOptions{Multiline: true, Indent: " "}.Format(m)
	return string(bytes.ReplaceAll(bytes.ReplaceAll([]byte(text), []byte(":  "), []byte(": ")), []byte("  "), []byte(" ")))
}

func TestGolden(t *testing.T) {
	for _, name := range []string{"trail.json", "odd.json"} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			all := decode(t, readSample(t, name))
			for _, e := range all.Evidence {
				again, _ := testDecoder(t).DecodeRecord(bytes.Clone(e.Raw), e.Origin)
				if diff := cmp.Diff(e, again, protocmp.Transform()); diff != "" {
					t.Errorf("stored bytes read otherwise: %s", diff)
				}
				e = proto.CloneOf(e)
				e.Raw = nil
				got.WriteString(plainText(e) + "\n")
			}
			for _, l := range all.DeadLetters {
				got.WriteString("dead letter: " + l.Cause + ": " + l.Detail + "\n")
			}
			path := filepath.Join("testdata", name+".golden")
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
				t.Errorf("evidence (-want +got):\n%s", diff)
			}
		})
	}
}
