package genesys

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden files anew")

// The acts of the samples, one a line: subject, kind, place and fields.
func TestGolden(t *testing.T) {
	for _, name := range []string{"platform.json", "quality.ndjson", "eventbridge.ndjson", "file.json"} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			out := json.NewEncoder(&got)
			for _, e := range decode(t, string(data), 0, false).Evidence {
				line := []any{e.SubjectKind.Name(), e.SubjectId, e.Kind.Name(), e.Id, e.Origin, e.GetAct()}
				if err := out.Encode(line); err != nil {
					t.Fatal(err)
				}
			}
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
