package correlate_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/access"
)

var update = flag.Bool("update", false, "write the golden files anew")

// goldenWorld shows each verdict, and a retraction: a changed byte of its
// records is a broken promise.
func goldenWorld() *topic {
	t := newTopic()
	t.epoch(1, []string{"all"})
	t.add(0, request("r1", "10:00:00"), nil)
	t.add(0, request("r2", "10:00:03", answered(206, "", 500, 1000)), nil)
	t.add(0, request("d1", "11:00:00", by(mallory), from(other)), nil)
	t.add(0, request("n1", "11:30:00", by(""), from(other), answered(403, "AccessDenied", 243, -1)), nil)
	t.add(0, request("u1", "12:00:00"), nil)
	t.add(0, request("p1", "13:00:00", presigned("link", "12:59:58")), nil)
	t.add(0, request("p2", "13:10:00", presigned("link", "12:59:58"), from(other)), nil)
	t.add(0, request("s1", "14:00:00", by(ownRequester), on(sidecarKey(recordingOne))), nil)
	t.add(0, act("a1", "09:59:58.250"), nil)
	t.add(0, act("a2", "12:59:57", user("u2")), nil)
	t.add(0, act("a3", "16:00:00", client("c1"), action("Export")), nil)
	t.add(0, act("a4", "17:00:00", system(), action("Delete")), nil)
	t.coverage("all", worldDay().AddDate(0, 0, 8))
	return t
}

func TestGoldenRecords(t *testing.T) {
	laid, v := goldenWorld(), newView(t)
	f := openFold(t, smallRules(), 0, t.TempDir())
	var published bytes.Buffer
	for at := range int64(len(laid.partitions[0])) {
		if err := f.Apply(laid.chunk(0, at, at+1)); err != nil {
			t.Fatal(err)
		}
		err := f.Publish(true, func(rec *access.Record) error {
			published.Write(append(access.AppendJSON(nil, rec), '\n'))
			return v.take(rec)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join("testdata", "golden.ndjson")
	if *update {
		if err := os.WriteFile(path, published.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), published.String()); diff != "" {
		t.Errorf("published records (-want +got):\n%s", diff)
	}
}
