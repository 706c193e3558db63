package fakecloud

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	defaultPage = 25
	largestPage = 500
	// filePart is the most audits that one downloaded file holds.
	filePart = 1000
)

// resultsPage is a page of either API. DownloadURL stands in place of the
// entities of what is too large.
type resultsPage struct {
	ID          string `json:"id"`
	PageSize    int    `json:"pageSize"`
	Cursor      string `json:"cursor,omitempty"`
	Entities    any    `json:"entities,omitempty"`
	DownloadURL string `json:"downloadUrl,omitempty"`
}

func (c *Cloud) queryResults(r *call, in api) (*answer, *refusal) {
	asked := r.URL.Query()
	size := defaultPage
	if text := asked.Get("pageSize"); text != "" {
		var err error
		if size, err = strconv.Atoi(text); err != nil || size < 1 || size > largestPage {
			return nil, refuse(http.StatusBadRequest, "invalid.query.param.value", "pageSize must be from 1 to %d", largestPage)
		}
	}
	as := renderBare
	switch asked.Get("expand") {
	case "user":
		as = renderInline
	case "":
	default:
		return nil, refuse(http.StatusBadRequest, "invalid.query.param.value", "expand knows user only")
	}
	if c.config.MaxPage > 0 && size > c.config.MaxPage {
		return nil, refuse(http.StatusBadRequest, "response.entity.too.large", "The response is over the size limit. Reduce pageSize or expand list to reduce response size if applicable")
	}
	redirect, err := strconv.ParseBool(asked.Get("allowRedirect"))
	if err != nil && asked.Has("allowRedirect") {
		return nil, refuse(http.StatusBadRequest, "invalid.query.param.value", "allowRedirect is true or false")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	id := r.args[0]
	q := c.queries[id]
	if q == nil || q.api != in || q.state() != "Succeeded" {
		return nil, notFound()
	}
	at, refused := readCursor(id, asked.Get("cursor"), len(q.found))
	if refused != nil {
		return nil, refused
	}
	if redirect && len(q.found) > c.config.RedirectAbove {
		return c.redirect(r.Request, id, q, at, size), nil
	}
	to := min(at+size, len(q.found))
	return ok(resultsPage{ID: id, PageSize: size, Cursor: cursorAt(id, to, len(q.found)), Entities: entities(q.found[at:to], as)})
}

// redirect answers as for a set that is too large to be returned.
func (c *Cloud) redirect(r *http.Request, id string, q *query, at, size int) *answer {
	to := min(at+filePart, len(q.found))
	name, signature := c.nextID(), strings.ReplaceAll(c.nextID(), "-", "")
	c.downloads[name] = &download{signature: signature, audits: q.found[at:to], made: c.config.Clock()}
	url := "http://" + r.Host + "/download/" + name + "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=" +
		strconv.Itoa(int(c.config.DownloadTTL/time.Second)) + "&X-Amz-Signature=" + signature
	if r.TLS != nil {
		url = "https" + strings.TrimPrefix(url, "http")
	}
	return &answer{
		status: http.StatusFound, header: map[string]string{"Location": url},
		body: resultsPage{ID: id, PageSize: size, Cursor: cursorAt(id, to, len(q.found)), DownloadURL: url},
	}
}

// cursorAt is opaque, and absent behind the last page.
func cursorAt(id string, at, of int) string {
	if at >= of {
		return ""
	}
	return base64.StdEncoding.EncodeToString([]byte(id + "/" + strconv.Itoa(at)))
}

func readCursor(id, cursor string, of int) (int, *refusal) {
	if cursor == "" {
		return 0, nil
	}
	text, err := base64.StdEncoding.DecodeString(cursor)
	number, mine := strings.CutPrefix(string(text), id+"/")
	at := 0
	if err == nil && mine {
		at, err = strconv.Atoi(number)
	}
	if err != nil || !mine || at <= 0 || at >= of {
		return 0, refuse(http.StatusBadRequest, "invalid.query.param.value", "The cursor is not one of this query")
	}
	return at, nil
}
