package monitor

import "earwitness/cmd/earwitness/engine"

func lookupMetrics() []Metric {
	return []Metric{
		{"earwitness_enrich_lookups_total", counter, nil, "Calls of a source of metadata"},
		{"earwitness_enrich_questions_total", counter, []string{"found"}, "Questions about recordings, users and queues, by whether the cache knew (hit), a call was needed (miss) or on its way (shared)"},
		{"earwitness_enrich_published_answers_total", counter, nil, "Answers published as evidence"},
		{"earwitness_enrich_unanswered_total", counter, []string{"cause"}, "Calls that were answered without metadata: missing, denied, unreadable"},
		{"earwitness_enrich_failed_calls_total", counter, nil, "Calls that failed and are tried again"},
		{"earwitness_enrich_given_up_total", counter, nil, "Calls that failed for a day and are tried no more"},
		{"earwitness_enrich_waiting_questions", gauge, nil, "Questions that wait for an answer"},
		{"earwitness_enrich_waiting_calls", gauge, nil, "Calls that wait or are under way for them"},
		{"earwitness_enrich_oldest_call_seconds", gauge, nil, "For how long the oldest of them waits; 0 without one"},
		{"earwitness_enrich_trouble_seconds", gauge, nil, "For how long lookups have been failing; 0 where they do not"},
	}
}

func (s *scrape) lookups(x *engine.EnricherStatus) {
	s.put("earwitness_enrich_lookups_total", float64(x.Lookups))
	s.put("earwitness_enrich_questions_total", float64(x.Hits), "hit")
	s.put("earwitness_enrich_questions_total", float64(x.Misses), "miss")
	s.put("earwitness_enrich_questions_total", float64(x.Shared), "shared")
	s.put("earwitness_enrich_published_answers_total", float64(x.Published))
	s.put("earwitness_enrich_unanswered_total", float64(x.Missing), "missing")
	s.put("earwitness_enrich_unanswered_total", float64(x.Denied), "denied")
	s.put("earwitness_enrich_unanswered_total", float64(x.Unreadable), "unreadable")
	s.put("earwitness_enrich_failed_calls_total", float64(x.Failed))
	s.put("earwitness_enrich_given_up_total", float64(x.GivenUp))
	s.put("earwitness_enrich_waiting_questions", float64(x.Waiting))
	s.put("earwitness_enrich_waiting_calls", float64(x.Calls))
	s.put("earwitness_enrich_oldest_call_seconds", s.since(x.Oldest))
	s.put("earwitness_enrich_trouble_seconds", s.since(x.Since))
}
