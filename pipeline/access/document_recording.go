package access

// recording writes the id of a recording, and what metadata says of it.
func (w *jsonWriter) recording(id string, r *Recording) {
	const nanosPerMilli = 1_000_000
	mark := w.begin("recording")
	if r == nil {
		w.text("id", id)
		w.end(mark)
		return
	}
	w.named("agents", r.Agents)
	w.date("created", r.CreatedMs)
	w.text("direction", r.Direction)
	if r.DurationMs != 0 {
		w.number("duration", r.DurationMs*nanosPerMilli)
	}
	w.date("exported", r.ExportedMs)
	w.text("id", id)
	w.text("media", r.Media)
	w.text("media_subtype", r.MediaSubtype)
	w.text("object_key", r.ObjectKey)
	w.text("provider", r.Provider)
	w.named("queue", r.Queues)
	w.text("region", r.Region)
	w.text("state", r.State)
	w.end(mark)
}

// named leaves itself out where nobody is listed.
func (w *jsonWriter) named(name string, list []*Named) {
	mark := len(w.buf)
	w.name(name)
	w.buf = append(w.buf, '[')
	for _, n := range list {
		w.comma()
		w.buf = append(w.buf, '{')
		w.text("id", n.Id)
		w.text("name", n.Name)
		w.buf = append(w.buf, '}')
	}
	w.endList(mark)
}
