package monitor

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"earwitness/cmd/earwitness/engine"
)

// collector makes metrics of a report when it is asked for them.
type collector struct {
	monitor  *Monitor
	families map[string]family
}

type family struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

var _ prometheus.Collector = (*collector)(nil)

func newCollector(m *Monitor) *collector {
	c := &collector{monitor: m, families: make(map[string]family)}
	for _, metric := range Metrics() {
		f := family{prometheus.NewDesc(metric.Name, metric.Help, metric.Labels, nil), prometheus.GaugeValue}
		if metric.Type == counter {
			f.kind = prometheus.CounterValue
		}
		c.families[metric.Name] = f
	}
	return c
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, f := range c.families {
		out <- f.desc
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	r := c.monitor.Report()
	s := scrape{c, out, r.Began}
	ready := 0.0
	if r.Ready {
		ready = 1
	}
	s.put("earwitness_ready", ready)
	s.put("earwitness_start_time_seconds", seconds(r.Began))
	if r.Engine == nil {
		return
	}
	s.now = r.Engine.Time
	s.put("earwitness_epoch", float64(r.Engine.Epoch))
	for i := range r.Engine.Sources {
		s.source(&r.Engine.Sources[i])
	}
	for i := range r.Engine.Coverage {
		s.coverage(&r.Engine.Coverage[i])
	}
	for _, l := range r.Engine.Letters {
		s.put("earwitness_dead_letters_waiting", float64(l.Waiting), l.Stage, l.Cause)
	}
	s.put("earwitness_clock_held_seconds", r.Engine.ClockHeld)
	for i := range r.Engine.Stages {
		s.stage(&r.Engine.Stages[i])
	}
	s.special(r.Engine)
}

// scrape is one collection under way.
type scrape struct {
	*collector
	out chan<- prometheus.Metric
	now time.Time
}

func (s *scrape) put(name string, value float64, labels ...string) {
	f := s.families[name]
	s.out <- prometheus.MustNewConstMetric(f.desc, f.kind, value, labels...)
}

func seconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }

// since is 0 where nothing lasts.
func (s *scrape) since(at *time.Time) float64 {
	if at == nil {
		return 0
	}
	return max(0, s.now.Sub(*at).Seconds())
}

func (s *scrape) source(p *engine.SourceStatus) {
	s.put("earwitness_source_files", float64(p.FilesTotal), p.Name)
	s.put("earwitness_source_files_done", float64(p.FilesDone), p.Name)
	s.put("earwitness_source_bytes", float64(p.BytesTotal), p.Name)
	s.put("earwitness_source_bytes_done", float64(p.BytesDone), p.Name)
	s.put("earwitness_source_records_total", float64(p.Records), p.Name)
	s.put("earwitness_source_repeated_records_total", float64(p.Repeated), p.Name)
	s.put("earwitness_source_dead_letters_total", float64(p.DeadLetters), p.Name)
	s.put("earwitness_source_file_problems_total", float64(p.Problems), p.Name)
	s.put("earwitness_source_downloads_total", float64(p.Opened), p.Name)
	for cause, n := range p.Failed {
		s.put("earwitness_source_failed_requests_total", float64(n), p.Name, cause)
	}
	s.put("earwitness_source_retries_total", float64(p.Retries), p.Name)
	s.put("earwitness_source_objects_denied_total", float64(p.Denied), p.Name)
	s.put("earwitness_source_objects_refused_total", float64(p.Refused), p.Name)
	s.put("earwitness_source_waiting_seconds", s.since(p.Since), p.Name)
	if p.Queue != nil {
		s.queue(p.Name, p.Queue)
	}
}

func (s *scrape) coverage(c *engine.CoverageStatus) {
	if c.Until != nil {
		s.put("earwitness_coverage_until_timestamp_seconds", seconds(*c.Until), c.Source)
	}
	s.put("earwitness_coverage_advanced_timestamp_seconds", seconds(c.Advanced), c.Source)
	s.put("earwitness_coverage_readers", float64(c.Readers), c.Source)
	s.put("earwitness_coverage_gone_readers", float64(c.Gone), c.Source)
}

func (s *scrape) stage(stage *engine.StageStatus) {
	for i := range stage.Partitions {
		p := &stage.Partitions[i]
		place := []string{stage.Stage, stage.Topic, strconv.Itoa(p.Partition)}
		// What is not known yet is absent, rather than an offset that there
		// is not.
		if p.Position >= 0 {
			s.put("earwitness_stage_position_offset", float64(p.Position), place...)
			s.put("earwitness_stage_end_offset", float64(p.End), place...)
		}
		if p.Durable >= 0 {
			s.put("earwitness_stage_durable_offset", float64(p.Durable), place...)
		}
		s.put("earwitness_stage_lag_records", float64(p.Lag), place...)
		s.put("earwitness_stage_lag_seconds", p.LagSeconds, place...)
		s.put("earwitness_stage_records_total", float64(p.Records), place...)
		s.put("earwitness_stage_retries_total", float64(p.Retries), place...)
		s.put("earwitness_stage_dead_letters_total", float64(p.DeadLetters), place...)
		waiting, opening := s.since(p.Since), 0.0
		if p.State != engine.StateWaiting {
			waiting, opening = 0, waiting
		}
		s.put("earwitness_stage_waiting_seconds", waiting, place...)
		s.put("earwitness_stage_opening_seconds", opening, place...)
	}
}

func (s *scrape) special(e *engine.Status) {
	if c := e.Correlator; c != nil {
		s.put("earwitness_correlate_published_records_total", float64(c.Published))
		for _, p := range c.Partitions {
			s.put("earwitness_correlate_state_requests", float64(p.Requests), strconv.Itoa(p.Partition))
			s.put("earwitness_correlate_saved_timestamp_seconds", seconds(p.Saved), strconv.Itoa(p.Partition))
		}
	}
	if e.Enricher != nil {
		s.lookups(e.Enricher)
	}
	for i := range e.Organisations {
		s.organisation(&e.Organisations[i])
	}
	if x := e.Elastic; x != nil {
		s.put("earwitness_elastic_documents_total", float64(x.Stored), "stored")
		s.put("earwitness_elastic_documents_total", float64(x.Superseded), "superseded")
		s.put("earwitness_elastic_requests_total", float64(x.Requests))
		s.put("earwitness_elastic_request_bytes_total", float64(x.RequestBytes))
		s.put("earwitness_elastic_retries_total", float64(x.Retries))
		s.put("earwitness_elastic_waiting_seconds", s.since(x.Since))
	}
	for _, a := range e.Archives {
		s.put("earwitness_worm_segments_total", float64(a.Segments), a.Topic)
		s.put("earwitness_worm_segment_bytes_total", float64(a.Bytes), a.Topic)
		s.put("earwitness_worm_gathered_bytes", float64(a.Gathered), a.Topic)
		if a.LastSealed != nil {
			s.put("earwitness_worm_sealed_timestamp_seconds", seconds(*a.LastSealed), a.Topic)
		}
	}
}
