package fakecloud

import (
	"net/http"
	"time"
)

const realtimeReach = 14 * 24 * time.Hour

// realtime answers at once, a page by its number, and no older than 14 days.
func (c *Cloud) realtime(r *call) (*answer, *refusal) {
	q := &query{api: apiPlatform, made: c.config.Clock()}
	if refused := r.decode(&q.body); refused != nil {
		return nil, refused
	}
	if refused := q.check(c.config.MaxInterval); refused != nil {
		return nil, refused
	}
	size, number := q.body.PageSize, q.body.PageNumber
	if size == 0 {
		size = defaultPage
	}
	number = max(number, 1)
	if size < 1 || size > largestPage {
		return nil, refuse(http.StatusBadRequest, "invalid.value", "pageSize must be from 1 to %d", largestPage)
	}
	if oldest := q.made.Add(-realtimeReach); q.from.Before(oldest) {
		q.from = oldest
	}
	as := renderBare
	switch r.URL.Query().Get("expand") {
	case "user":
		as = renderInline
	case "":
	default:
		return nil, refuse(http.StatusBadRequest, "invalid.query.param.value", "expand knows user only")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.search(q)
	from := min((number-1)*size, len(found))
	to := min(from+size, len(found))
	return ok(map[string]any{
		"entities": entities(found[from:to], as), "pageSize": size, "pageNumber": number,
		"total": len(found), "pageCount": (len(found) + size - 1) / size,
	})
}
