package simulate

// deleteOne is somebody who deletes a recording in Genesys Cloud. In the
// export model that leaves the copy in the bucket alone.
func (w *world) deleteOne(s *source, at int64, rec *recording) {
	w.count(storyDelete, StoryCount{Times: 1})
	p := pick(s, w.cast.supervisors)
	act := w.read(s, storyDelete, p, rec, at, "Delete")
	if w.cfg.Model == ModelDirect {
		w.remove(s, w.fleet(s, storyDelete, p, act), at+s.between(500, 4000), rec)
	}
}

// bulkDelete is one of many that a client deletes.
func (w *world) bulkDelete(s *source, at int64, rec *recording) {
	w.count(storyBulkDelete, StoryCount{Times: 1})
	act := w.read(s, storyBulkDelete, w.cast.exporter, rec, at, "BulkDelete")
	if w.cfg.Model == ModelDirect {
		w.remove(s, w.fleet(s, storyBulkDelete, w.cast.exporter, act), at+s.between(500, 4000), rec)
	}
}

// ghostDelete is a deletion with the contact centre's role that no audit
// explains.
func (w *world) ghostDelete(s *source, at int64, rec *recording) {
	w.count(storyGhostDelete, StoryCount{Times: 1})
	w.remove(s, w.fleet(s, storyGhostDelete, nil, ""), at, rec)
}

func (w *world) remove(s *source, r *reader, at int64, rec *recording) {
	for _, o := range [...]*object{&rec.media, &rec.sidecar} {
		r.at, r.object, r.operation, r.method, r.status, r.size = at, o, "REST.DELETE.OBJECT", "DELETE", 204, o.size
		w.request(s, &r.request)
		at += s.between(50, 500)
	}
}

// maxKeys is the most that one request deletes.
const maxKeys = 1000

// multiDelete is an operator who clears away at night what is two days old:
// one request, and one line more for each key.
func (w *world) multiDelete(s *source, at int64) {
	var batch []*recording
	flush := func() {
		if len(batch) > 0 {
			w.deleteKeys(s, at, batch)
			at += s.between(2_000, 9_000)
			batch = batch[:0]
		}
	}
	w.ofDay(2, func(i int64) {
		if i%fates == fateCleared {
			batch = append(batch, w.recording(i))
		}
		if len(batch) == maxKeys/2 {
			flush()
		}
	})
	flush()
}

func (w *world) deleteKeys(s *source, at int64, batch []*recording) {
	w.count(storyMultiDelete, StoryCount{Times: 1})
	r := w.outside(storyMultiDelete, &w.cast.operator)
	r.requestID, r.hostID = w.newRequestID(uint64(w.summary.Requests)+1, ""), newHostID(s)
	requestID, hostID := r.requestID, r.hostID
	r.query = []byte("delete")
	w.look(s, r, at, nil, "REST.POST.MULTI_OBJECT_DELETE", "POST")
	r.operation, r.method, r.query, r.status = "BATCH.DELETE.OBJECT", "", nil, 204
	for _, rec := range batch {
		for _, o := range [...]*object{&rec.media, &rec.sidecar} {
			r.requestID, r.hostID = requestID, hostID
			r.object, r.size = o, o.size
			w.request(s, &r.request)
		}
	}
}

// copyOne copies a recording to where nobody looks for it.
func (w *world) copyOne(s *source, at int64) {
	rec := w.present(s)
	copied := newObject("tmp/"+rec.id+".opus", rec.media.size, "")
	r := w.outside(storyCopy, &w.cast.console)
	w.copyPair(s, r, at, rec, &copied, "REST.COPY.OBJECT")
}

// copyPair is the two lines of one copy.
func (w *world) copyPair(s *source, r *reader, at int64, rec *recording, to *object, operation string) {
	r.at, r.status, r.query = at, 200, nil
	r.object, r.operation, r.method, r.size = &rec.media, operation+"_GET", "", rec.media.size
	w.request(s, &r.request)
	r.object, r.operation, r.method, r.size = to, operation, "PUT", to.size
	w.request(s, &r.request)
}

// copyParts copies a recording in parts.
func (w *world) copyParts(s *source, at int64) {
	rec := w.present(s)
	copied := newObject("tmp/large copy of "+rec.id+".opus", rec.media.size, "")
	r := w.outside(storyMultipart, &w.cast.operator)
	r.query = []byte("uploads")
	w.look(s, r, at, &copied, "REST.POST.UPLOADS", "POST")
	for range s.between(2, 4) {
		at += s.between(500, 3000)
		w.copyPair(s, r, at, rec, &copied, "REST.COPY.PART")
	}
	r.query, r.size = []byte("uploadId=2~VXBsb2FkIElE"), copied.size
	w.look(s, r, at+700, &copied, "REST.POST.UPLOAD", "POST")
}

// policyChange is an operator at work on the bucket itself.
func (w *world) policyChange(s *source, at int64) {
	r := w.outside(storyPolicy, &w.cast.console)
	for _, step := range [...][3]string{
		{"REST.GET.BUCKETPOLICY", "GET", "policy"},
		{"REST.PUT.BUCKETPOLICY", "PUT", "policy"},
		{"REST.PUT.LIFECYCLE", "PUT", "lifecycle"},
	} {
		r.query = []byte(step[2])
		w.look(s, r, at, nil, step[0], step[1])
		at += s.between(5_000, 60_000)
	}
}

// checksum is a job of S3: four parts to its operation, a UUID for its id.
func (w *world) checksum(s *source, at int64) {
	rec := w.present(s)
	w.request(s, &request{
		at: at, requester: w.cast.console.requester, operation: "S3.COMPUTE.OBJECT.CHECKSUM", object: &rec.media,
		status: 200, size: rec.media.size, story: storyChecksum, principal: direct, actor: w.cast.console.name,
	})
}
