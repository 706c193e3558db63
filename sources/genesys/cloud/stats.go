package cloud

import (
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Stats count what a client has done since it was made.
type Stats struct {
	// Calls that were sent, Retries among them, Throttled answers (429), and
	// calls that Failed for good.
	Calls, Retries, Throttled, Failed int64
	// Answers by their status, as text: those of calls, not of the login
	// server. See AnswerOther and the names beside it.
	Answers map[string]int64
	// Tokens that were fetched, and NoTokens attempts that gave none.
	Tokens, NoTokens int64
	// Allowed is how many calls the rate limit has in a window of a minute,
	// and Left how many of them may still begin in this one.
	Allowed, Left int
	// Waiting calls wait for the rate limit now. Waits counts those that ever
	// did, and Waited is for how long, but for those that still do.
	Waiting int
	Waits   int64
	Waited  time.Duration
	// ClockOffset is how far the API's clock is ahead of this machine's.
	ClockOffset time.Duration
}

// What stands for a status where there is none of use.
const (
	// AnswerNone: nothing came, or not all of it.
	AnswerNone = "none"
	// AnswerUnreadable: it says that all is well, and is no JSON: a page of a
	// proxy, say.
	AnswerUnreadable = "unreadable"
	// AnswerOther: a status that this API has no use for.
	AnswerOther = "other"
)

// Stats is safe to call at any time.
func (c *Client) Stats() Stats {
	s := Stats{
		Calls: c.calls.Load(), Retries: c.retries.Load(), Throttled: c.throttled.Load(), Failed: c.failed.Load(),
		Answers: c.answers.all(), Tokens: c.tokens.fetched.Load(), NoTokens: c.tokens.failed.Load(),
		ClockOffset: time.Duration(c.clockNS.Load()),
	}
	c.limit.look(&s)
	return s
}

// answers counts them. It is safe for concurrent use.
type answers struct {
	mu sync.Mutex
	by map[string]int64
}

func (a *answers) note(what string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.by == nil {
		a.by = make(map[string]int64)
	}
	a.by[what]++
}

func (a *answers) all() map[string]int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.by)
}

// statusText bounds what statuses there are: a server may make up any.
func statusText(status int) string {
	switch status {
	case http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent, http.StatusFound,
		http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusRequestTimeout,
		http.StatusConflict, http.StatusGone, http.StatusRequestEntityTooLarge, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return strconv.Itoa(status)
	}
	return AnswerOther
}
