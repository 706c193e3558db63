package monitor

import "earwitness/cmd/earwitness/engine"

func organisationMetrics() []Metric {
	source := []string{"source"}
	return []Metric{
		{"earwitness_genesys_calls_total", counter, source, "Calls sent to Genesys Cloud, for audits and for metadata"},
		{"earwitness_genesys_retries_total", counter, source, "Attempts of theirs beyond the first"},
		{"earwitness_genesys_throttled_total", counter, source, "Answers 429"},
		{"earwitness_genesys_failed_calls_total", counter, source, "Calls that failed for good"},
		{"earwitness_genesys_answers_total", counter, []string{"source", "status"}, "Answers by their HTTP status; none: nothing came, or not all; unreadable: a success that is no JSON, a page of a proxy say"},
		{"earwitness_genesys_tokens_total", counter, []string{"source", "result"}, "Attempts at a token: granted or failed"},
		{"earwitness_genesys_calls_allowed", gauge, source, "Calls that the rate limit allows in a minute"},
		{"earwitness_genesys_calls_left", gauge, source, "Calls that the rate limit leaves in this minute"},
		{"earwitness_genesys_calls_waiting", gauge, source, "Calls that wait for the rate limit"},
		{"earwitness_genesys_limit_waits_total", counter, source, "Calls that had to wait for it"},
		{"earwitness_genesys_limit_waited_seconds_total", counter, source, "For how long they did, but for those that still wait"},
		{"earwitness_genesys_clock_offset_seconds", gauge, source, "How far the API's clock is ahead of this machine's"},
	}
}

func (s *scrape) organisation(o *engine.OrganisationStatus) {
	s.put("earwitness_genesys_calls_total", float64(o.Calls), o.Source)
	s.put("earwitness_genesys_retries_total", float64(o.Retries), o.Source)
	s.put("earwitness_genesys_throttled_total", float64(o.Throttled), o.Source)
	s.put("earwitness_genesys_failed_calls_total", float64(o.Failed), o.Source)
	for status, n := range o.Answers {
		s.put("earwitness_genesys_answers_total", float64(n), o.Source, status)
	}
	s.put("earwitness_genesys_tokens_total", float64(o.Tokens), o.Source, "granted")
	s.put("earwitness_genesys_tokens_total", float64(o.NoTokens), o.Source, "failed")
	s.put("earwitness_genesys_calls_allowed", float64(o.Allowed), o.Source)
	s.put("earwitness_genesys_calls_left", float64(o.Left), o.Source)
	s.put("earwitness_genesys_calls_waiting", float64(o.Waiting), o.Source)
	s.put("earwitness_genesys_limit_waits_total", float64(o.Waits), o.Source)
	s.put("earwitness_genesys_limit_waited_seconds_total", o.Waited, o.Source)
	s.put("earwitness_genesys_clock_offset_seconds", o.ClockOffset, o.Source)
}
