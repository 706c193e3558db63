package engine

import (
	"time"

	"earwitness/pipeline/bus"
)

// Status is what an engine does at one moment: all that /metrics, /readyz,
// /status and the table of "earwitness status" tell.
type Status struct {
	Time  time.Time `json:"time"`
	Began time.Time `json:"began"`
	// Epoch in force, and whether a rebuild of it goes on.
	Epoch      uint64 `json:"epoch"`
	Rebuilding bool   `json:"rebuilding"`
	// Following says that the partitions to follow are known; there may be
	// none where several processes share them.
	Following bool `json:"following"`
	// Sources in the order of the configuration, Stages in that of the way of
	// evidence.
	Sources []SourceStatus `json:"sources"`
	Stages  []StageStatus  `json:"stages"`
	// Correlator, Enricher, Elastic and Archives have what is special about a stage.
	Correlator *CorrelatorStatus `json:"correlator,omitempty"`
	Enricher   *EnricherStatus   `json:"enricher,omitempty"`
	// Organisations are those of Genesys that are asked, for audits or for
	// metadata.
	Organisations []OrganisationStatus `json:"organisations,omitempty"`
	Elastic       *ElasticStatus       `json:"elastic,omitempty"`
	Archives      []ArchiveStatus      `json:"archives"`
	// Coverage is that of the sources, where this process states it.
	Coverage []CoverageStatus `json:"coverage,omitempty"`
	// Letters are the dead letters that wait in the partitions that this
	// process follows, by stage and cause; nil until they are known.
	Letters []LettersStatus `json:"dead_letters_waiting,omitempty"`
	// ClockHeld is by how many seconds the machine's clock was set forward
	// and is not believed yet.
	ClockHeld float64 `json:"clock_held_seconds"`
}

// SourceStatus is what a source has read.
type SourceStatus struct {
	Name string `json:"name"`
	// Files (or objects) and bytes (as stored) as of the last listing, and how many of them
	// have been read, before or now.
	FilesTotal int64 `json:"files_total"`
	FilesDone  int64 `json:"files_done"`
	BytesTotal int64 `json:"bytes_total"`
	BytesDone  int64 `json:"bytes_done"`
	// Records handed on since the start; Repeated of them had been before.
	Records     int64 `json:"records"`
	Repeated    int64 `json:"repeated"`
	DeadLetters int64 `json:"dead_letters"`
	// Problems counts files that could not be read to their end.
	Problems int64 `json:"problems"`
	// Retries of requests to a bucket; Denied and Refused count attempts at
	// its objects that ended for want of rights, or with another object or
	// none in its place.
	Retries int64 `json:"retries"`
	Denied  int64 `json:"denied"`
	Refused int64 `json:"refused"`
	// Opened objects of a bucket were begun to be read; Failed requests to it
	// are counted by why, those that were made again included.
	Opened int64            `json:"opened"`
	Failed map[string]int64 `json:"failed_requests,omitempty"`
	// Queue that tells the source of its objects, or carries its evidence.
	Queue *QueueStatus `json:"queue,omitempty"`
	// Rate is how many records a second the bus acknowledged of late.
	Rate float64 `json:"rate"`
	// Waiting says what it waits for, Since when.
	Waiting string     `json:"waiting,omitempty"`
	Since   *time.Time `json:"since,omitempty"`
}

// waiter is a reader that may have to wait for others. Waiting says for what,
// and since when; empty for nothing.
type waiter interface {
	Waiting() (what string, since time.Time)
}

