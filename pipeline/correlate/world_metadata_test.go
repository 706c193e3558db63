package correlate_test

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"earwitness/pipeline/evidence"
)

// answer is what a lookup told under the subject of e.
func answer(e *evidence.Evidence, m *evidence.Metadata) *evidence.Evidence {
	m = proto.CloneOf(m)
	told := piece(evidence.Kind_KIND_METADATA, "https://api/"+m.AboutId, 0, rawOf("m", m))
	told.SubjectKind, told.SubjectId = e.SubjectKind, e.SubjectId
	told.Fact = &evidence.Evidence_Metadata{Metadata: m}
	return told
}

// addMetadata answers about the recordings, users and queues of some pieces,
// often several times, and by several sources.
func (g *generator) addMetadata() {
	asked := clock("12:00:00")
	for _, e := range slices.Clone(g.pieces) {
		if len(g.pieces) >= mostTold || !g.oneIn(4) {
			continue
		}
		m := &evidence.Metadata{AskedMs: asked + g.rng.Int64N(3)*60_000}
		pick(g,
			func() { g.answerUser(m, pick(g, "u1", "u2", "u3")) },
			func() { g.answerRecording(m, e.SubjectId) },
			func() { g.answerRecording(m, e.SubjectId) },
			func() {
				m.About, m.Source = evidence.MetadataAbout_METADATA_ABOUT_QUEUE, evidence.MetadataSource_METADATA_SOURCE_API
				m.AboutId, m.Name = pick(g, "q1", "q2"), pick(g, "Sales", "Care")
			})()
		m.Missing = g.oneIn(12)
		g.pieces = append(g.pieces, answer(e, m))
	}
}

func (g *generator) answerUser(m *evidence.Metadata, id string) {
	m.About, m.AboutId, m.Source = evidence.MetadataAbout_METADATA_ABOUT_USER, id, evidence.MetadataSource_METADATA_SOURCE_API
	m.Name, m.Email = pick(g, "", "Una", "Ursula"), pick(g, "", id+"@example.org")
}

func (g *generator) answerRecording(m *evidence.Metadata, id string) {
	m.About, m.AboutId = evidence.MetadataAbout_METADATA_ABOUT_RECORDING, pick(g, id, id, id, recordingTwo)
	m.Source = pick(g, evidence.MetadataSource_METADATA_SOURCE_API, evidence.MetadataSource_METADATA_SOURCE_INVENTORY,
		evidence.MetadataSource_METADATA_SOURCE_SIDECAR)
	m.ConversationId = pick(g, "", conversation, "another")
	m.Media, m.State = pick(g, "", "audio", "Call"), pick(g, "", "AVAILABLE", "DELETED")
	m.CreatedMs, m.DurationMs = pick(g, 0, clock("09:00:00")), pick[int64](g, 0, 25620)
	for range g.rng.IntN(3) {
		m.AgentIds = append(m.AgentIds, pick(g, "u1", "u2"))
		m.QueueIds = append(m.QueueIds, pick(g, "q1", "q2", fmt.Sprintf("q%d", g.rng.IntN(30))))
	}
}
