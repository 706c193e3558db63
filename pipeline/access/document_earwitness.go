package access

import "earwitness/pipeline/evidence"

// earwitness writes what is our own finding.
func (w *jsonWriter) earwitness(r *Record) {
	isAccess := r.Kind == Kind_KIND_ACCESS
	mark := w.begin("earwitness")
	belongs := w.begin("access")
	w.hex("id", accessID(r))
	w.end(belongs)
	w.arrival(r.Arrival)
	if isAccess {
		w.number("bytes", r.Bytes)
	}
	w.candidates(r.Candidates)
	w.text("class", r.Class.Name())
	w.text("confidence", r.Confidence.Name())
	w.evidence(r.Evidence)
	if isAccess {
		w.number("evidence_count", r.EvidenceCount)
		w.hex("evidence_root", r.EvidenceRoot)
	}
	w.flags(r.Flags)
	if r.Kind == Kind_KIND_REQUEST {
		w.text("grade", r.Grade.Name())
	}
	w.text("kind", r.Kind.Name())
	w.text("model", r.Model.Name())
	w.person(r.Person)
	w.principal(r)
	if isAccess {
		w.number("requests", r.Requests)
		w.number("sessions", r.Sessions)
	}
	w.text("state", r.State.Name())
	subject := w.begin("subject")
	w.text("id", r.SubjectId)
	w.text("kind", r.SubjectKind.Name())
	w.end(subject)
	if r.State == State_STATE_RETRACTED {
		w.hex("successor", r.Successor)
	}
	if isAccess {
		w.text("taken", r.Taken.Name())
	}
	w.text("verdict", r.Verdict.Name())
	w.end(mark)
}

func accessID(r *Record) []byte {
	if len(r.AccessId) == 0 && r.Kind == Kind_KIND_ACCESS {
		return r.Id
	}
	return r.AccessId
}

func (w *jsonWriter) arrival(a *Arrival) {
	if a == nil {
		return
	}
	const nanosPerMilli = 1_000_000
	epoch, _ := SplitRevision(a.Revision)
	mark := w.begin("arrival")
	w.unsigned("epoch", epoch)
	w.date("first", a.FirstMs)
	w.date("last", a.LastMs)
	w.boolean("late", a.Late)
	if a.FirstMs != 0 {
		w.number("late_by", a.LateByMs*nanosPerMilli)
	}
	w.unsigned("revision", a.Revision)
	w.end(mark)
}

func (w *jsonWriter) candidates(candidates []*Candidate) {
	if len(candidates) == 0 {
		return
	}
	w.name("candidates")
	w.buf = append(w.buf, '[')
	for _, c := range candidates {
		w.comma()
		w.buf = append(w.buf, '{')
		w.text("audit", c.Audit)
		w.number("distance_s", c.DistanceS)
		w.text("id", c.Id)
		w.text("kind", c.Kind.Name())
		w.text("name", c.Name)
		w.buf = append(w.buf, '}')
	}
	w.buf = append(w.buf, ']')
}

func (w *jsonWriter) evidence(refs []*EvidenceRef) {
	mark := len(w.buf)
	w.name("evidence")
	w.buf = append(w.buf, '[')
	for _, ref := range refs {
		w.comma()
		w.buf = append(w.buf, '{')
		w.hex("id", ref.Id)
		if ref.Kind != evidence.Kind_KIND_UNKNOWN {
			w.text("kind", ref.Kind.Name())
		}
		if o := ref.Origin; o != nil {
			w.number("length", o.Length)
			w.number("offset", o.Offset)
			w.hex("sha256", o.Sha256)
			w.text("uri", o.Uri)
		}
		w.buf = append(w.buf, '}')
	}
	w.endList(mark)
}

// flags are written from the bits: the names are sorted as the bits are.
func (w *jsonWriter) flags(flags uint32) {
	if flags&(flagEnd-1) == 0 {
		return
	}
	w.name("flags")
	w.buf = append(w.buf, '[')
	for i, name := range flagNames {
		if flags&(1<<i) != 0 {
			w.comma()
			w.buf = appendString(w.buf, name)
		}
	}
	w.buf = append(w.buf, ']')
}

func (w *jsonWriter) person(p *Person) {
	if p == nil || absent(p.Id) {
		return
	}
	mark := w.begin("person")
	w.text("id", p.Id)
	w.text("kind", p.Kind.Name())
	w.text("name", p.Name)
	w.end(mark)
}

func (w *jsonWriter) principal(r *Record) {
	if r.PrincipalClass == PrincipalClass_PRINCIPAL_CLASS_UNKNOWN {
		return
	}
	mark := w.begin("principal")
	w.text("class", r.PrincipalClass.Name())
	w.hex("grant", r.Grant)
	w.text("id", r.PrincipalId)
	w.boolean("presigned", r.Presigned)
	w.text("session", r.PrincipalSession)
	w.end(mark)
}

// genesys writes what the contact centre calls things, and the act.
func (w *jsonWriter) genesys(r *Record) {
	names := centreNames(r)
	mark := w.begin("genesys")
	if a := r.Act; a != nil {
		audit := w.begin("audit")
		w.text("action", a.Action)
		entity := w.begin("entity")
		w.text("id", a.EntityId)
		w.text("type", a.EntityType)
		w.end(entity)
		w.text("id", a.AuditId)
		w.text("level", a.Level)
		w.text("service", a.Service)
		w.text("status", a.Status)
		w.end(audit)
	}
	w.identifier("conversation", names.conversation)
	w.identifier("organization", names.organization)
	w.recording(names.recording, r.Recording)
	w.end(mark)
}

func (w *jsonWriter) identifier(name, id string) {
	mark := w.begin(name)
	w.text("id", id)
	w.end(mark)
}
