package main

import (
	"fmt"
	"time"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
	"earwitness/sources/s3log"
)

// synthetic makes evidence that differs in nothing but where it has to:
// listenings of twenty pieces, one of them the act, the rest ranges by the
// contact centre's role.
type synthetic struct {
	// recordings are listened to in turn.
	recordings int
	// step of time from one piece to the next.
	step    time.Duration
	decoder *s3log.Decoder
	made    int
}

const (
	syntheticRole    = "arn:aws:sts::111122223333:assumed-role/ContactCentreExport"
	syntheticOrg     = "c0cb7458-1f58-46a0-ba12-cfa36fc6aa62"
	syntheticAddress = "198.51.100.44"
	listening        = 20
)

func (s *synthetic) start() time.Time { return time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC) }

// line is an access log line of a range.
func syntheticLine(n int, at time.Time, recording string) []byte {
	key := fmt.Sprintf("%s/year=2026/month=3/day=1/hour=22/conversation_id=%s/%s.opus", syntheticOrg, recording, recording)
	return fmt.Appendf(nil, "ced6e325e3fa0c52b676f6974eb9bad60bd51944eba2db14663570eed858c9c7 acme-voice-recordings [%s] %s %s/s%d %016X REST.GET.OBJECT %s \"GET /%s HTTP/1.1\" "+
		"206 - 65536 6147580 87 59 \"-\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\" - "+
		"bKKPo5r/M1uPslrPqgZrPF82hs1Gv9ell5YzbUU2lXz2PD2i3A30G6uB6Xsh9zNzKd7JTESA%012X SigV4 TLS_AES_128_GCM_SHA256 AuthHeader acme-voice-recordings.s3.eu-central-1.amazonaws.com TLSv1.3 - - eu-central-1",
		at.UTC().Format("02/Jan/2006:15:04:05 -0700"), syntheticAddress, syntheticRole, n%7, n, key, key, n)
}

// recording of number n.
func recording(n int) string { return fmt.Sprintf("%08x-aaaa-4aaa-8aaa-%012x", n, n) }

// chunk makes the next n pieces.
func (s *synthetic) chunk(n int) (*bus.Chunk[*evidence.Evidence], error) {
	chunk := &bus.Chunk[*evidence.Evidence]{}
	for range n {
		e := s.piece()
		value, err := e.MarshalVT()
		if err != nil {
			return nil, err
		}
		offset := int64(s.made)
		s.made++
		chunk.Messages = append(chunk.Messages, bus.Message{Offset: offset, Time: s.start(), Key: evidence.SubjectKey(nil, e.SubjectKind, e.SubjectId), Value: value})
		chunk.Values, chunk.Controls, chunk.Errs = append(chunk.Values, e), append(chunk.Controls, nil), append(chunk.Errs, nil)
		chunk.Next, chunk.End = offset+1, offset+1
	}
	return chunk, nil
}

func (s *synthetic) piece() *evidence.Evidence {
	n := s.made
	at := s.start().Add(time.Duration(n) * s.step)
	about := recording(n / listening % s.recordings)
	if n%listening != 0 {
		e, _ := s.decoder.DecodeLine(syntheticLine(n, at, about), &evidence.Origin{Uri: "s3://logs/2026-03-02", Offset: int64(n) * 1200, Length: 900})
		return e
	}
	act := &evidence.Act{
		AuditId: fmt.Sprintf("%08x-bbbb-4bbb-8bbb-%012x", n, n), TimeMs: at.UnixMilli(), UserId: fmt.Sprintf("user-%d", n/listening%500), UserName: "A. Person",
		Level: "USER", Status: "SUCCESS", Service: "Quality", Action: "Read", EntityType: "Recording", EntityId: about,
		RemoteIps: []string{syntheticAddress}, OrganizationId: syntheticOrg, ConversationId: about,
	}
	e := &evidence.Evidence{
		Kind: evidence.Kind_KIND_PLATFORM_QUERY, Raw: fmt.Appendf(nil, `{"id":%q}`, act.AuditId), Grade: evidence.Grade_GRADE_EXACT,
		Fact: &evidence.Evidence_Act{Act: act}, Origin: &evidence.Origin{Uri: "file:///audits", Offset: int64(n), Length: 46},
	}
	sum := [32]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}
	id := evidence.PieceID(e.Kind, sum)
	e.Id, e.Origin.Sha256 = id[:], sum[:]
	evidence.SetActSubject(e)
	return e
}
