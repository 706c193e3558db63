package main

import (
	"strings"
	"testing"
	"time"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
	"earwitness/sources/s3log"
)

func TestSummaryOfARun(t *testing.T) {
	t.Parallel()
	records, took, err := readSummary("Read 53,589 records in 2.1s (25,100 a second).\n  s3-logs …")
	if err != nil || records != 53589 || took != 2100*time.Millisecond {
		t.Errorf("%d records, %s, %v", records, took, err)
	}
	if _, _, err := readSummary("nothing to do"); err == nil || !strings.Contains(err.Error(), "nothing to do") {
		t.Errorf("error %v does not quote what it can't read", err)
	}
}

func TestRowsAreChosenByName(t *testing.T) {
	t.Parallel()
	chosen, err := chooseRows([]string{"seal", "scan"})
	if err != nil || len(chosen) != 2 || chosen[0].name != "scan" {
		t.Errorf("%v, %v", chosen, err)
	}
	if _, err := chooseRows([]string{"sacn"}); err == nil || !strings.Contains(err.Error(), "scan, embedded") {
		t.Errorf("error %v does not name the rows", err)
	}
}

// What the rows on the fold and on the delay are made of is read exactly, and
// is about a recording.
func TestSyntheticEvidence(t *testing.T) {
	t.Parallel()
	source := &synthetic{recordings: 3, step: time.Second, decoder: s3log.New(s3log.Config{})}
	chunk, err := source.chunk(2*listening + 2)
	if err != nil {
		t.Fatal(err)
	}
	acts := 0
	for i, e := range chunk.Values {
		if e.GetAct() != nil {
			acts++
		}
		if want := recording(i / listening); e.Grade != evidence.Grade_GRADE_EXACT || e.SubjectKind != evidence.SubjectKind_SUBJECT_KIND_RECORDING || e.SubjectId != want {
			t.Errorf("piece %d: grade %v, subject %v %s", i, e.Grade, e.SubjectKind, e.SubjectId)
		}
	}
	if acts != 3 {
		t.Errorf("%d acts in %d pieces", acts, len(chunk.Values))
	}
}

func TestIndexOfADocument(t *testing.T) {
	t.Parallel()
	may := time.Date(2026, time.May, 31, 23, 59, 59, 0, time.UTC).UnixMilli()
	for _, test := range []struct {
		record *access.Record
		want   string
	}{
		{&access.Record{Kind: access.Kind_KIND_REQUEST, TimeMs: may}, "bare-request-2026.05"},
		{&access.Record{Kind: access.Kind_KIND_ACCESS, TimeMs: may, Act: &evidence.Act{TimeMs: may + 2000}}, "bare-access-2026.06"},
	} {
		if got := indexName("bare", test.record); got != test.want {
			t.Errorf("index %s, want %s", got, test.want)
		}
	}
}

func TestPercentiles(t *testing.T) {
	t.Parallel()
	all := []time.Duration{5, 1, 4, 2, 3}
	if got := percentile(all, 0.5); got != 3 {
		t.Errorf("median %d", got)
	}
	if got := percentile(all, 0.99); got != 5 {
		t.Errorf("highest %d", got)
	}
	if got := percentile(nil, 0.5); got != 0 {
		t.Errorf("of nothing %d", got)
	}
}
