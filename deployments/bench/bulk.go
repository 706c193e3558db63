package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"earwitness/pipeline/access"
	"earwitness/sinks/elastic"
	"earwitness/sinks/index"
)

// The bare loader sends what the sink does: as many requests at a time, as
// large.
const (
	bulkRequests = 4
	bulkBytes    = 5 << 20
)

// bulkArg of the bare loader.
type bulkArg struct {
	// Index is the embedded index whose records are loaded.
	Index string
	// URL of Elasticsearch, and the prefix of the indices.
	URL, Prefix string
}

type bulkResult struct {
	Documents int64
	Took      time.Duration
}

// indexOf is the file of the embedded index.
func (b *bench) indexOf(r embeddedRun) string { return filepath.Join(r.data, "index", "trail.db") }

// bulkLoad makes all bodies first; only sending them is measured.
func bulkLoad(ctx context.Context, arg bulkArg) (r bulkResult, err error) {
	indices := map[string]bool{}
	bodies, documents, err := bulkBodies(ctx, arg, indices)
	if err != nil {
		return r, err
	}
	if _, err := elastic.Setup(ctx, elastic.Config{URLs: []string{arg.URL}, Prefix: arg.Prefix}); err != nil {
		return r, err
	}
	client := &http.Client{Timeout: time.Minute}
	defer client.CloseIdleConnections()
	for name := range indices {
		if err := send(ctx, client, http.MethodPut, arg.URL+"/"+name, nil); err != nil {
			return r, err
		}
	}
	began := time.Now()
	err = together(ctx, bulkRequests, func(ctx context.Context, i int) error {
		for ; i < len(bodies); i += bulkRequests {
			if err := send(ctx, client, http.MethodPost, arg.URL+"/_bulk?filter_path=errors,items.*.error.type,items.*.error.reason", bodies[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return bulkResult{Documents: documents, Took: time.Since(began)}, err
}

// send fails also when an item of a bulk does.
func send(ctx context.Context, client *http.Client, method, url string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-ndjson")
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("send to %s: %w", url, err)
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	var answer struct {
		Errors bool `json:"errors"`
	}
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode == http.StatusOK {
		err = json.Unmarshal(text, &answer)
	}
	if err != nil {
		return fmt.Errorf("read answer of %s: %w", url, err)
	}
	if answer.Errors || response.StatusCode != http.StatusOK {
		return fmt.Errorf("send to %s: status %d, %s", url, response.StatusCode, text[:min(len(text), 200)])
	}
	return nil
}

// bulkBodies also notes which indices they go to.
func bulkBodies(ctx context.Context, arg bulkArg, indices map[string]bool) (bodies [][]byte, documents int64, err error) {
	reader, err := index.OpenReader(ctx, arg.Index)
	if err != nil {
		return nil, 0, err
	}
	defer reader.Close() //nolint:errcheck // it was only read
	var body []byte
	err = reader.All(ctx, func(r *access.Record) error {
		name := indexName(arg.Prefix, r)
		indices[name] = true
		body = appendDocument(body, name, r)
		documents++
		if len(body) > bulkBytes-8<<10 {
			bodies = append(bodies, body)
			body = nil
		}
		return nil
	})
	return append(bodies, body), documents, err
}

// indexName is that of the sink: prefix, kind, and the month that the record's
// identity fixes.
func indexName(prefix string, r *access.Record) string {
	at := r.TimeMs
	if r.Kind == access.Kind_KIND_ACCESS && r.Act.GetTimeMs() != 0 {
		at = r.Act.TimeMs
	}
	return fmt.Sprintf("%s-%s-%s", prefix, r.Kind.Name(), time.UnixMilli(at).UTC().Format("2006.01"))
}

// appendDocument appends the two lines of a bulk.
func appendDocument(body []byte, name string, r *access.Record) []byte {
	body = fmt.Appendf(body, `{"index":{"_index":%q,"_id":"%x","version":%d,"version_type":"external"}}`+"\n", name, r.Id, r.Arrival.GetRevision())
	return append(access.AppendJSON(body, r), '\n')
}
