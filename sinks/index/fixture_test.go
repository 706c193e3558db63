package index

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"testing"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
)

// firstDay of the worlds made here: 2026-11-02, in milliseconds.
const firstDay = int64(20759) * dayMillis

func testConfig(dir string) Config {
	return Config{Path: filepath.Join(dir, "index.sqlite"), Lineage: []byte("lineage-of-tests"), Partitions: 4}
}

func openIndex(tb testing.TB, dir string) *Index {
	tb.Helper()
	x, err := Open(context.Background(), testConfig(dir))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = x.Close() })
	return x
}

func makeID(kind string, n int) []byte {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(kind), uint64(n)))
	return sum[:16]
}

// makeAccess gives access n as it stands at a revision.
func makeAccess(n int, revision uint64) *access.Record {
	at := firstDay + int64(n)*700
	recording := fmt.Sprintf("%08x-0000-4000-8000-000000000000", n/5)
	r := &access.Record{
		Id: makeID("access", n), AccessId: makeID("access", n), Kind: access.Kind_KIND_ACCESS,
		State: access.State_STATE_FINAL, SubjectKind: evidence.SubjectKind_SUBJECT_KIND_RECORDING, SubjectId: recording,
		RecordingId: recording, TimeMs: at, StartMs: at, EndMs: at + 9000, Action: "genesys.read",
		Class: access.Class_CLASS_READ, Verdict: access.Verdict_VERDICT_ATTRIBUTED,
		Confidence: access.Confidence_CONFIDENCE_STRONG, Taken: access.Taken_TAKEN_FULL, Requests: 10,
		Person:         &access.Person{Id: fmt.Sprintf("user-%d", n%50), Name: "Ada Quill", Kind: access.ActorKind_ACTOR_KIND_USER},
		PrincipalClass: access.PrincipalClass_PRINCIPAL_CLASS_SERVICE,
		PrincipalId:    "arn:aws:sts::111122223333:assumed-role/ContactCentreExport",
		SourceIp:       fmt.Sprintf("198.51.100.%d", n%250), Bucket: "acme-voice",
		RelatedIps: []string{fmt.Sprintf("198.51.100.%d", n%250)},
		Act: &evidence.Act{
			AuditId: fmt.Sprintf("audit-%d", n), TimeMs: at, Action: "Read", EntityType: "Recording", EntityId: recording,
		},
		Arrival: &access.Arrival{Revision: revision, FirstMs: at, LastMs: at},
	}
	for i := range 10 {
		r.Evidence = append(r.Evidence, makeRef(n*10+i))
	}
	return r
}

// makeRequest gives request n, one of the ten of access n/10.
func makeRequest(n int, revision uint64) *access.Record {
	at := firstDay + int64(n/10)*700 + int64(n%10)*1000
	recording := fmt.Sprintf("%08x-0000-4000-8000-000000000000", n/50)
	key := "org/year=2026/month=11/day=02/hour=10/conversation_id=" + recording + "/" + recording + ".opus"
	return &access.Record{
		Id: makeID("request", n), AccessId: makeID("access", n/10), Kind: access.Kind_KIND_REQUEST,
		State: access.State_STATE_FINAL, SubjectKind: evidence.SubjectKind_SUBJECT_KIND_RECORDING, SubjectId: recording,
		TimeMs: at, Action: "REST.GET.OBJECT", Class: access.Class_CLASS_READ, Verdict: access.Verdict_VERDICT_ATTRIBUTED,
		Request: &evidence.StorageRequest{
			Identity: makeID("request", n), Bucket: "acme-voice", TimeMs: at, RemoteIp: fmt.Sprintf("198.51.100.%d", n%250),
			Requester: "arn:aws:sts::111122223333:assumed-role/ContactCentreExport/session", RequestId: fmt.Sprintf("%016X", n*7919),
			HostId: fmt.Sprintf("%x", sha256.Sum256(makeID("host", n))), Operation: "REST.GET.OBJECT", Key: key, KeyLogged: key,
			RequestUri: "GET /" + key + " HTTP/1.1", Status: 206, BytesSent: 65536, ObjectSize: 1 << 20, TotalTimeMs: 12,
			UserAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", HostHeader: "acme-voice.s3.eu-west-1.amazonaws.com",
			TlsVersion: "TLSv1.3", CipherSuite: "TLS_AES_128_GCM_SHA256", SignatureVersion: "SigV4", Present: 31, RecordingId: recording,
		},
		Evidence: []*access.EvidenceRef{makeRef(n)},
		Arrival:  &access.Arrival{Revision: revision, FirstMs: at, LastMs: at},
	}
}

func makeRef(n int) *access.EvidenceRef {
	sum := sha256.Sum256(makeID("raw", n))
	return &access.EvidenceRef{
		Id: makeID("piece", n), Kind: evidence.Kind_KIND_ACCESS_LOG,
		Origin: &evidence.Origin{Uri: "file:///logs/2026-11-02-10-00-00-0123456789ABCDEF", Offset: int64(n) * 700, Length: 700, Sha256: sum[:]},
	}
}

// makeChunk puts records at offsets from first on.
func makeChunk(tb testing.TB, first int64, records ...*access.Record) *bus.Chunk[*access.Record] {
	tb.Helper()
	c := &bus.Chunk[*access.Record]{Next: first + int64(len(records))}
	c.End = c.Next
	for i, r := range records {
		data, err := r.MarshalVT()
		if err != nil {
			tb.Fatal(err)
		}
		c.Messages = append(c.Messages, bus.Message{Offset: first + int64(i), Key: []byte(r.SubjectId), Value: data})
		c.Values = append(c.Values, r)
	}
	return c
}

func writeAll(tb testing.TB, x *Index, n int, chunk *bus.Chunk[*access.Record]) {
	tb.Helper()
	if err := x.Write(context.Background(), n, chunk); err != nil {
		tb.Fatal(err)
	}
	if err := x.Flush(context.Background(), n); err != nil {
		tb.Fatal(err)
	}
}

// holdings lists what All gives, as "kind id revision".
func holdings(tb testing.TB, r *Reader) []string {
	tb.Helper()
	var lines []string
	err := r.All(context.Background(), func(rec *access.Record) error {
		lines = append(lines, fmt.Sprintf("%x %d", rec.Id, rec.Arrival.Revision))
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return lines
}
