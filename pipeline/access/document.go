package access

import "earwitness/pipeline/evidence"

// ecsVersion is the version of the Elastic Common Schema that the field names
// are taken from.
const ecsVersion = "8.11.0"

// AppendJSON appends r as one JSON object on one line, without a line end:
// the document of docs/formats/record.md. The order of the fields is fixed, so
// equal records give equal bytes. Whatever bytes r holds, the result is valid
// JSON; what is no UTF-8 is replaced by U+FFFD. It keeps nothing of r and is
// safe for concurrent use.
func AppendJSON(dst []byte, r *Record) []byte {
	w := jsonWriter{buf: append(dst, '{')}
	w.date("@timestamp", r.TimeMs)
	w.aws(r)
	source := canonicalIP(sourceIP(r))
	w.address("client", source)
	w.cloud(r)
	w.earwitness(r)
	mark := w.begin("ecs")
	w.text("version", ecsVersion)
	w.end(mark)
	w.event(r)
	w.file(r)
	w.genesys(r)
	w.web(r.Request)
	w.related(r)
	w.address("source", source)
	w.tls(r.Request)
	w.user(r)
	return append(w.buf, '}')
}

func (w *jsonWriter) address(name, ip string) {
	mark := w.begin(name)
	w.text("ip", ip)
	w.end(mark)
}

func (w *jsonWriter) event(r *Record) {
	mark := w.begin("event")
	w.text("action", r.Action)
	if r.Kind == Kind_KIND_ACCESS && r.Act != nil {
		w.list("category", []string{"file"})
	} else {
		w.list("category", []string{"file", "web"})
	}
	w.text("code", r.ErrorCode)
	if kind := r.Kind.Name(); kind != "" {
		w.text("dataset", "earwitness."+kind)
	}
	w.duration(r)
	if r.Kind == Kind_KIND_ACCESS {
		w.date("end", r.EndMs)
	}
	if r.Kind == Kind_KIND_REQUEST {
		w.hex("hash", rawHash(r.Evidence))
	}
	w.hex("id", r.Id)
	w.text("kind", "event")
	w.text("module", "earwitness")
	if r.Failed {
		w.text("outcome", "failure")
	} else {
		w.text("outcome", "success")
	}
	if r.Kind == Kind_KIND_ACCESS {
		w.date("start", r.StartMs)
	}
	w.list("type", []string{r.Class.eventType()})
	w.end(mark)
}

// duration in nanoseconds: of a request its total time, of an access from
// its first to its last.
func (w *jsonWriter) duration(r *Record) {
	const nanosPerMilli = 1_000_000
	switch {
	case r.Request != nil && r.Request.Present&evidence.PresentTotalTime != 0:
		w.number("duration", r.Request.TotalTimeMs*nanosPerMilli)
	case r.Kind == Kind_KIND_ACCESS && r.StartMs != 0:
		w.number("duration", (r.EndMs-r.StartMs)*nanosPerMilli)
	}
}

// eventType is the word of ECS for a class.
func (c Class) eventType() string {
	switch c {
	case Class_CLASS_READ, Class_CLASS_PROBE:
		return "access"
	case Class_CLASS_WRITE:
		return "creation"
	case Class_CLASS_DELETE:
		return "deletion"
	case Class_CLASS_CHANGE:
		return "change"
	default:
		return "info"
	}
}

// rawHash is the hash of the raw record, the access log's before
// CloudTrail's.
func rawHash(refs []*EvidenceRef) []byte {
	var best *EvidenceRef
	for _, ref := range refs {
		if ref.Origin == nil {
			continue
		}
		if best == nil || ref.Kind < best.Kind {
			best = ref
		}
	}
	if best == nil {
		return nil
	}
	return best.Origin.Sha256
}

func (w *jsonWriter) file(r *Record) {
	mark := w.begin("file")
	w.text("path", objectKey(r))
	switch {
	case r.Request != nil && r.Request.Present&evidence.PresentObjectSize != 0:
		w.number("size", r.Request.ObjectSize)
	case r.ObjectSize > 0:
		w.number("size", r.ObjectSize)
	}
	w.end(mark)
}

func (w *jsonWriter) related(r *Record) {
	mark := w.begin("related")
	list := len(w.buf)
	w.name("ip")
	w.buf = append(w.buf, '[')
	for _, ip := range r.RelatedIps {
		if ip = canonicalIP(ip); ip != "" {
			w.comma()
			w.buf = appendString(w.buf, ip)
		}
	}
	w.endList(list)
	w.list("user", r.RelatedUsers)
	w.end(mark)
}

// user is the person; nobody when nobody is known. One who came around the
// contact centre is known by the principal.
func (w *jsonWriter) user(r *Record) {
	mark := w.begin("user")
	switch {
	case r.Person != nil:
		w.text("email", r.Person.Email)
		w.text("id", r.Person.Id)
		w.text("name", r.Person.Name)
	case r.Verdict == Verdict_VERDICT_DIRECT:
		w.text("id", r.PrincipalId)
		w.text("name", principalName(r))
	}
	w.end(mark)
}
