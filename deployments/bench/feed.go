package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"earwitness/sinks/index"
)

// How often both sides are asked what is there. Elasticsearch would be kept
// from its work by more.
const (
	askIndexEvery   = 20 * time.Millisecond
	askElasticEvery = 100 * time.Millisecond
)

type feedArg struct {
	Log, Index, URL, Prefix string
}

// delays of lines from readable to searchable.
type delays struct{ P50, P99 time.Duration }

type feedResult struct {
	Lines          int64
	Elastic, Index delays
	// Late is how much later than planned lines were written, at most.
	Late time.Duration
}

// seeker asks one side how many lines of a recording it shows.
type seeker interface {
	count(ctx context.Context, recordings []string) (map[string]int, error)
}

// feedAndSearch writes lines to a growing file, each batch about a recording of
// its own, and watches two places for them.
func feedAndSearch(ctx context.Context, arg feedArg) (r feedResult, err error) {
	log, err := os.OpenFile(arg.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	reader, err := openSoon(ctx, arg.Index)
	if err != nil {
		return r, err
	}
	defer reader.Close() //nolint:errcheck // it was only read
	client := &http.Client{Timeout: 5 * time.Minute}
	defer client.CloseIdleConnections()
	w := &written{}
	var seen [2][]time.Duration
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		r.Late, err = feed(ctx, log, w)
		return err
	})
	for i, side := range []struct {
		seeker seeker
		every  time.Duration
	}{
		{indexSeeker{reader}, askIndexEvery},
		{elasticSeeker{client, arg}, askElasticEvery},
	} {
		group.Go(func() (err error) {
			seen[i], err = watchFor(ctx, w, side.seeker, side.every)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return r, err
	}
	r.Lines = int64(len(seen[0]))
	r.Index = delays{percentile(seen[0], 0.5), percentile(seen[0], 0.99)}
	r.Elastic = delays{percentile(seen[1], 0.5), percentile(seen[1], 0.99)}
	return r, nil
}

// openSoon waits until earwitness has made the index.
func openSoon(ctx context.Context, path string) (*index.Reader, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		reader, err := index.OpenReader(ctx, path)
		if err == nil {
			return reader, nil
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-again.C:
		}
	}
}

// batch of lines about one recording.
type batch struct {
	recording string
	at        time.Time
	reckoned  bool
}

// written is what was written so far.
type written struct {
	mu      sync.Mutex
	batches []batch
	ended   bool
}

func (w *written) from(n int) ([]batch, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.batches[n:], w.ended
}

// feed writes until its time is over, and says how late it was.
func feed(ctx context.Context, log *os.File, w *written) (late time.Duration, err error) {
	tick := time.NewTicker(feedEvery)
	defer tick.Stop()
	begin := time.Now()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return late, ctx.Err()
		case <-tick.C:
		}
		now := time.Now()
		planned := begin.Add(time.Duration(n+1) * feedEvery)
		late = max(late, now.Sub(planned))
		about := recording(n)
		var lines []byte
		for i := range feedLines {
			lines = append(append(lines, syntheticLine(n*feedLines+i, now, about)...), '\n')
		}
		if _, err := log.Write(lines); err != nil {
			return late, fmt.Errorf("write log: %w", err)
		}
		over := now.Sub(begin) >= feedWarm+feedFor
		w.mu.Lock()
		w.batches = append(w.batches, batch{about, time.Now(), now.Sub(begin) >= feedWarm})
		w.ended = over
		w.mu.Unlock()
		if over {
			return late, nil
		}
	}
}

// askAbout is how many batches are asked for at a time, the oldest first: who
// is far behind is not to be kept busy by questions.
const askAbout = 30

// watchFor asks for what was written and is not shown yet, until all is, and
// gives the delay of each line.
func watchFor(ctx context.Context, w *written, s seeker, every time.Duration) (all []time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, feedWarm+feedFor+5*time.Minute)
	defer cancel()
	tick := time.NewTicker(every)
	defer tick.Stop()
	var waiting []batch
	shown, known := map[string]int{}, 0
	for {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for %d batches: %w", len(waiting), ctx.Err())
		case <-tick.C:
		}
		fresh, ended := w.from(known)
		known += len(fresh)
		if waiting = append(waiting, fresh...); len(waiting) == 0 {
			if ended {
				return all, nil
			}
			continue
		}
		oldest := waiting[:min(len(waiting), askAbout)]
		var names []string
		for _, b := range oldest {
			names = append(names, b.recording)
		}
		counts, err := s.count(ctx, names)
		if err != nil {
			return nil, err
		}
		now := time.Now()
		for _, b := range oldest {
			for ; shown[b.recording] < counts[b.recording]; shown[b.recording]++ {
				if b.reckoned {
					all = append(all, now.Sub(b.at))
				}
			}
		}
		waiting = slices.DeleteFunc(waiting, func(b batch) bool { return shown[b.recording] >= feedLines })
	}
}

type indexSeeker struct{ reader *index.Reader }

func (s indexSeeker) count(ctx context.Context, recordings []string) (map[string]int, error) {
	counts := map[string]int{}
	for _, name := range recordings {
		for r, err := range s.reader.Query(ctx, index.Query{RecordingID: name, Requests: true}) {
			if err != nil {
				return nil, err
			}
			if r.Request != nil {
				counts[name]++
			}
		}
	}
	return counts, nil
}

// recordingField holds the recording's id in documents.
const recordingField = "genesys.recording.id"

type elasticSeeker struct {
	client *http.Client
	arg    feedArg
}

// count asks the alias of requests, as an analyst would.
func (s elasticSeeker) count(ctx context.Context, recordings []string) (map[string]int, error) {
	body, err := json.Marshal(map[string]any{
		"size": 0, "query": map[string]any{"terms": map[string]any{recordingField: recordings}},
		"aggs": map[string]any{"by": map[string]any{"terms": map[string]any{"field": recordingField, "size": len(recordings)}}},
	})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.arg.URL+"/"+s.arg.Prefix+"-requests/_search", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	if response.StatusCode == http.StatusNotFound || response.StatusCode == http.StatusServiceUnavailable {
		return nil, nil // the indices are not there yet, or just being made
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask Elasticsearch: status %d", response.StatusCode)
	}
	var answer struct {
		Aggregations struct {
			By struct {
				Buckets []struct {
					Key   string `json:"key"`
					Count int    `json:"doc_count"`
				} `json:"buckets"`
			} `json:"by"`
		} `json:"aggregations"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("ask Elasticsearch: %w", err)
	}
	counts := map[string]int{}
	for _, bucket := range answer.Aggregations.By.Buckets {
		counts[bucket.Key] = bucket.Count
	}
	return counts, nil
}
