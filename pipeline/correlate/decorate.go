package correlate

import (
	"cmp"
	"slices"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

// mostNamed are the agents, and the queues, that a record lists.
const mostNamed = 20

// decoration is what the answers about a subject say together.
type decoration struct {
	recording    *access.Recording
	conversation string
	users        map[string]*evidence.Metadata
	queues       map[string]*evidence.Metadata
}

// decorationOf gives what decorates the records of sub; nil where nothing was
// answered. Records that are published together share it.
func (s *state) decorationOf(sub *subject) *decoration {
	if len(sub.metadata) == 0 {
		return nil
	}
	d := s.decorations[sub]
	if d == nil {
		d = s.decorate(sub)
	}
	if s.decorations != nil {
		s.decorations[sub] = d
	}
	return d
}

func (s *state) decorate(sub *subject) *decoration {
	d := &decoration{users: make(map[string]*evidence.Metadata), queues: make(map[string]*evidence.Metadata)}
	var recording *evidence.Metadata
	for _, e := range s.answers(sub) {
		fact := e.GetMetadata()
		switch {
		case fact.About == evidence.MetadataAbout_METADATA_ABOUT_USER:
			d.users[fact.AboutId] = fillAnswer(d.users[fact.AboutId], fact)
		case fact.About == evidence.MetadataAbout_METADATA_ABOUT_QUEUE:
			d.queues[fact.AboutId] = fillAnswer(d.queues[fact.AboutId], fact)
		case fact.About == evidence.MetadataAbout_METADATA_ABOUT_RECORDING && fact.AboutId == sub.recording():
			recording = fillAnswer(recording, fact)
		}
	}
	if recording != nil {
		d.conversation = recording.ConversationId
		d.recording = &access.Recording{
			Media: recording.Media, MediaSubtype: recording.MediaSubtype, State: recording.State, Region: recording.Region,
			Direction: recording.Direction, Provider: recording.Provider, CreatedMs: recording.CreatedMs,
			DurationMs: recording.DurationMs, ExportedMs: recording.ExportedMs, ObjectKey: recording.ObjectKey,
			Agents: named(recording.AgentIds, d.users), Queues: named(recording.QueueIds, d.queues),
		}
	}
	return d
}

// answers reads those about sub, the one that counts first, with texts of
// their own: they outlive the bodies.
func (s *state) answers(sub *subject) []*evidence.Evidence {
	all := make([]*evidence.Evidence, len(sub.metadata))
	for i, m := range sub.metadata {
		all[i] = &evidence.Evidence{}
		s.bodies.check(m.piece.body, all[i].UnmarshalVT(s.bodies.get(m.piece.body)))
	}
	slices.SortStableFunc(all, compareAnswers)
	return all
}

// fillAnswer gives first each field that it lacks.
func fillAnswer(first, next *evidence.Metadata) *evidence.Metadata {
	if first == nil {
		return next
	}
	fillAbsent(first.ProtoReflect(), next.ProtoReflect(), isLookup)
	return first
}

// named lists ids, sorted and each once, with the names that are known.
func named(ids []string, names map[string]*evidence.Metadata) []*access.Named {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	var list []*access.Named
	for _, id := range ids[:min(len(ids), mostNamed)] {
		list = append(list, &access.Named{Id: id, Name: names[id].GetName()})
	}
	return list
}

// decorateRecord gives rec what is known of its recording.
func (s *state) decorateRecord(rec *access.Record, sub *subject) {
	d := s.decorationOf(sub)
	if d == nil {
		return
	}
	rec.Recording = d.recording
	rec.ConversationId = cmp.Or(rec.ConversationId, d.conversation)
}

// nameUser gives a person the name and the address that nothing else told.
func (s *state) nameUser(p *access.Person, sub *subject) *access.Person {
	if p == nil || p.Kind != access.ActorKind_ACTOR_KIND_USER {
		return p
	}
	d := s.decorationOf(sub)
	if d == nil {
		return p
	}
	told := d.users[p.Id]
	p.Name, p.Email = cmp.Or(p.Name, told.GetName()), cmp.Or(p.Email, told.GetEmail())
	return p
}
