package correlate_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// stream makes n pieces over many recordings: listenings of ranges by the
// contact centre, a tenth of them acts.
func stream(n int, recordings int, step time.Duration) []*evidence.Evidence {
	pieces := make([]*evidence.Evidence, 0, n)
	start := worldDay()
	for i := range n {
		recording := fmt.Sprintf("%08x-aaaa-4aaa-8aaa-%012x", i/20%recordings, i/20%recordings)
		at := start.Add(time.Duration(i) * step)
		if i%10 == 0 {
			a := act(fmt.Sprintf("audit-%d", i), "00:00:00", about(recording)).GetAct()
			a.TimeMs = at.UnixMilli()
			pieces = append(pieces, actPiece(a, evidence.Kind_KIND_PLATFORM_QUERY, "a"))
			continue
		}
		r := request(fmt.Sprintf("%016X", i*7919), "00:00:00", on(mediaKey(recording))).GetRequest()
		r.TimeMs = at.UnixMilli()
		r.Status, r.BytesSent, r.ObjectSize = 206, 65536, 1<<20
		r.RequestUri = "GET /" + r.Key + " HTTP/1.1"
		r.UserAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
		e := requestPiece(r, "a")
		e.Raw = fmt.Appendf(nil, "%064x bucket [02/Mar/2026:10:00:00 +0000] %s %s %s REST.GET.OBJECT %s \"%s\" 206 - 65536 1048576 12 11 \"-\" \"%s\" - host TLS", i, r.RemoteIp, r.Requester, r.RequestId, r.Key, r.RequestUri, r.UserAgent)
		pieces = append(pieces, e)
	}
	return pieces
}

func chunksOf(pieces []*evidence.Evidence, size int) []*bus.Chunk[*evidence.Evidence] {
	var chunks []*bus.Chunk[*evidence.Evidence]
	var c *bus.Chunk[*evidence.Evidence]
	for i, e := range pieces {
		if c == nil {
			c = &bus.Chunk[*evidence.Evidence]{}
		}
		value, err := e.MarshalVT()
		if err != nil {
			panic(err)
		}
		c.Messages = append(c.Messages, bus.Message{Offset: int64(i), Time: worldDay(), Value: value})
		c.Values = append(c.Values, e)
		c.Controls = append(c.Controls, nil)
		c.Errs = append(c.Errs, nil)
		if len(c.Messages) == size || i == len(pieces)-1 {
			c.Next = int64(i) + 1
			chunks = append(chunks, c)
			c = nil
		}
	}
	return chunks
}

func benchFold(b *testing.B, pieces []*evidence.Evidence, size int, publish bool) {
	chunks := chunksOf(pieces, size)
	b.ResetTimer()
	published := 0
	for range b.N {
		f, err := correlate.Open(correlate.Config{Rules: smallRules(), Dir: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		for _, c := range chunks {
			if err := f.Apply(c); err != nil {
				b.Fatal(err)
			}
			if !publish {
				continue
			}
			if err := f.Publish(false, func(rec *access.Record) error {
				published++
				_, err := rec.MarshalVT()
				return err
			}); err != nil {
				b.Fatal(err)
			}
		}
		b.StopTimer()
		runtime.KeepAlive(f)
		_ = f.Close()
		b.StartTimer()
	}
	b.ReportMetric(float64(b.N*len(pieces))/b.Elapsed().Seconds(), "evidence/s")
	if publish {
		b.ReportMetric(float64(published)/float64(b.N*len(pieces)), "records/evidence")
	}
}

func BenchmarkFold(b *testing.B) {
	const n = 100_000
	mixed := stream(n, 2000, 500*time.Millisecond)
	b.Run("apply", func(b *testing.B) { benchFold(b, mixed, 1000, false) })
	b.Run("publish", func(b *testing.B) { benchFold(b, mixed, 1000, true) })
	one := stream(n, 1, 500*time.Millisecond)
	b.Run("one-subject", func(b *testing.B) { benchFold(b, one, 1000, true) })
	backwards := make([]*evidence.Evidence, 0, n)
	for i := range one {
		backwards = append(backwards, proto.CloneOf(one[len(one)-1-i]))
	}
	b.Run("one-subject-backwards", func(b *testing.B) { benchFold(b, backwards, 1000, true) })
}
