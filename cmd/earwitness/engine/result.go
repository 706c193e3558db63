package engine

import (
	"time"

	"earwitness/pipeline/bus"
	"earwitness/sinks/elastic"
	"earwitness/sources/intake"
)

// Result is what a run has done.
type Result struct {
	Sources []SourceResult
	// DeadLetters of this run, those of the correlator included.
	DeadLetters int64
	Took        time.Duration
	// Epoch in force, and whether a signing key had to be made.
	Epoch   uint64
	KeyMade bool
	// Elastic is what Elasticsearch took; nil where there is none.
	Elastic *elastic.Stats
}

// SourceResult is what one source has done. Unit is what its progress counts
// as files: file, object or query.
type SourceResult struct {
	Name, Unit string
	Progress   intake.Progress
}

// Records counts what all sources have handed on.
func (r *Result) Records() int64 {
	n := int64(0)
	for _, s := range r.Sources {
		n += s.Progress.Records
	}
	return n
}

func (e *Engine) result() Result {
	r := Result{Took: time.Since(e.began), Epoch: e.epoch.Number, KeyMade: e.keyMade, DeadLetters: e.publisher.letters.Load() + e.stage.DeadLetters()}
	if e.elastic != nil {
		stats := e.elastic.Stats()
		r.Elastic = &stats
	}
	for _, s := range e.sources {
		r.Sources = append(r.Sources, SourceResult{s.name, s.unit, s.reader.Progress()})
	}
	return r
}

// Progress is how far a run has come.
type Progress struct {
	// Bytes of the sources' files, read and in all, and how many these are.
	BytesDone, BytesTotal int64
	FilesDone, FilesTotal int64
	Records, DeadLetters  int64
	// Behind is how many messages the sinks have still to get, as far as is
	// known, over all topics.
	Behind int64
	// Followed is how many they have got.
	Followed int64
}

// Progress is safe to call while Once or Watch goes on.
func (e *Engine) Progress() Progress {
	var p Progress
	for _, s := range e.sources {
		d := s.reader.Progress()
		p.BytesDone, p.BytesTotal = p.BytesDone+d.BytesDone, p.BytesTotal+d.BytesTotal
		p.FilesDone, p.FilesTotal = p.FilesDone+d.FilesDone, p.FilesTotal+d.FilesTotal
		p.Records, p.DeadLetters = p.Records+d.Records, p.DeadLetters+d.DeadLetters
	}
	e.tracker.look(func(at place, c course, _ knownEnd) {
		if at.topic == bus.TopicEvidence || at.topic == bus.TopicAccess {
			p.Behind += c.Lag()
			p.Followed += c.Next
		}
	})
	return p
}
