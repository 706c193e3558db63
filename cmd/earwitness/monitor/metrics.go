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
	all = append(all, stageMetrics()...)
	return append(all, specialMetrics()...)
}

func sourceMetrics() []Metric {
	source := []string{"source"}
	return []Metric{
		{"earwitness_source_files", gauge, source, "Files that the last listing found"},
		{"earwitness_source_files_done", gauge, source, "Those of them that are read to their end"},
		{"earwitness_source_bytes", gauge, source, "Bytes of those files, as they lie on the disk"},
		{"earwitness_source_bytes_done", gauge, source, "Those of them that are read"},
		{"earwitness_source_records_total", counter, source, "Records handed to the bus"},
		{"earwitness_source_repeated_records_total", counter, source, "Those of them that had been handed on before, and not acknowledged"},
		{"earwitness_source_dead_letters_total", counter, source, "Records that could not be read"},
		{"earwitness_source_file_problems_total", counter, source, "Files that could not be read to their end"},
		{"earwitness_source_waiting_seconds", gauge, source, "For how long the bus has acknowledged nothing of what was read, or the source could not be asked; 0 where neither is so"},
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
