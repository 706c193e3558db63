package index

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
)

// benchChunks gives records in the mixture of a real topic: each access after
// its ten requests, in chunks of about 1000.
func benchChunks(b *testing.B, requests int) []*bus.Chunk[*access.Record] {
	var chunks []*bus.Chunk[*access.Record]
	var records []*access.Record
	offset := int64(0)
	for n := range requests {
		records = append(records, makeRequest(n, uint64(offset)+uint64(len(records))+1))
		if n%10 == 9 {
			records = append(records, makeAccess(n/10, uint64(offset)+uint64(len(records))+1))
		}
		if len(records) >= 1000 || n == requests-1 {
			chunks = append(chunks, makeChunk(b, offset, records...))
			offset += int64(len(records))
			records = nil
		}
	}
	return chunks
}

func BenchmarkWrite(b *testing.B) {
	for _, requests := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprintf("requests=%d", requests), func(b *testing.B) {
			if testing.Short() && requests > 100_000 {
				requests = 100_000
			}
			chunks := benchChunks(b, requests)
			runtime.GC()
			b.ResetTimer()
			for range b.N {
				b.StopTimer()
				x := openIndex(b, b.TempDir())
				b.StartTimer()
				for _, c := range chunks {
					if err := x.Write(context.Background(), 0, c); err != nil {
						b.Fatal(err)
					}
				}
				if err := x.Flush(context.Background(), 0); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if err := x.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			records := float64(requests) * 1.1 * float64(b.N)
			b.ReportMetric(records/b.Elapsed().Seconds(), "records/s")
		})
	}
}

func BenchmarkRead(b *testing.B) {
	const requests = 100_000
	x := openIndex(b, b.TempDir())
	for _, c := range benchChunks(b, requests) {
		if err := x.Write(context.Background(), 0, c); err != nil {
			b.Fatal(err)
		}
	}
	if err := x.Flush(context.Background(), 0); err != nil {
		b.Fatal(err)
	}
	b.Run("all", func(b *testing.B) {
		n := 0
		for range b.N {
			if err := x.All(context.Background(), func(*access.Record) error { n++; return nil }); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "records/s")
	})
	b.Run("access", func(b *testing.B) {
		for i := range b.N {
			if _, _, err := x.Access(context.Background(), makeID("access", i%(requests/10))); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("recording", func(b *testing.B) {
		for i := range b.N {
			q := Query{RecordingID: makeAccess(i%(requests/10), 1).RecordingId}
			for _, err := range x.Query(context.Background(), q) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("summary", func(b *testing.B) {
		for range b.N {
			if _, err := x.Summary(context.Background(), 3); err != nil {
				b.Fatal(err)
			}
		}
	})
}
