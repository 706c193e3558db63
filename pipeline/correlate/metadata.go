package correlate

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"earwitness/pipeline/evidence"
)

// metadata is what one source answered about one thing, under the subject
// that it was asked for. It decorates the records of the subject, and changes
// no verdict.
type metadata struct {
	about   evidence.MetadataAbout
	id      string
	source  evidence.MetadataSource
	asked   int64 // milliseconds
	piece   piece
	arrived int64
}

func compareMetadata(a, b *metadata) int {
	return cmp.Or(cmp.Compare(a.about, b.about), strings.Compare(a.id, b.id), cmp.Compare(a.source, b.source))
}

// applyMetadata takes in an answer. Of two by one source about one thing the
// later lookup counts, then the lower bytes.
func (s *state) applyMetadata(e *evidence.Evidence, body []byte) {
	fact := e.GetMetadata()
	if fact.AboutId == "" || fact.Missing {
		return
	}
	sub := s.subjectOf(e)
	m := &metadata{
		about: fact.About, id: strings.Clone(fact.AboutId), source: fact.Source, asked: fact.AskedMs, arrived: s.now.ms,
		piece: piece{id: evidence.ID(e.Id)},
	}
	at, known := slices.BinarySearchFunc(sub.metadata, m, compareMetadata)
	if known {
		was := sub.metadata[at]
		if !s.counts(e, was) {
			return
		}
		s.bodies.release(was.piece.body)
		sub.metadata[at] = m
	} else {
		sub.metadata = slices.Insert(sub.metadata, at, m)
	}
	m.piece.body = s.bodies.put(body)
	s.touchSubject(sub)
}

// counts says whether e goes before the answer that stands.
func (s *state) counts(e *evidence.Evidence, was *metadata) bool {
	if asked := e.GetMetadata().AskedMs; asked != was.asked {
		return asked > was.asked
	}
	return compareAnswers(e, s.bodies.evidence(was.piece.body)) < 0
}

// compareAnswers puts the answer that counts first: that of the later lookup,
// then that of the lower bytes.
func compareAnswers(a, b *evidence.Evidence) int {
	return cmp.Or(cmp.Compare(b.GetMetadata().AskedMs, a.GetMetadata().AskedMs), bytes.Compare(a.Raw, b.Raw), comparePieces(a, b))
}

// touchSubject touches all records of sub.
func (s *state) touchSubject(sub *subject) {
	for _, g := range sub.groups {
		s.touchGroup(g)
		for _, x := range g.sessions {
			s.touchSession(x)
		}
	}
	for _, a := range sub.acts {
		s.touchAct(a)
	}
}

// sweepMetadata lets answers depart to which neither evidence came within the
// horizon nor any record is left that they decorate.
func (s *state) sweepMetadata(sub *subject, limit int64) {
	used := len(sub.groups)+len(sub.acts) > 0
	sub.metadata = slices.DeleteFunc(sub.metadata, func(m *metadata) bool {
		if m.arrived >= limit && (sub.oldest == 0 || m.arrived < sub.oldest) {
			sub.oldest = m.arrived
		}
		if used || m.arrived >= limit {
			return false
		}
		s.bodies.release(m.piece.body)
		return true
	})
}

// codeMetadata codes the answers, subject by subject.
func (s *state) codeMetadata(c *coder) {
	for _, sub := range s.order {
		list(c, &sub.metadata, func(answer **metadata) {
			if *answer == nil {
				*answer = &metadata{}
			}
			m := *answer
			whole(c, &m.about)
			c.text(&m.id)
			whole(c, &m.source)
			c.int64(&m.asked)
			c.id(&m.piece.id)
			whole(c, &m.piece.body)
			c.int64(&m.arrived)
		})
	}
}
