package engine

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/enrich"
	"earwitness/sinks/elastic"
	"earwitness/sinks/index"
	"earwitness/sinks/worm"
)

// Status is safe to call at any time once the engine is open, also after it
// was closed, and waits neither for work nor for other systems.
func (e *Engine) Status() Status {
	epoch, stage := e.view.get()
	now := time.Now()
	s := Status{
		Time: now.UTC(), Began: e.began.UTC(), Epoch: epoch.Number, Rebuilding: epoch.Rebuilding, Following: e.following.Load(),
	}
	for _, source := range e.sources {
		s.Sources = append(s.Sources, source.status(now, e.evidence.Stats()))
	}
	l := look{now: now, parts: make(map[stageTopic]map[int]part), published: e.access.Stats()}
	if stage != nil {
		stats := stage.Stats()
		s.Correlator = newCorrelatorStatus(&stats)
		l.correlator(&stats)
	}
	if e.enricher != nil {
		stats := e.enricher.Stats()
		s.Enricher = newEnricherStatus(&stats)
		l.enricher = e.enricher.Stored
	}
	s.Organisations = e.organisationStatus()
	for _, sink := range e.records {
		l.recordSink(sink)
	}
	s.Elastic = l.elastic
	for _, a := range []struct {
		topic string
		stats worm.Stats
	}{
		{bus.TopicEvidence, e.worm.evidence.Stats()},
		{bus.TopicAccess, e.worm.access.Stats()},
		{bus.TopicDeadLetter, e.worm.deadLetters.Stats()},
	} {
		s.Archives = append(s.Archives, newArchiveStatus(a.topic, &a.stats))
		l.archive(a.topic, &a.stats)
	}
	s.Coverage, s.ClockHeld, s.Letters = e.covered.status(), e.clock.Held().Seconds(), e.letters.status()
	e.tracker.look(l.course)
	s.Stages = l.stages()
	return s
}

// stageTopic is a stage at a topic.
type stageTopic struct{ stage, topic string }

// stageOf is the stage that a sink is: the archives of all topics are one.
func stageOf(sink string) string {
	if strings.HasPrefix(sink, "worm-") {
		return "worm"
	}
	return sink
}

// part is what a sink itself knows of a partition.
type part struct{ durable, deadLetters int64 }

// look gathers what stages and tracker know.
type look struct {
	now     time.Time
	parts   map[stageTopic]map[int]part
	elastic *ElasticStatus
	// published is how what the correlator publishes gets on, by partition.
	published []bus.ProducerStats
	all       map[stageTopic][]PartitionStatus
	// index asks for the position on disk, which the index has in memory.
	index func(partition int) int64
	// enricher has its stored positions in memory.
	enricher func(partition int) int64
}

func (l *look) correlator(stats *correlate.Stats) {
	parts := make(map[int]part, len(stats.Partitions))
	for n, p := range stats.Partitions {
		parts[n] = part{p.SavedAt, p.DeadLetters}
	}
	l.parts[stageTopic{correlate.StageName, bus.TopicEvidence}] = parts
}

func (l *look) recordSink(sink recordSink) {
	switch sink := sink.(type) {
	case *index.Index:
		l.index = func(partition int) int64 {
			at, err := sink.Durable(context.Background(), partition) //nolint:forbidigo // it asks nobody
			if err != nil {
				return -1
			}
			return at
		}
	case *elasticSink:
		stats := sink.Stats()
		l.elastic = newElasticStatus(&stats)
		parts := make(map[int]part, len(stats.Partitions))
		for n, p := range stats.Partitions {
			parts[n] = part{p.Done, int64(p.DeadLetters)}
		}
		l.parts[stageTopic{elastic.Stage, bus.TopicAccess}] = parts
	}
}

func (l *look) archive(topic string, stats *worm.Stats) {
	parts := make(map[int]part, len(stats.Sealed))
	for n, sealed := range stats.Sealed {
		parts[n] = part{durable: sealed}
	}
	l.parts[stageTopic{"worm", topic}] = parts
}

