package enrich

import (
	"crypto/sha256"
	"strings"

	"earwitness/pipeline/evidence"
)

// The words of evidence, short.
const (
	aboutRecording = evidence.MetadataAbout_METADATA_ABOUT_RECORDING
	aboutUser      = evidence.MetadataAbout_METADATA_ABOUT_USER
	aboutQueue     = evidence.MetadataAbout_METADATA_ABOUT_QUEUE

	fromAPI       = evidence.MetadataSource_METADATA_SOURCE_API
	fromGuide     = evidence.MetadataSource_METADATA_SOURCE_GUIDE
	fromInventory = evidence.MetadataSource_METADATA_SOURCE_INVENTORY
	fromSidecar   = evidence.MetadataSource_METADATA_SOURCE_SIDECAR
)

// question is one thing that one source is asked about.
type question struct {
	about  evidence.MetadataAbout
	source evidence.MetadataSource
	id     string
	// conversation of a recording, for the API.
	conversation string
	// bucket and key of a recording's file, for its sidecar.
	bucket, key string
}

// sidecarEnd is what the key of a sidecar ends with, behind the whole key of
// its recording.
const sidecarEnd = "_metadata.json"

// name of what is asked, as keys of the cache and the topic have it.
func (q question) name() string {
	about, source := "recording", "api"
	switch q.about {
	case aboutUser:
		about = "user"
	case aboutQueue:
		about = "queue"
	}
	switch q.source {
	case fromGuide:
		source = "guide"
	case fromInventory:
		source = "inventory"
	case fromSidecar:
		source = "sidecar"
	}
	return source + "/" + about + "/" + q.id
}

// clone gives texts of their own: those of evidence lie in a message.
func (q question) clone() question {
	for _, text := range []*string{&q.id, &q.conversation, &q.bucket, &q.key} {
		*text = strings.Clone(*text)
	}
	return q
}

// questionsOf calls ask with what e asks for. Answers ask for nothing, nor
// does what could not be read.
func (s *Sources) questionsOf(e *evidence.Evidence, ask func(question)) {
	if e.Kind == evidence.Kind_KIND_METADATA || e.Grade == evidence.Grade_GRADE_RAW {
		return
	}
	var conversation, bucket, key string
	switch {
	case e.GetRequest() != nil:
		r := e.GetRequest()
		conversation = r.ConversationId
		if r.ObjectKind == evidence.ObjectKind_OBJECT_KIND_MEDIA {
			bucket, key = r.Bucket, r.Key
		}
	case e.GetKeyUse() != nil:
		conversation = e.GetKeyUse().ConversationId
	case e.GetAct() != nil:
		a := e.GetAct()
		conversation = a.ConversationId
		if a.UserId != "" && s.Users != nil {
			ask(question{about: aboutUser, source: fromAPI, id: a.UserId})
		}
	}
	if e.SubjectKind != evidence.SubjectKind_SUBJECT_KIND_RECORDING || e.SubjectId == "" {
		return
	}
	recording := question{about: aboutRecording, id: e.SubjectId}
	if conversation != "" && s.Recordings != nil {
		q := recording
		q.source, q.conversation = fromAPI, conversation
		ask(q)
	}
	if s.Guide != nil {
		q := recording
		q.source = fromGuide
		ask(q)
	}
	if s.Inventory != nil {
		q := recording
		q.source = fromInventory
		ask(q)
	}
	if key != "" && s.Sidecars != nil {
		q := recording
		q.source, q.bucket, q.key = fromSidecar, bucket, key+sidecarEnd
		ask(q)
	}
}

// questionsIn calls ask with what an answer asks for: its agents and queues,
// and what the API knows of a recording whose conversation it tells.
func (s *Sources) questionsIn(m *evidence.Metadata, ask func(question)) {
	if m.About == aboutRecording && m.Source != fromAPI && m.ConversationId != "" && s.Recordings != nil {
		ask(question{about: aboutRecording, source: fromAPI, id: m.AboutId, conversation: m.ConversationId})
	}
	if s.Users != nil {
		for _, id := range m.AgentIds {
			ask(question{about: aboutUser, source: fromAPI, id: id})
		}
	}
	if s.Queues != nil {
		for _, id := range m.QueueIds {
			ask(question{about: aboutQueue, source: fromAPI, id: id})
		}
	}
}

// subject that something is asked for.
type subject struct {
	kind evidence.SubjectKind
	id   string
}

// toldKey names that a subject was told of the answer to a question, in one
// life of the topics.
func toldKey(lineage [16]byte, to subject, q question) [16]byte {
	var space [256]byte
	buf := append(space[:0], lineage[:]...)
	buf = evidence.SubjectKey(buf, to.kind, to.id)
	buf = append(buf, 0)
	buf = append(buf, q.name()...)
	sum := sha256.Sum256(buf)
	return [16]byte(sum[:16])
}

// clone gives a text of its own.
func (s subject) clone() subject { return subject{s.kind, strings.Clone(s.id)} }
