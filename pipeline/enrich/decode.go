package enrich

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"earwitness/pipeline/evidence"
)

const (
	// largestAnswer about one thing, in bytes; evidence has to hold it.
	largestAnswer = 256 << 10
	// mostIDs of agents, and of queues, that an answer names.
	mostIDs = 100
)

// answered is the union of what the sources tell: RecordingMetadata and
// Recording, User, Queue, what guides call a recording, and the sidecar file,
// whose schema is not published. What has another type than is told here is
// taken for absent.
type answered struct {
	ID             text  `json:"id"`
	RecordingID    text  `json:"recordingId"`
	ConversationID text  `json:"conversationId"`
	Name           text  `json:"name"`
	Email          text  `json:"email"`
	Media          text  `json:"media"`
	MediaType      text  `json:"mediaType"`
	MediaSubtype   text  `json:"mediaSubtype"`
	FileState      text  `json:"fileState"`
	RecordingState text  `json:"recordingState"`
	Region         text  `json:"region"`
	Direction      text  `json:"initialDirection"`
	Provider       text  `json:"provider"`
	ObjectKey      text  `json:"objectKey"`
	CreationTime   text  `json:"creationTime"`
	CreatedDate    text  `json:"createdDate"`
	StartTime      text  `json:"startTime"`
	EndTime        text  `json:"endTime"`
	ExportedDate   text  `json:"exportedDate"`
	OutputDuration whole `json:"outputDurationMs"`
	Duration       whole `json:"durationMs"`
	UserIDs        texts `json:"userIds"`
	QueueIDs       texts `json:"queueIds"`
	QueueID        text  `json:"queueId"`
}

// text, whole and texts take what is theirs and leave the rest.
type (
	text  string
	whole int64
	texts []string
)

func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil && s != "-" {
		*t = text(s)
	}
	return nil
}

func (w *whole) UnmarshalJSON(b []byte) error {
	var n int64
	if json.Unmarshal(b, &n) == nil {
		*w = whole(n)
	}
	return nil
}

func (t *texts) UnmarshalJSON(b []byte) error {
	var list []text
	if json.Unmarshal(b, &list) != nil {
		return nil //nolint:nilerr // what is no list is absent
	}
	for _, item := range list[:min(len(list), mostIDs)] {
		if item != "" {
			*t = append(*t, string(item))
		}
	}
	return nil
}

// UnreadableError says that an answer is not what was asked for.
type UnreadableError struct{ Name, Why string }

func (e *UnreadableError) Error() string {
	return fmt.Sprintf("read answer about %s: %s; nothing is made of it", e.Name, e.Why)
}

// decode reads the answer to q. Errors: *UnreadableError.
func decode(q question, raw []byte) (*evidence.Metadata, error) {
	if len(raw) > largestAnswer {
		return nil, &UnreadableError{q.name(), fmt.Sprintf("it has %d bytes, more than %d", len(raw), largestAnswer)}
	}
	var a answered
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, &UnreadableError{q.name(), "it is no JSON object"}
	}
	m := &evidence.Metadata{About: q.about, AboutId: q.id, Source: q.source}
	named := a.ID
	switch q.about {
	case aboutUser, aboutQueue:
		m.Name, m.Email = string(a.Name), string(a.Email)
	default:
		named = cmp.Or(a.RecordingID, a.ID)
		a.recording(m)
	}
	if named != "" && !strings.EqualFold(string(named), q.id) {
		return nil, &UnreadableError{q.name(), "it is about another"}
	}
	return m, nil
}

func (a *answered) recording(m *evidence.Metadata) {
	m.ConversationId = string(a.ConversationID)
	m.Media, m.MediaSubtype = string(cmp.Or(a.Media, a.MediaType)), string(a.MediaSubtype)
	m.State, m.Region = string(cmp.Or(a.FileState, a.RecordingState)), string(a.Region)
	m.Direction, m.Provider, m.ObjectKey = string(a.Direction), string(a.Provider), string(a.ObjectKey)
	started := millis(a.StartTime)
	m.CreatedMs = cmp.Or(millis(a.CreationTime), millis(a.CreatedDate), started)
	m.ExportedMs = millis(a.ExportedDate)
	m.DurationMs = max(0, int64(cmp.Or(a.Duration, a.OutputDuration)))
	if ended := millis(a.EndTime); m.DurationMs == 0 && started != 0 && ended > started {
		m.DurationMs = ended - started
	}
	m.AgentIds, m.QueueIds = a.UserIDs, a.QueueIDs
	if a.QueueID != "" {
		m.QueueIds = append(m.QueueIds, string(a.QueueID))
	}
}

// millis reads a time as the API writes it, or as sidecars do, whose zone has
// no colon; 0 for anything else.
func millis(t text) int64 {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700"} {
		if at, err := time.Parse(layout, string(t)); err == nil {
			return at.UnixMilli()
		}
	}
	return 0
}

// elements gives the items of a JSON array that name a recording, by id.
func elements(raw []byte) (map[string]json.RawMessage, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, fmt.Errorf("read recordings of a conversation: it is no JSON array")
	}
	byID := make(map[string]json.RawMessage, len(items))
	for _, item := range items {
		var named struct{ ID text }
		if json.Unmarshal(item, &named) == nil && named.ID != "" {
			byID[evidence.LowerUUID(string(named.ID))] = item
		}
	}
	return byID, nil
}

// contentOf tells answers apart by what they say, and not by when it was
// asked or by what the source counts besides; never 0.
func contentOf(m *evidence.Metadata) uint64 {
	said := &evidence.Metadata{}
	b, err := m.MarshalVT()
	if err == nil {
		err = said.UnmarshalVT(b)
	}
	said.AskedMs = 0
	if err == nil {
		b, err = said.MarshalVT()
	}
	if err != nil {
		return 1 // it cannot be: m was decoded by us
	}
	sum := sha256.Sum256(b)
	return binary.BigEndian.Uint64(sum[:8]) | 1
}
