package monitor

// Metric is one family of metrics.
type Metric struct {
	Name string
	// Type is counter or gauge.
	Type   string
	Labels []string
	Help   string
}

const (
	counter = "counter"
	gauge   = "gauge"
)

// Metrics lists all that are ours, as docs/operations/metrics.md does. Counters
// count since the process started; those of a partition begin again when the
// process gets it anew.
func Metrics() []Metric {
	all := []Metric{
		{"earwitness_ready", gauge, nil, "1 when /readyz says so, else 0"},
		{"earwitness_start_time_seconds", gauge, nil, "When the process began, in Unix seconds"},
		{"earwitness_epoch", gauge, nil, "Number of the epoch in force"},
	}
	all = append(all, sourceMetrics()...)
	all = append(all, queueMetrics()...)
	all = append(all, coverageMetrics()...)
	all = append(all, stageMetrics()...)
	all = append(all, specialMetrics()...)
	all = append(all, lookupMetrics()...)
	return append(all, organisationMetrics()...)
}

func sourceMetrics() []Metric {
	source := []string{"source"}
	return []Metric{
		{"earwitness_source_files", gauge, source, "Files, or objects of a bucket, that the last listing found; of a queue, messages received"},
		{"earwitness_source_files_done", gauge, source, "Those of them that are read to their end; of a queue, messages deleted"},
		{"earwitness_source_bytes", gauge, source, "Bytes of those files, as they are stored"},
		{"earwitness_source_bytes_done", gauge, source, "Those of them that are read"},
		{"earwitness_source_records_total", counter, source, "Records handed to the bus"},
		{"earwitness_source_repeated_records_total", counter, source, "Those of them that had been handed on before, and not acknowledged"},
		{"earwitness_source_dead_letters_total", counter, source, "Records that could not be read"},
		{"earwitness_source_file_problems_total", counter, source, "Files that could not be read to their end"},
		{"earwitness_source_downloads_total", counter, source, "Objects of a bucket that were begun to be read, attempts that were repeated included"},
		{"earwitness_source_failed_requests_total", counter, []string{"source", "cause"}, "Requests to a bucket that failed, those that were made again included: throttled (503 SlowDown, 429), server (another 5xx), connection (nothing came, or not all), refused (denied, gone, changed)"},
		{"earwitness_source_retries_total", counter, source, "Requests to a bucket that were made again, because nothing came, or not all, or the server had too much to do; of a queue, attempts at messages too"},
		{"earwitness_source_objects_denied_total", counter, source, "Attempts at objects that the credentials may not read; each is tried again at the next listing"},
		{"earwitness_source_objects_refused_total", counter, source, "Objects that were gone when they were to be read, or had another in their place"},
		{"earwitness_source_waiting_seconds", gauge, source, "For how long the bus has acknowledged nothing of what was read, or the source could not be asked; 0 where neither is so"},
	}
}

func coverageMetrics() []Metric {
	source := []string{"source"}
	return []Metric{
		{"earwitness_coverage_until_timestamp_seconds", gauge, source, "Up to when the source is covered, in Unix seconds; where several processes share the partitions, told by the one that follows partition 0"},
		{"earwitness_coverage_advanced_timestamp_seconds", gauge, source, "When that moved last, in Unix seconds"},
		{"earwitness_coverage_readers", gauge, source, "Processes that read the source, and whose lease runs"},
		{"earwitness_coverage_gone_readers", gauge, source, "Processes whose lease has ended, and that hold the coverage back until the others have read the source whole"},
		{"earwitness_dead_letters_waiting", gauge, []string{"stage", "cause"}, "Dead letters in the partitions that the process follows, that nobody has replayed or dismissed, up to 100,000; absent until the archive was read, and for what has none"},
		{"earwitness_clock_held_seconds", gauge, nil, "By how much the clock of the machine was set forward and is not believed yet"},
	}
}

func stageMetrics() []Metric {
	place := []string{"stage", "topic", "partition"}
	return []Metric{
		{"earwitness_stage_position_offset", gauge, place, "Offset that the stage gets next"},
		{"earwitness_stage_durable_offset", gauge, place, "Offset where a restart of the stage begins: all before it is kept"},
		{"earwitness_stage_end_offset", gauge, place, "Offset behind the last message that is known"},
		{"earwitness_stage_lag_records", gauge, place, "Messages that the stage has not got yet"},
		{"earwitness_stage_lag_seconds", gauge, place, "How long ago the first of them was appended; 0 without one"},
		{"earwitness_stage_records_total", counter, place, "Messages that the stage was given, those that came again included"},
		{"earwitness_stage_retries_total", counter, place, "How often the stage could not go on, and tried again"},
		{"earwitness_stage_dead_letters_total", counter, place, "Messages that the stage could not take"},
		{"earwitness_stage_waiting_seconds", gauge, place, "For how long the stage has been waiting for something; 0 where it goes on"},
		{"earwitness_stage_opening_seconds", gauge, place, "For how long the stage has been opened, or replayed, in the partition; 0 where it follows"},
	}
}

func specialMetrics() []Metric {
	partition, topic := []string{"partition"}, []string{"topic"}
	return []Metric{
		{"earwitness_correlate_published_records_total", counter, nil, "Records that the correlator has published, those said before included"},
		{"earwitness_correlate_state_requests", gauge, partition, "Requests in the state of the correlator"},
		{"earwitness_correlate_saved_timestamp_seconds", gauge, partition, "When that state was saved or opened last, in Unix seconds"},
		{"earwitness_elastic_documents_total", counter, []string{"result"}, "Documents that Elasticsearch has stored, or had in a revision as new (superseded)"},
		{"earwitness_elastic_requests_total", counter, nil, "Bulk requests that were answered"},
		{"earwitness_elastic_request_bytes_total", counter, nil, "Bytes sent in them, retries included"},
		{"earwitness_elastic_retries_total", counter, nil, "Retries of requests, and of items in them"},
		{"earwitness_elastic_waiting_seconds", gauge, nil, "For how long requests have been waiting for Elasticsearch; 0 where none does"},
		{"earwitness_worm_segments_total", counter, topic, "Segments that this process has sealed"},
		{"earwitness_worm_segment_bytes_total", counter, topic, "Bytes of those segments, as they are stored"},
		{"earwitness_worm_gathered_bytes", gauge, topic, "About the bytes that wait for the next segments"},
		{"earwitness_worm_sealed_timestamp_seconds", gauge, topic, "When a segment was sealed last, in Unix seconds; absent before the first"},
	}
}
