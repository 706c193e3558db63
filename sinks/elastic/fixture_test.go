package elastic

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
)

// memory keeps positions and dead letters, as the bus would.
type memory struct {
	mu        sync.Mutex
	positions map[int]int64
	letters   []*evidence.DeadLetter
	// failing is what the next handing over gives.
	failing []error
}

func newMemory() *memory { return &memory{positions: map[int]int64{}} }

func (m *memory) Load(_ context.Context, partition int) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at, ok := m.positions[partition]; ok {
		return at, nil
	}
	return -1, nil
}

func (m *memory) Store(_ context.Context, partition int, offset int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.positions[partition] = offset
	return nil
}

func (m *memory) bury(_ context.Context, letters []*evidence.DeadLetter) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.failing) > 0 {
		err := m.failing[0]
		m.failing = m.failing[1:]
		return err
	}
	m.letters = append(m.letters, letters...)
	return nil
}

// causes of the dead letters, with the offsets they came from.
func (m *memory) causes() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var lines []string
	for _, l := range m.letters {
		lines = append(lines, fmt.Sprintf("%s %s@%d", l.Cause, l.Origin.Uri, l.Origin.Offset))
	}
	slices.Sort(lines)
	return lines
}

// soon is a pause that is over at once, but not for ever.
func soon(ctx context.Context, d time.Duration) error { return pause(ctx, min(d, time.Millisecond)) }

func testConfig(url string, m *memory) Config {
	return Config{
		URLs: []string{url}, Positions: m, DeadLetters: m.bury, Pause: soon,
		BulkWait: 5 * time.Millisecond, StoreEvery: 5 * time.Millisecond, Requests: 2,
	}
}

func openSink(tb testing.TB, cfg Config) *Sink {
	tb.Helper()
	s, err := Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// within bounds what a test waits for.
func within(tb testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	tb.Cleanup(cancel)
	return ctx
}

func makeID(kind string, n int) []byte {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(kind), uint64(n)))
	return sum[:idBytes]
}

// firstMoment of the worlds made here.
var firstMoment = time.Date(2026, 10, 28, 9, 0, 0, 0, time.UTC).UnixMilli()

// makeRecord gives record n as it stands at a revision: every third is an
// access, and they lie a quarter of an hour apart.
func makeRecord(n int, revision uint64) *access.Record {
	at := firstMoment + int64(n)*15*60*1000
	recording := fmt.Sprintf("%08x-0000-4000-8000-000000000000", n/30)
	key := "org/year=2026/month=11/conversation_id=" + recording + "/" + recording + ".opus"
	r := &access.Record{
		Id: makeID("record", n), AccessId: makeID("record", n/3*3), Kind: access.Kind_KIND_REQUEST, State: access.State_STATE_FINAL,
		SubjectKind: evidence.SubjectKind_SUBJECT_KIND_RECORDING, SubjectId: recording, RecordingId: recording, TimeMs: at,
		Action: "REST.GET.OBJECT", Class: access.Class_CLASS_READ, Verdict: access.Verdict_VERDICT_ATTRIBUTED,
		Confidence: access.Confidence_CONFIDENCE_STRONG, Model: access.Model_MODEL_EXPORT,
		PrincipalClass: access.PrincipalClass_PRINCIPAL_CLASS_SERVICE, PrincipalId: "arn:aws:sts::111122223333:assumed-role/ContactCentreExport",
		Person:   &access.Person{Id: fmt.Sprintf("user-%d", n%50), Name: "Ada Quill", Kind: access.ActorKind_ACTOR_KIND_USER},
		Evidence: []*access.EvidenceRef{{Id: makeID("piece", n), Kind: evidence.Kind_KIND_ACCESS_LOG, Origin: &evidence.Origin{Uri: "s3://logs/2026-11-26-10-00-00-01", Offset: int64(n) * 712, Length: 712, Sha256: slices.Concat(makeID("a", n), makeID("b", n))}}},
		Arrival:  &access.Arrival{Revision: revision, FirstMs: at + 3600_000, LastMs: at + 7200_000, LateByMs: 3600_000},
	}
	if n%3 == 0 {
		r.Kind, r.StartMs, r.EndMs, r.Taken, r.Requests, r.EvidenceCount = access.Kind_KIND_ACCESS, at, at+9000, access.Taken_TAKEN_FULL, 10, 11
		r.Act = &evidence.Act{AuditId: fmt.Sprintf("audit-%d", n), TimeMs: at, Action: "Playback", EntityType: "Recording", EntityId: recording}
		return r
	}
	r.Request = &evidence.StorageRequest{
		Identity: r.Id, Bucket: "acme-voice", TimeMs: at, RemoteIp: fmt.Sprintf("198.51.100.%d", n%250),
		Requester: "arn:aws:sts::111122223333:assumed-role/ContactCentreExport/session", RequestId: fmt.Sprintf("%016X", n*7919),
		HostId: fmt.Sprintf("%x", sha256.Sum256(r.Id)), Operation: "REST.GET.OBJECT", Key: key, KeyLogged: key,
		RequestUri: "GET /" + key + " HTTP/1.1", Status: 206, BytesSent: 65536, ObjectSize: 1 << 20, TotalTimeMs: 12,
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", HostHeader: "acme-voice.s3.eu-west-1.amazonaws.com",
		TlsVersion: "TLSv1.3", CipherSuite: "TLS_AES_128_GCM_SHA256", SignatureVersion: "SigV4", Present: 31, RecordingId: recording,
	}
	return r
}

// makeChunk puts records at the offsets from first on.
func makeChunk(tb testing.TB, first int64, records ...*access.Record) *bus.Chunk[*access.Record] {
	tb.Helper()
	c := &bus.Chunk[*access.Record]{Values: records, Next: first + int64(len(records)), End: first + int64(len(records))}
	for i, r := range records {
		m := bus.Message{Offset: first + int64(i)}
		if r != nil {
			data, err := r.MarshalVT()
			if err != nil {
				tb.Fatal(err)
			}
			m.Key, m.Value = []byte(r.SubjectId), data
		}
		c.Messages = append(c.Messages, m)
	}
	c.Controls, c.Errs = make([]*bus.Control, len(records)), make([]error, len(records))
	return c
}

// makeRecords gives count records at their first revision.
func makeRecords(count int) []*access.Record {
	records := make([]*access.Record, count)
	for n := range records {
		records[n] = makeRecord(n, uint64(n)+1)
	}
	return records
}

// wantHeld lists what Elasticsearch must hold of records: the highest
// revision of each.
func wantHeld(records ...*access.Record) []string {
	newest := map[string]*access.Record{}
	for _, r := range records {
		if old := newest[string(r.Id)]; old == nil || old.Arrival.Revision < r.Arrival.Revision {
			newest[string(r.Id)] = r
		}
	}
	lines := make([]string, 0, len(newest))
	for _, r := range newest {
		at := time.UnixMilli(r.TimeMs).UTC()
		lines = append(lines, fmt.Sprintf("earwitness-%s-%s %x %d %s", r.Kind.Name(), at.Format("2006.01"), r.Id, r.Arrival.Revision, access.AppendJSON(nil, r)))
	}
	slices.Sort(lines)
	return lines
}

// hasAll says which of the words are not in text.
func hasAll(tb testing.TB, text string, words ...string) {
	tb.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			tb.Errorf("%q does not say %q", text, w)
		}
	}
}
