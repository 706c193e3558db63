package simulate

// How long after a recording was made things happen to it, in hours.
const (
	exportHours     = 2
	deleteHours     = 26
	overwriteHours  = 30
	transitionHours = 3 * 24
)

// upkeep does what is due in this hour by the age of recordings.
func (w *world) upkeep(s *source) {
	at := w.calendar.at(w.hour)
	w.aged(exportHours, func(i int64) { w.export(s, at+s.below(hour), w.recording(i)) })
	w.aged(deleteHours, func(i int64) {
		switch i % fates {
		case fateDeleted:
			w.deleteOne(s, at+s.below(hour), w.recording(i))
		case fateBulkDeleted:
			w.bulkDelete(s, at+s.below(hour), w.recording(i))
		case fateGhostDeleted:
			w.ghostDelete(s, at+s.below(hour), w.recording(i))
		}
	})
	w.aged(overwriteHours, func(i int64) {
		if i%fates == fateRewritten {
			w.overwrite(s, at+s.below(hour), w.recording(i))
		}
	})
	w.aged(transitionHours, func(i int64) {
		if i%fates == fateMoved {
			w.lifecycle(s, storyTransition, at+s.below(hour), w.recording(i), "S3.TRANSITION_GIR.OBJECT")
		}
	})
	switch w.hour % 24 {
	case 0:
		w.expiry(s, at+5*60_000)
	case 3:
		w.multiDelete(s, at+s.below(hour/2))
	}
}

// aged calls do with each recording that reaches an age in this hour.
func (w *world) aged(hours int, do func(i int64)) {
	first, end := w.calendar.made(w.hour-hours), w.calendar.made(w.hour-hours+1)
	for i := first; i < end; i++ {
		do(i)
	}
}

// expiry is what the bucket's own rules throw away each day.
func (w *world) expiry(s *source, at int64) {
	w.ofDay(historyDays, func(i int64) {
		fate := i % fates
		if fate < fateExpires || fate >= fateExpires+fatesExpire {
			return
		}
		rec := w.recording(i)
		w.lifecycle(s, storyExpiry, at+s.below(40*60_000), rec, "S3.EXPIRE.OBJECT")
	})
}

// ofDay calls do with each recording of the day so many days ago.
func (w *world) ofDay(ago int, do func(i int64)) {
	begin := (w.hour/24 - ago) * 24
	for i, end := w.calendar.made(begin), w.calendar.made(begin+24); i < end; i++ {
		do(i)
	}
}

// lifecycle is an act of S3 itself on a recording and its sidecar.
func (w *world) lifecycle(s *source, story string, at int64, rec *recording, operation string) {
	w.count(story, StoryCount{Times: 1})
	for _, o := range [...]*object{&rec.media, &rec.sidecar} {
		w.request(s, &request{
			at: at, requester: "AmazonS3", operation: operation, object: o, size: o.size,
			story: story, principal: aws, actor: "AmazonS3",
		})
	}
}

// export brings a recording into the bucket: by a job of the client, for some
// by the wish of somebody.
func (w *world) export(s *source, at int64, rec *recording) {
	w.count(storyExport, StoryCount{Times: 1})
	p := w.cast.exporter
	if s.chance(0.1) {
		p = pick(s, w.cast.admins)
	}
	action := "Export"
	if w.cfg.Model == ModelDirect && s.chance(0.3) {
		action = "Archive"
	}
	act := w.read(s, storyExport, p, rec, at, action)
	r := w.fleet(s, storyExport, p, act)
	at += s.between(300, 4000)
	for _, o := range [...]*object{&rec.media, &rec.sidecar} {
		r.at, r.object, r.operation, r.method, r.status, r.size = at, o, "REST.PUT.OBJECT", "PUT", 200, o.size
		w.request(s, &r.request)
		at += s.between(100, 900)
	}
}

// overwrite puts other content in the place of a recording.
func (w *world) overwrite(s *source, at int64, rec *recording) {
	w.count(storyOverwrite, StoryCount{Times: 1})
	r := w.outside(storyOverwrite, &w.cast.operator)
	w.look(s, r, at, &rec.media, "REST.HEAD.OBJECT", "HEAD")
	r.at, r.operation, r.method, r.size = at+1200, "REST.PUT.OBJECT", "PUT", rec.media.size/2
	w.request(s, &r.request)
}

// ownReads are those of whoever runs Earwitness: sidecars and tags.
func (w *world) ownReads(s *source, at int64) {
	r := w.outside(storyOwnReads, &outsider{name: "earwitness", requester: w.ownRequester, address: officeNet + "2", agentText: sdkGo})
	r.principal = self
	for range s.between(1, 6) {
		rec := w.present(s)
		w.whole(s, r, at, &rec.sidecar)
		w.look(s, r, at+200, &rec.media, "REST.HEAD.OBJECT", "HEAD")
		if s.chance(0.3) {
			w.look(s, r, at+400, &rec.media, "REST.GET.OBJECT_TAGGING", "GET")
		}
		at += s.between(500, 3000)
	}
}

// inventory lists the bucket.
func (w *world) inventory(s *source, at int64) {
	r := w.outside(storyInventory, &w.cast.analyst)
	r.query = []byte("list-type=2&prefix=" + w.cast.org + "%2F&max-keys=1000")
	for range s.between(1, 5) {
		w.look(s, r, at, nil, "REST.GET.BUCKET", "GET")
		at += s.between(300, 1200)
	}
}

// portalReview is the customer's own player, which asks for ranges too.
func (w *world) portalReview(s *source, at int64) {
	rec := w.present(s)
	w.ranges(s, w.outside(storyPortal, &w.cast.portal), at, &rec.media, s.between(20, 200), 9_000)
}

// analytics reads recordings by the dozen to transcribe them.
func (w *world) analytics(s *source, at int64) {
	r := w.outside(storyAnalytics, &w.cast.analyst)
	for range s.between(10, 40) {
		rec := w.present(s)
		w.whole(s, r, at, &rec.sidecar)
		w.whole(s, r, at+400, &rec.media)
		at += s.between(2_000, 9_000)
	}
}

// contentDelivery reads for a web site; its name has spaces.
func (w *world) contentDelivery(s *source, at int64) {
	r := w.outside(storyDelivery, &w.cast.cdn)
	for range s.between(2, 6) {
		rec := w.present(s)
		w.whole(s, r, at, &rec.media)
		at += s.between(1_000, 60_000)
	}
}
