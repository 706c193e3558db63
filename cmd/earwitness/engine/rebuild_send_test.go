package engine

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"testing"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/letters"
	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
	"earwitness/sources/s3log"
)

const readable = `acct bucket [06/Feb/2026:00:00:38 +0000] 192.0.2.3 arn:aws:iam::111122223333:user/ada 3E57427F3EXAMPLE ` +
	`REST.GET.OBJECT recordings/2026/02/06/0b6f3f44-98f0-4a7e-8d70-15c3cf34f1b7.mp3 "GET /bucket/k HTTP/1.1" 200 - 113 113 7 6 "-" "S3Console/0.4" - ` +
	`s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader bucket.s3.eu-central-1.amazonaws.com TLSv1.2 - -`

// TestReread: a line that a former decoder could not read is read, and one
// that this decoder can't read stays as it was.
func TestReread(t *testing.T) {
	piece := func(raw string, grade evidence.Grade) *evidence.Evidence {
		sum := sha256.Sum256([]byte(raw))
		id := evidence.PieceID(evidence.Kind_KIND_ACCESS_LOG, sum)
		return &evidence.Evidence{
			Id: id[:], Kind: evidence.Kind_KIND_ACCESS_LOG, Grade: grade, Raw: []byte(raw), SubjectId: "as it was",
			Origin: &evidence.Origin{Uri: "file:///logs/a", Offset: 7, Length: int64(len(raw)), Sha256: sum[:]},
		}
	}
	kept, err := letters.NewDecoders(&config.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		raw     string
		grade   evidence.Grade
		subject string
		reread  bool
	}{
		{"could be read, can be", readable, evidence.Grade_GRADE_EXACT, "0b6f3f44-98f0-4a7e-8d70-15c3cf34f1b7", false},
		{"could not be read, can be", readable, evidence.Grade_GRADE_RAW, "0b6f3f44-98f0-4a7e-8d70-15c3cf34f1b7", true},
		{"could be read, can't be", "what is this", evidence.Grade_GRADE_EXACT, "as it was", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &resending{kept: kept, lines: s3log.New(s3log.Config{})}
			before := piece(test.raw, test.grade)
			now, reread := s.reread(before)
			if now.SubjectId != test.subject || reread != test.reread {
				t.Errorf("it is about %q, reread %v; want %q, %v", now.SubjectId, reread, test.subject, test.reread)
			}
			if string(now.Id) != string(before.Id) || now.Origin.Offset != 7 {
				t.Errorf("it is another piece: %x at %v", now.Id, now.Origin)
			}
		})
	}
}

// TestRebuildLeaves: a record whose evidence the archive does not have is not
// taken for void.
func TestRebuildLeaves(t *testing.T) {
	c, err := config.Load(config.Flags{Data: t.TempDir(), Audits: []string{t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	e, err := Open(t.Context(), c, log, Options{Once: true})
	if err != nil {
		t.Fatal(err)
	}
	id, missing := evidence.ActID("lost"), evidence.PieceID(evidence.Kind_KIND_FILE, sha256.Sum256([]byte("lost")))
	rec := &access.Record{
		Id: id[:], AccessId: id[:], Kind: access.Kind_KIND_ACCESS, State: access.State_STATE_FINAL, TimeMs: 1795687200000,
		SubjectKind: evidence.SubjectKind_SUBJECT_KIND_AUDIT, SubjectId: "lost", Evidence: []*access.EvidenceRef{{Id: missing[:]}},
		Arrival: &access.Arrival{Revision: access.Revision(1, 5)},
	}
	err = e.serve(t.Context(), func(ctx context.Context, consumers *consumers) error {
		value, err := rec.MarshalVT()
		if err != nil {
			return err
		}
		out := newBatches(e.access, c.Bus.Partitions)
		if err := out.add(ctx, evidence.SubjectKey(nil, rec.SubjectKind, rec.SubjectId), value); err != nil {
			return err
		}
		if err := out.finish(ctx); err != nil {
			return err
		}
		return e.passBarrier(ctx, consumers)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := OpenRebuild(t.Context(), c, log, nil)
	if err != nil {
		t.Fatal(err)
	}
	done, err := r.Run(t.Context())
	if err != nil || done.Left != 1 || done.Retracted != 0 {
		t.Errorf("the rebuild did %+v, %v", done, err)
	}
	found, _, err := r.engine.index.Access(t.Context(), rec.Id)
	if err != nil || found.GetArrival().GetRevision() != rec.Arrival.Revision {
		t.Errorf("the record is now %v, %v", found, err)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}