// status of a source whose evidence goes to partitions as they get on.
func (s *source) status(now time.Time, partitions []bus.ProducerStats) SourceStatus {
	p := s.reader.Progress()
	status := SourceStatus{
		Name: s.name, FilesTotal: p.FilesTotal, FilesDone: p.FilesDone, BytesTotal: p.BytesTotal, BytesDone: p.BytesDone,
		Records: p.Records, Repeated: p.Repeated, DeadLetters: p.DeadLetters, Problems: p.Problems,
		Retries: p.Retries, Denied: p.Denied, Refused: p.Refused, Opened: p.Opened,
	}
	if failing, ok := s.reader.(interface{ Failures() map[string]int64 }); ok {
		status.Failed = failing.Failures()
	}
	if q, ok := s.reader.(queued); ok {
		stats := q.Stats()
		status.Queue = newQueueStatus(q.name, &stats)
	}
	var stalled time.Time
	if status.Rate, stalled = s.published.look(now); !stalled.IsZero() {
		status.Waiting, status.Since = "the bus acknowledges nothing of what was read", moment(stalled)
		for _, p := range partitions {
			if p.Waiting != nil {
				status.Waiting += ": " + p.Waiting.Error()
				break
			}
		}
	} else if waiting, ok := s.reader.(waiter); ok {
		if what, since := waiting.Waiting(); what != "" {
			status.Waiting, status.Since = what, moment(since)
		}
	}
	return status
}

// StageStatus is one reader of a topic: correlate, index, elastic or worm.
type StageStatus struct {
	Stage string `json:"stage"`
	Topic string `json:"topic"`
	// Partitions that this process follows, in their order.
	Partitions []PartitionStatus `json:"partitions"`
}

// The states of a partition.
const (
	// StateOpening: its position is being found, and what it holds computed.
	StateOpening = "opening"
	// StateReplaying: the correlator has not come to where the topic ended
	// when it began.
	StateReplaying = "replaying"
	StateFollowing = "following"
	// StateWaiting: it could not go on, and tries again.
	StateWaiting = "waiting"
)

// PartitionStatus is how far a stage is in one partition.
type PartitionStatus struct {
	Partition int    `json:"partition"`
	State     string `json:"state"`
	// Position is the offset that the stage gets next, End the one behind the
	// last message that is known, Durable the one where a restart of the
	// stage would begin; -1 where it is not known.
	Position int64 `json:"position"`
	End      int64 `json:"end"`
	Durable  int64 `json:"durable"`
	// Lag is how many messages the stage has not got, LagSeconds how long ago
	// the first of them was appended.
	Lag        int64   `json:"lag"`
	LagSeconds float64 `json:"lag_seconds"`
	// Records that the stage was given since the start, those that came again
	// included, and how many a second of late.
	Records int64   `json:"records"`
	Rate    float64 `json:"rate"`
	// Retries is how often it has waited and tried again, DeadLetters what it
	// could not take.
	Retries     int64 `json:"retries"`
	DeadLetters int64 `json:"dead_letters"`
	// Waiting says what it waits for, Since when that, or its opening, began.
	Waiting string     `json:"waiting,omitempty"`
	Since   *time.Time `json:"since,omitempty"`
}

// CorrelatorStatus is that of the folds.
type CorrelatorStatus struct {
	// Published records since the start, with those that were said before.
	Published  int64        `json:"published"`
	Partitions []FoldStatus `json:"partitions"`
}

// FoldStatus is that of one partition's fold.
type FoldStatus struct {
	Partition int `json:"partition"`
	// Requests in memory, and when state was saved last.
	Requests int64     `json:"requests"`
	Saved    time.Time `json:"saved"`
}

// ElasticStatus is that of the sink as a whole.
type ElasticStatus struct {
	Stored       uint64     `json:"stored"`
	Superseded   uint64     `json:"superseded"`
	Requests     uint64     `json:"requests"`
	RequestBytes uint64     `json:"request_bytes"`
	Retries      uint64     `json:"retries"`
	Waiting      string     `json:"waiting,omitempty"`
	Since        *time.Time `json:"since,omitempty"`
}

// ArchiveStatus is that of a topic's archive.
type ArchiveStatus struct {
	Topic string `json:"topic"`
	// Segments that this process sealed, and their bytes.
	Segments uint64 `json:"segments"`
	Bytes    uint64 `json:"bytes"`
	// Gathered are about the bytes that wait for the next segments.
	Gathered int64 `json:"gathered_bytes"`
	// LastSealed is when a segment was last; absent before the first.
	LastSealed *time.Time `json:"last_sealed,omitempty"`
}
