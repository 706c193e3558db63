package engine

import (
	"cmp"
	"slices"
	"time"

	"earwitness/pipeline/enrich"
)

// EnricherStatus is that of the lookups. Counts are since the start.
type EnricherStatus struct {
	// Lookups are calls of a source. Hits were answered by the cache, Misses
	// were not, Shared joined a call that was on its way.
	Lookups int64 `json:"lookups"`
	Hits    int64 `json:"hits"`
	Misses  int64 `json:"misses"`
	Shared  int64 `json:"shared"`
	// Published answers.
	Published int64 `json:"published"`
	// Missing, Denied and Unreadable are answers that are none; Failed calls
	// are tried again, GivenUp are not.
	Missing    int64 `json:"missing"`
	Denied     int64 `json:"denied"`
	Unreadable int64 `json:"unreadable"`
	Failed     int64 `json:"failed"`
	GivenUp    int64 `json:"given_up"`
	// Waiting questions, the Calls for them, and since when the oldest waits.
	Waiting int        `json:"waiting_questions"`
	Calls   int        `json:"calls"`
	Oldest  *time.Time `json:"oldest,omitempty"`
	// Trouble is why lookups fail at present, Since when.
	Trouble string     `json:"trouble,omitempty"`
	Since   *time.Time `json:"since,omitempty"`
}

func newEnricherStatus(stats *enrich.Stats) *EnricherStatus {
	s := &EnricherStatus{
		Lookups: stats.Lookups, Hits: stats.Hits, Misses: stats.Misses, Shared: stats.Shared, Published: stats.Published,
		Missing: stats.Missing, Denied: stats.Denied, Unreadable: stats.Unreadable, Failed: stats.Failed, GivenUp: stats.GivenUp,
		Waiting: stats.Waiting, Calls: stats.Calls, Oldest: moment(stats.Oldest),
	}
	if stats.Trouble != nil {
		s.Trouble, s.Since = stats.Trouble.Error(), moment(stats.Since)
	}
	return s
}

// OrganisationStatus is how the API of an organisation is called, by all who
// share its rate limit.
type OrganisationStatus struct {
	// Source that the client is of.
	Source string `json:"source"`
	// Calls that were sent, Retries among them, answers that put off
	// (Throttled), and calls that Failed for good.
	Calls     int64 `json:"calls"`
	Retries   int64 `json:"retries"`
	Throttled int64 `json:"throttled"`
	Failed    int64 `json:"failed"`
	// Answers by their status, as text; "none" for those that did not come
	// whole, "unreadable" for what says that all is well and is no JSON.
	Answers map[string]int64 `json:"answers,omitempty"`
	// Tokens that were fetched, and NoTokens attempts that gave none.
	Tokens   int64 `json:"tokens"`
	NoTokens int64 `json:"tokens_failed"`
	// Allowed is how many calls a minute the rate limit has, and Left how many
	// more may begin in this one.
	Allowed int `json:"allowed"`
	Left    int `json:"left"`
	// Waiting calls wait for the limit now; Waits counts those that ever did,
	// and Waited for how long.
	Waiting int     `json:"waiting"`
	Waits   int64   `json:"waits"`
	Waited  float64 `json:"waited_seconds"`
	// ClockOffset is how far the API's clock is ahead of this machine's.
	ClockOffset float64 `json:"clock_offset_seconds"`
}

func (e *Engine) organisationStatus() []OrganisationStatus {
	all := make([]OrganisationStatus, 0, len(e.organisations))
	for name, client := range e.organisations {
		stats := client.Stats()
		all = append(all, OrganisationStatus{
			Source: string(name), Calls: stats.Calls, Retries: stats.Retries, Throttled: stats.Throttled, Failed: stats.Failed,
			Answers: stats.Answers, Tokens: stats.Tokens, NoTokens: stats.NoTokens, Allowed: stats.Allowed, Left: stats.Left,
			Waiting: stats.Waiting, Waits: stats.Waits, Waited: stats.Waited.Seconds(), ClockOffset: stats.ClockOffset.Seconds(),
		})
	}
	slices.SortFunc(all, func(a, b OrganisationStatus) int { return cmp.Compare(a.Source, b.Source) })
	return all
}
