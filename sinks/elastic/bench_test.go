package elastic

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
)

const benchRecords = 20_000

// quick answers bulks without looking at the documents: what is measured is
// the sink.
func quick(f *fake) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/_bulk" {
			f.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		items := bytes.Repeat([]byte(`{"index":{"status":201}},`), bytes.Count(body, []byte("\n"))/2)
		_, _ = fmt.Fprintf(w, `{"errors":false,"items":[%s]}`, items[:len(items)-1]) // the client counts
	}
}

func benchChunks(b *testing.B) (chunks []*bus.Chunk[*access.Record], size int64) {
	b.Helper()
	const at = 500
	records := make([]*access.Record, benchRecords)
	for n := range records {
		records[n] = makeRecord(n, 1)
		records[n].TimeMs = firstMoment + int64(n)
		if records[n].Act != nil {
			records[n].Act.TimeMs = records[n].TimeMs
		}
		size += int64(len(access.AppendJSON(nil, records[n])))
	}
	for n := 0; n < benchRecords; n += at {
		chunks = append(chunks, makeChunk(b, int64(n), records[n:n+at]...))
	}
	return chunks, size
}

func benchSink(b *testing.B, url string) {
	chunks, size := benchChunks(b)
	b.SetBytes(size)
	round := 0
	for b.Loop() {
		b.StopTimer()
		round++
		cfg := testConfig(url, newMemory())
		cfg.Prefix, cfg.Pause, cfg.Requests, cfg.BulkWait, cfg.StoreEvery = fmt.Sprintf("sink%d", round), pause, 4, 250*time.Millisecond, time.Second
		prepareBench(b, cfg.URLs, cfg.Prefix)
		s := openSink(b, cfg)
		b.StartTimer()
		// Two partitions, as two followers write.
		var wg sync.WaitGroup
		for p := range 2 {
			wg.Go(func() {
				for i := p; i < len(chunks); i += 2 {
					if err := s.Write(b.Context(), p, chunks[i]); err != nil {
						b.Error(err)
					}
				}
				if err := s.Flush(b.Context(), p); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
		if got := s.Stats(); got.Stored != benchRecords {
			b.Fatalf("%+v", got)
		}
	}
	b.ReportMetric(float64(benchRecords*round)/b.Elapsed().Seconds(), "docs/s")
}

func BenchmarkSink(b *testing.B) {
	f := newFake(b)
	server := httptest.NewServer(quick(f))
	b.Cleanup(server.Close)
	benchSink(b, server.URL)
}

// prepareBench makes the indices, which is not what is measured.
func prepareBench(b *testing.B, urls []string, prefix string) {
	b.Helper()
	cfg := Config{URLs: urls, Prefix: prefix, Now: func() time.Time { return time.UnixMilli(firstMoment) }}
	if _, err := Setup(b.Context(), cfg); err != nil {
		b.Fatal(err)
	}
}
