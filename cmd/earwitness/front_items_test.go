//go:build servers

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
)

// elasticError is how Elasticsearch says it.
func elasticError(status int, kind, reason string) string {
	return fmt.Sprintf(`{"error":{"type":%q,"reason":%q},"status":%d}`, kind, reason, status)
}

// itemFault is what a single record is answered.
type itemFault struct {
	status int
	kind   string
}

// items answers for some documents of a bulk in place of Elasticsearch, which
// gets the others. Refuse gives nil for those.
func items(refuse func(id string) *itemFault) fault {
	return func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		if !strings.HasSuffix(r.URL.Path, "/_bulk") {
			pass.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // whoever asked has gone
		}
		var kept []byte
		var fates []*itemFault
		lines := bytes.SplitAfter(body, []byte("\n"))
		for i := 0; i+1 < len(lines); i += 2 {
			var head struct {
				Index struct {
					ID string `json:"_id"`
				}
			}
			if err := json.Unmarshal(lines[i], &head); err != nil {
				panic(err)
			}
			does := refuse(head.Index.ID)
			if fates = append(fates, does); does == nil {
				kept = append(append(kept, lines[i]...), lines[i+1]...)
			}
		}
		answers := ask(r, kept, pass)
		all := make([]json.RawMessage, 0, len(fates))
		for _, does := range fates {
			if does != nil {
				all = append(all, fmt.Appendf(nil, `{"index":{"status":%d,"error":{"type":%q,"reason":"as the test wants"}}}`, does.status, does.kind))
				continue
			}
			all, answers = append(all, answers[0]), answers[1:]
		}
		text, err := json.Marshal(map[string]any{"errors": true, "items": all})
		if err != nil {
			panic(err)
		}
		answering(http.StatusOK, "application/json", string(text))(w, r, pass)
	}
}

// ask gives the answers to the items of a body.
func ask(r *http.Request, body []byte, pass http.Handler) []json.RawMessage {
	if len(body) == 0 {
		return nil
	}
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Del("Content-Length")
	r.Header.Del("Accept-Encoding") // it would have to be unpacked
	recorded := httptest.NewRecorder()
	pass.ServeHTTP(recorded, r)
	var answer struct{ Items []json.RawMessage }
	if err := json.Unmarshal(recorded.Body.Bytes(), &answer); err != nil || recorded.Code != http.StatusOK {
		panic(http.ErrAbortHandler) // it is asked again
	}
	return answer.Items
}