// course takes what the tracker has of a sink in a partition.
func (l *look) course(at place, c course, end knownEnd) {
	key := stageTopic{stageOf(at.sink), at.topic}
	own, known := l.parts[key][at.partition]
	if !known {
		own.durable = -1
	}
	if key.stage == "index" && l.index != nil {
		own.durable = l.index(at.partition)
	}
	if key.stage == enrich.Name && l.enricher != nil {
		own.durable = l.enricher(at.partition)
	}
	p := PartitionStatus{
		Partition: at.partition, State: StateFollowing, Position: c.Next, End: max(c.End, end.offset), Durable: own.durable,
		Records: c.given, Rate: c.rate.get(l.now), Retries: c.retries, DeadLetters: own.deadLetters,
	}
	if key.stage == correlate.StageName {
		p.Retries += l.published[at.partition].Retries
	}
	lag, behind := c.lag(end.offset, end.since, l.now)
	p.Lag, p.LagSeconds = lag, behind.Seconds()
	if !c.Known {
		p.Position, p.End, p.Durable = -1, -1, -1
	}
	l.state(&p, key.stage, &c)
	if l.all == nil {
		l.all = make(map[stageTopic][]PartitionStatus)
	}
	l.all[key] = append(l.all[key], p)
}

// state says what it does, or waits for.
func (l *look) state(p *PartitionStatus, stage string, c *course) {
	switch {
	case c.Waiting != nil:
		p.State, p.Waiting, p.Since = StateWaiting, c.Waiting.Error(), moment(c.since)
	case stage == correlate.StageName && l.published[p.Partition].Waiting != nil:
		out := l.published[p.Partition]
		p.State, p.Waiting, p.Since = StateWaiting, "publish records: "+out.Waiting.Error(), moment(out.Since)
	case stage == elastic.Stage && l.elastic != nil && l.elastic.Waiting != "" && p.Durable < p.End:
		p.State, p.Waiting, p.Since = StateWaiting, l.elastic.Waiting, l.elastic.Since
	case !c.Known:
		p.State, p.Since = StateOpening, moment(c.began)
	case stage == correlate.StageName && c.furthest < c.goal:
		p.State, p.Since = StateReplaying, moment(c.began)
	}
}

// stages are in the order of the way of evidence.
func (l *look) stages() []StageStatus {
	order := map[string]int{correlate.StageName: 0, enrich.Name: 1, "index": 2, elastic.Stage: 3, "worm": 4}
	topics := map[string]int{bus.TopicEvidence: 0, bus.TopicAccess: 1, bus.TopicDeadLetter: 2}
	all := make([]StageStatus, 0, len(l.all))
	for at, partitions := range l.all {
		slices.SortFunc(partitions, func(a, b PartitionStatus) int { return cmp.Compare(a.Partition, b.Partition) })
		all = append(all, StageStatus{Stage: at.stage, Topic: at.topic, Partitions: partitions})
	}
	slices.SortFunc(all, func(a, b StageStatus) int {
		return cmp.Or(cmp.Compare(order[a.Stage], order[b.Stage]), cmp.Compare(topics[a.Topic], topics[b.Topic]))
	})
	return all
}

func newCorrelatorStatus(stats *correlate.Stats) *CorrelatorStatus {
	s := &CorrelatorStatus{Published: stats.Published}
	for n, p := range stats.Partitions {
		s.Partitions = append(s.Partitions, FoldStatus{Partition: n, Requests: p.Requests, Saved: p.Saved})
	}
	slices.SortFunc(s.Partitions, func(a, b FoldStatus) int { return cmp.Compare(a.Partition, b.Partition) })
	return s
}

func newElasticStatus(stats *elastic.Stats) *ElasticStatus {
	s := &ElasticStatus{
		Stored: stats.Stored, Superseded: stats.Superseded, Requests: stats.Requests, RequestBytes: stats.Bytes, Retries: stats.Retries,
	}
	if stats.Waiting != nil {
		s.Waiting, s.Since = stats.Waiting.Error(), moment(stats.WaitingSince)
	}
	return s
}

func newArchiveStatus(topic string, stats *worm.Stats) ArchiveStatus {
	return ArchiveStatus{
		Topic: topic, Segments: stats.Segments, Bytes: stats.Bytes, Gathered: stats.Gathered, LastSealed: moment(stats.LastSealed),
	}
}

// moment is nil for none.
func moment(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	at = at.UTC()
	return &at
}
