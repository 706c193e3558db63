package correlate_test

import (
	"bytes"
	"cmp"
	"slices"

	"google.golang.org/protobuf/proto"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

// answersBySubject keeps, of each source and thing, the answer that counts:
// of the latest lookup, then the lowest bytes. They come in that order too.
func answersBySubject(pieces []*evidence.Evidence) map[string][]*evidence.Evidence {
	var answers []*evidence.Evidence
	for _, p := range pieces {
		if m := p.GetMetadata(); m != nil && m.AboutId != "" && !m.Missing {
			answers = append(answers, p)
		}
	}
	sortPieces(answers)
	slices.SortStableFunc(answers, func(a, b *evidence.Evidence) int {
		x, y := a.GetMetadata(), b.GetMetadata()
		return cmp.Or(cmp.Compare(y.AskedMs, x.AskedMs), bytes.Compare(a.Raw, b.Raw))
	})
	bySubject := make(map[string][]*evidence.Evidence)
	for _, p := range answers {
		name := subjectName(p)
		known := slices.ContainsFunc(bySubject[name], func(q *evidence.Evidence) bool {
			x, y := p.GetMetadata(), q.GetMetadata()
			return x.About == y.About && x.AboutId == y.AboutId && x.Source == y.Source
		})
		if !known {
			bySubject[name] = append(bySubject[name], p)
		}
	}
	return bySubject
}

func subjectName(e *evidence.Evidence) string { return e.SubjectKind.Name() + ":" + e.SubjectId }

// told is what the answers say of one thing together; nil when nothing.
func (s *oSubject) told(about evidence.MetadataAbout, id string) *evidence.Metadata {
	var merged *evidence.Metadata
	for _, p := range s.answers {
		m := p.GetMetadata()
		switch {
		case m.About != about || m.AboutId != id:
		case merged == nil:
			merged = proto.CloneOf(m)
		default:
			takeAbsent(merged.ProtoReflect(), proto.CloneOf(m).ProtoReflect(), "about", "about_id", "source", "asked_ms", "missing")
		}
	}
	return merged
}

// decorated is rec with what the answers add.
func (s *oSubject) decorated(rec *access.Record) *access.Record {
	user := func(id string) *evidence.Metadata { return s.told(evidence.MetadataAbout_METADATA_ABOUT_USER, id) }
	if p := rec.Person; p != nil && p.Kind == access.ActorKind_ACTOR_KIND_USER {
		p.Name, p.Email = cmp.Or(p.Name, user(p.Id).GetName()), cmp.Or(p.Email, user(p.Id).GetEmail())
	}
	for _, c := range rec.Candidates {
		if c.Kind == access.ActorKind_ACTOR_KIND_USER {
			c.Name = cmp.Or(c.Name, user(c.Id).GetName())
		}
	}
	m := s.told(evidence.MetadataAbout_METADATA_ABOUT_RECORDING, s.id)
	if m == nil || s.kind != evidence.SubjectKind_SUBJECT_KIND_RECORDING {
		return rec
	}
	rec.ConversationId = cmp.Or(rec.ConversationId, m.ConversationId)
	rec.Recording = &access.Recording{
		Media: m.Media, MediaSubtype: m.MediaSubtype, State: m.State, Region: m.Region, Direction: m.Direction,
		Provider: m.Provider, CreatedMs: m.CreatedMs, DurationMs: m.DurationMs, ExportedMs: m.ExportedMs, ObjectKey: m.ObjectKey,
	}
	slices.Sort(m.AgentIds)
	slices.Sort(m.QueueIds)
	for i, id := range slices.Compact(m.AgentIds) {
		if i < 20 {
			rec.Recording.Agents = append(rec.Recording.Agents, &access.Named{Id: id, Name: user(id).GetName()})
		}
	}
	for i, id := range slices.Compact(m.QueueIds) {
		if i < 20 {
			queue := s.told(evidence.MetadataAbout_METADATA_ABOUT_QUEUE, id)
			rec.Recording.Queues = append(rec.Recording.Queues, &access.Named{Id: id, Name: queue.GetName()})
		}
	}
	return rec
}
