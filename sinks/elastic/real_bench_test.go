//go:build servers

package elastic

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"earwitness/deployments/testbed"
	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
)

// BenchmarkElasticsearch puts the sink beside a loader that does nothing but
// post the same documents, ready made, into indices of the same mapping.
func BenchmarkElasticsearch(b *testing.B) {
	server := startReal(b, testbed.ElasticsearchConfig{})
	// The first load of a young JVM is slow, whoever sends it.
	b.Run("warm up", func(b *testing.B) { benchBare(b, server, "warm") })
	b.Run("bare", func(b *testing.B) { benchBare(b, server, "bare") })
	b.Run("sink", func(b *testing.B) { benchSink(b, server.URL) })
}

func benchBare(b *testing.B, server *realServer, prefix string) {
	chunks, size := benchChunks(b)
	b.SetBytes(size)
	round := 0
	for b.Loop() {
		b.StopTimer()
		round++
		n := names{fmt.Sprintf("%s%d", prefix, round), 1}
		prepareBench(b, []string{server.URL}, n.prefix)
		bodies := bareBodies(n, chunks)
		b.StartTimer()
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for i := w; i < len(bodies); i += 4 {
					if status := server.ask(b, http.MethodPost, "/_bulk?filter_path=errors", string(bodies[i]), nil); status != http.StatusOK {
						b.Errorf("status %d", status)
					}
				}
			})
		}
		wg.Wait()
	}
	b.ReportMetric(float64(benchRecords*round)/b.Elapsed().Seconds(), "docs/s")
}

// bareBodies are of 5 MiB each.
func bareBodies(n names, chunks []*bus.Chunk[*access.Record]) [][]byte {
	bodies := [][]byte{nil}
	e := newEncoder(n)
	for _, c := range chunks {
		e.reset()
		for i := range c.Messages {
			e.take(0, c, i, time.Time{})
		}
		last := len(bodies) - 1
		if len(bodies[last])+len(e.body) > 5<<20 {
			bodies = append(bodies, nil)
			last++
		}
		bodies[last] = append(bodies[last], e.body...)
	}
	return bodies
}
