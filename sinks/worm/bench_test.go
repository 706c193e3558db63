package worm

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"earwitness/pipeline/bus"
)

// logLines makes chunks that compress as evidence of access logs does: much
// text that repeats, ids and hashes that do not.
func logLines(chunks, messages int) ([]*bus.Chunk[string], int64) {
	random := rand.New(rand.NewPCG(1, 2))
	var list []*bus.Chunk[string]
	bytes, offset := int64(0), int64(0)
	for range chunks {
		chunk := &bus.Chunk[string]{}
		for range messages {
			subject := fmt.Sprintf("recording/%08x-0000-4000-8000-%012x", random.Uint32(), random.Uint64N(1<<40))
			value := fmt.Appendf(nil, "%032x owner recordings-bucket [24/Nov/2026:08:%02d:%02d +0000] 10.0.%d.%d "+
				"arn:aws:sts::123456789012:assumed-role/player/session-%d %016X REST.GET.OBJECT org/year=2026/month=11/day=24/%s.opus "+
				"\"GET /recordings-bucket/%s.opus HTTP/1.1\" 206 - %d 1048576 %d %d \"-\" \"aws-sdk-java/2.25.1\" - "+
				"%064x SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader recordings-bucket.s3.eu-central-1.amazonaws.com TLSv1.2 - -",
				random.Uint64(), random.IntN(60), random.IntN(60), random.IntN(8), random.IntN(255), random.IntN(500),
				random.Uint64(), subject, subject, random.IntN(1<<20), random.IntN(90), random.IntN(40), random.Uint64())
			chunk.Messages = append(chunk.Messages, bus.Message{
				Offset: offset, Time: time.UnixMilli(1_700_000_000_000 + offset), Key: []byte(subject), Value: value,
			})
			bytes += int64(len(subject) + len(value))
			offset++
		}
		chunk.Values, chunk.Controls, chunk.Errs = make([]string, messages), make([]*bus.Control, messages), make([]error, messages)
		list = append(list, chunk)
	}
	return list, bytes
}

// discard is a store that takes everything and keeps the sizes.
type discard struct {
	*memory
	stored int64
}

func (d *discard) Put(_ context.Context, _ string, data []byte) error {
	d.stored += int64(len(data))
	return nil
}

// BenchmarkSeal is one core from messages to sealed objects: entries, leaf
// hashes, tree, compression, signature.
func BenchmarkSeal(b *testing.B) {
	chunks, bytes := logLines(100, 1000)
	for name, compression := range map[string]Compression{"zstd": Zstandard, "none": Uncompressed} {
		b.Run(name, func(b *testing.B) {
			store := &discard{memory: newMemory()}
			b.SetBytes(bytes)
			b.ReportAllocs()
			for b.Loop() {
				store.stored = 0
				config := testConfig(b, store, testKey(b))
				config.Compression = compression
				archive := newTestArchive(b, config)
				for _, chunk := range chunks {
					if err := archive.Write(b.Context(), 0, chunk); err != nil {
						b.Fatal(err)
					}
				}
				flush(b, archive)
			}
			b.ReportMetric(float64(bytes)/float64(store.stored), "ratio")
			b.ReportMetric(float64(b.N*100_000)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

// BenchmarkVerify checks what BenchmarkSeal stores.
func BenchmarkVerify(b *testing.B) {
	chunks, bytes := logLines(100, 1000)
	store, key := newMemory(), testKey(b)
	archive := newTestArchive(b, testConfig(b, store, key))
	for _, chunk := range chunks {
		if err := archive.Write(b.Context(), 0, chunk); err != nil {
			b.Fatal(err)
		}
	}
	flush(b, archive)
	b.SetBytes(bytes)
	for b.Loop() {
		verifyHolds(b, store, key)
	}
}

// BenchmarkSHA256 is the floor below all of this.
func BenchmarkSHA256(b *testing.B) {
	data := make([]byte, 1<<20)
	b.SetBytes(int64(len(data)))
	h := sha256.New()
	for b.Loop() {
		if _, err := h.Write(data); err != nil {
			b.Fatal(err)
		}
	}
	_, _ = io.Discard.Write(h.Sum(nil))
}
