package fakecloud

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

const rateWindow = time.Minute

// count counts a call in the token's window, and sets the headers that every
// answer has.
func (c *Cloud) count(w http.ResponseWriter, t *token, now time.Time) *refusal {
	if now.Sub(t.window) >= rateWindow {
		t.window, t.count = now, 0
	}
	allowed := c.config.RatePerMinute
	left := int(math.Ceil(t.window.Add(rateWindow).Sub(now).Seconds()))
	var refused *refusal
	if t.count >= allowed {
		refused = tooMany(left, allowed)
		w.Header().Set("Retry-After", strconv.Itoa(left))
	} else {
		t.count++
	}
	// The trace of a real first call says 61 for a window of a minute.
	w.Header().Set("inin-ratelimit-count", strconv.Itoa(t.count))
	w.Header().Set("inin-ratelimit-allowed", strconv.Itoa(allowed))
	w.Header().Set("inin-ratelimit-reset", strconv.Itoa(left+1))
	return refused
}

func tooMany(seconds, allowed int) *refusal {
	return &refusal{
		status: http.StatusTooManyRequests, code: "too.many.requests.retry.after",
		message: fmt.Sprintf("Rate limit exceeded the maximum. Retry the request in [%d] seconds", seconds),
		limit:   &limitBody{Key: "client.credentials.token.rate.per.minute", Namespace: "platform.api", Value: allowed},
	}
}
