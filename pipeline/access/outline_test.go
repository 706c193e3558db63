package access

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"earwitness/pipeline/evidence"
)

// filled is a record of a kind with something in nearly every field.
func filled(kind Kind) *Record {
	return &Record{
		Id: []byte("0123456789abcdef"), Kind: kind, State: State_STATE_FINAL,
		SubjectKind: evidence.SubjectKind_SUBJECT_KIND_RECORDING, SubjectId: "s", TimeMs: -7, Action: "REST.GET.OBJECT",
		AccessId: []byte("fedcba9876543210"), Person: &Person{Id: "p"}, Candidates: []*Candidate{{Id: "c"}},
		Request: &evidence.StorageRequest{Bucket: "b"}, MovedFromMs: []int64{1, -2, 1 << 50}, Act: &evidence.Act{AuditId: "a"},
		EvidenceRoot: []byte{1}, RelatedIps: []string{"1.2.3.4"}, Evidence: []*EvidenceRef{{Id: []byte{2}}},
		Arrival: &Arrival{Revision: 1<<40 + 3, FirstMs: 1, LastMs: 2, LateByMs: -3, Late: true},
	}
}

func TestUnmarshalOutline(t *testing.T) {
	request := filled(Kind_KIND_REQUEST)
	for name, c := range map[string]struct{ record, want *Record }{
		"request": {request, outlineOf(request)},
		"access":  {filled(Kind_KIND_ACCESS), filled(Kind_KIND_ACCESS)},
		"unknown": {filled(9), filled(9)},
		"nothing": {&Record{}, &Record{}},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := c.record.MarshalVT()
			if err != nil {
				t.Fatal(err)
			}
			got, err := UnmarshalOutline(b)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Where both can be read they say the same. What is broken in a field that
// the outline passes over is for who reads it, and numbers of more than 64
// bits, which nobody writes, are refused by the outline alone.
func FuzzUnmarshalOutline(f *testing.F) {
	for _, kind := range []Kind{Kind_KIND_REQUEST, Kind_KIND_ACCESS, 9} {
		b, err := filled(kind).MarshalVT()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		whole := &Record{}
		wrong := whole.UnmarshalVT(b)
		got, err := UnmarshalOutline(b)
		if wrong != nil || err != nil {
			return
		}
		if diff := cmp.Diff(outlineOf(whole), outlineOf(got), protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	})
}

// outlineOf leaves out what is not known, which cannot always be compared.
func outlineOf(r *Record) *Record {
	outline := &Record{
		Id: r.Id, Kind: r.Kind, State: r.State, TimeMs: r.TimeMs, AccessId: r.AccessId, MovedFromMs: r.MovedFromMs,
	}
	if a := r.Arrival; a != nil {
		outline.Arrival = &Arrival{Revision: a.Revision, FirstMs: a.FirstMs, LastMs: a.LastMs, LateByMs: a.LateByMs, Late: a.Late}
	}
	return outline
}
