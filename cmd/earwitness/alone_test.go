//go:build servers

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// alone is what one process makes of an input with everything embedded.
type alone struct {
	t         *testing.T
	in        *realInput
	documents map[string]map[string]any
	letters   []deadLetterDocument
}

func newAlone(t *testing.T, in *realInput) *alone {
	t.Helper()
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "earwitness.yaml")
	if err := os.WriteFile(file, []byte(gatewayRules+in.sources()), 0o600); err != nil {
		t.Fatal(err)
	}
	earwitness(t, "run", "--once", "--config", file, "--data", data).want(t, exitDeadLetters, "1 dead letter")
	a := &alone{t: t, in: in, documents: documents(t, trailOf(t, data)), letters: undated(lettersOf(t, data))}
	a.wantAllVerdicts()
	return a
}

// documents by their ids, without what says when their evidence came.
func documents(t *testing.T, lines []string) map[string]map[string]any {
	t.Helper()
	all := make(map[string]map[string]any)
	for _, line := range withoutArrival(t, lines) {
		var d map[string]any
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err)
		}
		id, _ := value(d, "event.id").(string)
		if id == "" || all[id] != nil {
			t.Fatalf("no id, or one twice: %s", line)
		}
		all[id] = d
	}
	return all
}

// value of a field by its path.
func value(d map[string]any, path string) any {
	for {
		name, rest, inner := strings.Cut(path, ".")
		if !inner {
			return d[name]
		}
		below, ok := d[name].(map[string]any)
		if !ok {
			return nil
		}
		d, path = below, rest
	}
}

// undated leaves out when letters were written.
func undated(letters []deadLetterDocument) []deadLetterDocument {
	for i := range letters {
		letters[i].Time = ""
	}
	return letters
}

// with gives the ids of the documents in which fields have values.
func (a *alone) with(fields map[string]string) []string {
	var ids []string
	for id, d := range a.documents {
		fits := true
		for path, want := range fields {
			fits = fits && value(d, path) == want
		}
		if fits {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// wantAllVerdicts: an input in which little happens would compare nothing.
func (a *alone) wantAllVerdicts() {
	a.t.Helper()
	if got := int64(len(a.with(map[string]string{"earwitness.kind": "request"}))); got != a.in.requests {
		a.t.Errorf("%d requests were sent, there are records of %d", a.in.requests, got)
	}
	count := map[string]int{}
	for _, d := range a.documents {
		confidence, _ := value(d, "earwitness.confidence").(string)
		count[strings.TrimSuffix(fmt.Sprint(value(d, "earwitness.kind"), " ", value(d, "earwitness.verdict"), " ", confidence), " ")]++
	}
	a.t.Logf("%d records: %v", len(a.documents), count)
	for kind, verdicts := range map[string][]string{
		"access": {"attributed strong", "attributed exact", "attributed weak", "audit-only", "service", "system", "direct", "anonymous", "unattributed"},
		// No act is needed to be one of these.
		"request": {"attributed strong", "attributed exact", "attributed weak", "service", "system", "direct", "anonymous", "unattributed"},
	} {
		for _, verdict := range verdicts {
			if count[kind+" "+verdict] == 0 {
				a.t.Errorf("no %s is %s", kind, verdict)
			}
		}
	}
	if count["request open"] > 0 {
		a.t.Error("requests are open, and everything was covered")
	}
}

// wantSame compares what is in Elasticsearch and in the bucket, field by
// field.
func (a *alone) wantSame(c *cluster) {
	t := c.t
	t.Helper()
	got, want := documents(t, c.trail()), maps.Clone(a.documents)
	if a.in.began.UTC().YearDay() != time.Now().UTC().YearDay() {
		// Accesses of a day are final when it ends, which it did meanwhile.
		for _, all := range []map[string]map[string]any{got, want} {
			for _, d := range all {
				delete(d["earwitness"].(map[string]any), "state")
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Elasticsearch differs from one process (-one process +Elasticsearch):\n%.4000s", diff)
	}
	listed := c.run("deadletter", "list", "--json", "--config", c.file)
	listed.want(t, 0, "versitygw has opened its log")
	var letters []deadLetterDocument
	for line := range strings.Lines(listed.out) {
		var letter deadLetterDocument
		if err := json.Unmarshal([]byte(line), &letter); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		letters = append(letters, letter)
	}
	if diff := cmp.Diff(a.letters, undated(letters)); diff != "" {
		t.Errorf("dead letters differ (-one process +S3):\n%s", diff)
	}
}

// wantFound: fields can be searched by.
func (a *alone) wantFound(c *cluster) {
	t := c.t
	t.Helper()
	for _, fields := range []map[string]string{
		{"genesys.recording.id": newRecording(played).id},
		{"user.id": ada().id},
		{"earwitness.verdict": "unattributed"},
		{"earwitness.kind": "request", "aws.s3access.requester": analyst},
	} {
		var terms []any
		for path, want := range fields {
			terms = append(terms, map[string]any{"term": map[string]any{path: want}})
		}
		hits := c.search(c.prefix+"-records", map[string]any{"bool": map[string]any{"filter": terms}})
		want := a.with(fields)
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(hits))); diff != "" || len(want) == 0 {
			t.Errorf("searching by %v finds (-one process +Elasticsearch):\n%s", fields, diff)
		}
	}
	nested := map[string]any{"nested": map[string]any{"path": "earwitness.candidates", "query": map[string]any{
		"term": map[string]any{"earwitness.candidates.id": ben().id},
	}}}
	if hits := c.search(c.prefix+"-accesses", nested); len(hits) == 0 {
		t.Error("nobody is found by a candidate")
	}
}
