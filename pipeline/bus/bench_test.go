package bus_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"earwitness/pipeline/bus"
)

// lines makes n records like evidence of an access log, about 1 KB each: a
// half that repeats from line to line, and a half that does not.
func lines(n int) []bus.Record {
	random := rand.New(rand.NewPCG(1, 2))
	list := make([]bus.Record, n)
	for i := range list {
		id := fmt.Sprintf("%016x%016x", random.Uint64(), random.Uint64())
		value := fmt.Appendf(nil, "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be recordings-bucket [06/Feb/2026:00:00:%02d +0000] 192.0.2.%d arn:aws:sts::123456789012:assumed-role/genesys-export/session %s REST.GET.OBJECT recordings/2026/02/06/%s.opus \"GET /recordings/2026/02/06/%s.opus?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260206T000000Z HTTP/1.1\" 200 - %d %d %d %d \"-\" \"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36\" - %s SigV4 ECDHE-RSA-AES128-GCM-SHA256 QueryString recordings-bucket.s3.eu-central-1.amazonaws.com TLSv1.2 - -",
			i%60, i%250, id[:16], id, id, random.IntN(1<<20), random.IntN(1<<20), random.IntN(500), random.IntN(200), id+id)
		for range 4 {
			value = fmt.Appendf(value, "%016x", random.Uint64())
		}
		list[i] = bus.Record{Partition: i % partitions, Key: []byte(id), Value: value}
	}
	return list
}

// BenchmarkProduce is the way of a record from Produce to its acknowledgement
// on disk, in calls of 500 as a source makes them. One operation is a record.
func BenchmarkProduce(b *testing.B) {
	for _, kind := range []struct {
		name string
		cfg  bus.ProducerConfig
	}{
		{"snappy", bus.ProducerConfig{}},
		{"uncompressed", bus.ProducerConfig{Uncompressed: true}},
		{"snappy-4MiB", bus.ProducerConfig{BatchBytes: 4 << 20}},
	} {
		b.Run(kind.name, func(b *testing.B) {
			client := open(b)
			p := producer(b, client, kind.cfg)
			list := lines(500)
			bytes := 0
			for i := range list {
				bytes += len(list[i].Key) + len(list[i].Value)
			}
			b.SetBytes(int64(bytes / len(list)))
			b.ReportAllocs()
			b.ResetTimer()
			produce(b, p, list, b.N)
		})
	}
}

// produce writes n records and waits until they are durable.
func produce(b *testing.B, p *bus.Producer, list []bus.Record, n int) {
	b.Helper()
	var wait sync.WaitGroup
	for ; n > 0; n -= len(list) {
		wait.Add(1)
		err := p.Produce(b.Context(), list[:min(n, len(list))], func(err error) {
			if err != nil {
				b.Error(err)
			}
			wait.Done()
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	wait.Wait()
}

// BenchmarkRead is the way of a record from the broker to a reader, without
// the decoding of its value. One operation is a record.
func BenchmarkRead(b *testing.B) {
	for _, kind := range []struct {
		name string
		cfg  bus.ProducerConfig
	}{
		{"snappy", bus.ProducerConfig{}},
		{"uncompressed", bus.ProducerConfig{Uncompressed: true}},
	} {
		b.Run(kind.name, func(b *testing.B) {
			client := open(b)
			p := producer(b, client, kind.cfg)
			produce(b, p, lines(500), 60_000)
			b.ReportAllocs()
			b.ResetTimer()
			for got := 0; got < b.N; {
				reader := bus.NewPartition(client, bus.TopicEvidence, 0, raw, bus.PartitionConfig{})
				for offset := int64(0); offset < 20_000 && got < b.N; {
					chunk, err := reader.Next(b.Context(), offset)
					if err != nil {
						b.Fatal(err)
					}
					got += len(chunk.Messages)
					offset = chunk.Next
				}
			}
		})
	}
}

func raw(m *bus.Message) ([]byte, error) { return m.Value, nil }
