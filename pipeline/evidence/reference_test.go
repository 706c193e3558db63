package evidence

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
)

func TestReadReference(t *testing.T) {
	for name, e := range map[string]*Evidence{
		"nothing": {},
		"request": {
			Id: []byte("0123456789abcdef"), SubjectKind: SubjectKind_SUBJECT_KIND_OBJECT, SubjectId: "b/k", Kind: Kind_KIND_ACCESS_LOG,
			Grade: Grade_GRADE_RECOVERED, Origin: &Origin{Uri: "s3://b/k", Offset: 1 << 40, Length: 7, Sha256: []byte{1}},
			Raw: []byte("line"), Fact: &Evidence_Request{Request: &StorageRequest{Bucket: "b", Key: "k", Extra: []string{"x", ""}}},
		},
		"act": {
			Id: []byte{1}, Kind: Kind_KIND_FILE, Origin: &Origin{Length: 1},
			Fact: &Evidence_Act{Act: &Act{AuditId: "a", UserId: "u"}},
		},
		"no origin": {Id: []byte{2}, Kind: Kind_KIND_EVENT, Why: "why"},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := e.MarshalVT()
			if err != nil {
				t.Fatal(err)
			}
			got, err := ReadReference(b)
			if err != nil {
				t.Fatal(err)
			}
			want := Reference{ID: e.Id, Kind: e.Kind, Origin: e.Origin}
			if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
			for n := range b {
				if _, err := ReadReference(b[:n]); err == nil {
					// What is cut between two fields is marshalled evidence too.
					if err := new(Evidence).UnmarshalVT(b[:n]); err != nil {
						t.Errorf("no error for %d of %d bytes, the decoder says %v", n, len(b), err)
					}
				}
			}
		})
	}
}
