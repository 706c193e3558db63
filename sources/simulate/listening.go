package simulate

import "strconv"

// reader is somebody who reads, by the way that he came.
type reader struct {
	request
	link *link
}

// fleet reads for p through the contact centre's own machines.
func (w *world) fleet(s *source, story string, p *person, act string) *reader {
	r := &reader{request: request{
		ip: fleetNet + strconv.FormatInt(s.between(16, 47), 10), requester: w.serviceSession(s),
		agentText: sdkJava, story: story, principal: service, person: p, act: act, actor: "nobody known",
	}}
	if p != nil {
		r.actor = p.name
	}
	return r
}

// browser reads with a link that the contact centre signed for p.
func (w *world) browser(s *source, story string, p *person, act string, l *link) *reader {
	return &reader{link: l, request: request{
		ip: p.address, requester: w.serviceSession(s), query: l.query, presigned: true,
		referrer: "https://apps.mypurecloud.de/", agentText: p.agentText,
		story: story, principal: service, actor: p.name, person: p, act: act,
	}}
}

// outside reads with credentials of his own, or with none.
func (w *world) outside(story string, o *outsider) *reader {
	r := &reader{request: request{
		ip: o.address, requester: o.requester, agentText: o.agentText,
		story: story, principal: direct, actor: o.name,
	}}
	if o.requester == "" {
		r.principal = anonymous
	}
	return r
}

func (w *world) serviceSession(s *source) string {
	return w.cfg.ServiceRole + "/s" + strconv.FormatInt(s.between(1, 4), 10)
}

// whole reads all of an object.
func (w *world) whole(s *source, r *reader, at int64, o *object) {
	r.at, r.object, r.operation, r.method = at, o, "REST.GET.OBJECT", "GET"
	r.status, r.code, r.sent, r.size = 200, "", o.size, o.size
	w.request(s, &r.request)
}

// refused asks for an object and does not get it.
func (w *world) refused(s *source, r *reader, at int64, o *object) {
	r.at, r.object, r.operation, r.method = at, o, "REST.GET.OBJECT", "GET"
	r.status, r.code, r.sent, r.size = 403, "AccessDenied", 243, 0
	w.request(s, &r.request)
}

// look asks for no content.
func (w *world) look(s *source, r *reader, at int64, o *object, operation, method string) {
	r.at, r.object, r.operation, r.method = at, o, operation, method
	r.status, r.code, r.sent, r.size = 200, "", 0, 0
	if o != nil && method == "HEAD" {
		r.size = o.size
	}
	w.request(s, &r.request)
}

// ranges plays an object as players do, in n pieces with a pause of up to gap
// between them, and gives the time of the last one.
func (w *world) ranges(s *source, r *reader, at int64, o *object, n, gap int64) int64 {
	r.object, r.operation, r.method = o, "REST.GET.OBJECT", "GET"
	r.status, r.code, r.size = 206, "", o.size
	piece := max(o.size/n, 1)
	for i := range n {
		r.at, r.sent = at, piece
		if i == n-1 {
			r.sent = o.size - piece*(n-1)
		}
		w.request(s, &r.request)
		at += s.between(200, gap)
		if s.chance(0.01) {
			at += s.between(60_000, 8*60_000) // he thinks about what he heard
		}
	}
	return at
}

// preflight is what a browser asks first when a page of another origin plays.
func (w *world) preflight(s *source, r *reader, at int64, o *object) {
	w.request(s, &request{
		at: at, ip: r.ip, operation: "REST.OPTIONS.PREFLIGHT", object: o, method: "OPTIONS", query: r.query, status: 200,
		referrer: r.referrer, agentText: r.agentText, story: r.story, principal: anonymous, actor: r.actor, person: r.person,
	})
}

// read is the act of opening a recording.
func (w *world) read(s *source, story string, p *person, rec *recording, at int64, action string) string {
	a := w.about(s, story, p, rec, at, action)
	w.act(a)
	return a.id
}

func (w *world) about(s *source, story string, p *person, rec *recording, at int64, action string) *act {
	return &act{
		id: s.uuid(), at: at, person: p, action: action, entityType: rec.entityType(), entity: rec.id,
		conversation: rec.conversation, story: story, recording: rec.id,
	}
}

// plays opens a recording and listens. In the export model the bucket does
// not see it.
func (w *world) plays(s *source, story string, p *person, rec *recording, at, pieces, gap int64) {
	act := w.read(s, story, p, rec, at, "Read")
	if w.cfg.Model == ModelExport {
		return
	}
	var r *reader
	if s.chance(0.7) {
		at += s.between(100, 1500)
		r = w.browser(s, story, p, act, w.newLink(s, at))
		if at += s.between(200, 2000); s.chance(0.15) {
			w.preflight(s, r, at, &rec.media)
		}
	} else {
		at += s.between(300, 3000)
		r = w.fleet(s, story, p, act)
	}
	if s.chance(0.2) {
		w.look(s, r, at, &rec.media, "REST.HEAD.OBJECT", "HEAD")
	}
	w.ranges(s, r, at+s.below(400), &rec.media, pieces, gap)
}

func (w *world) ownCall(s *source, at int64) {
	rec := w.present(s)
	w.plays(s, storyOwnCall, rec.owner, rec, at, s.between(3, 30), 9_000)
}

// review is a supervisor who listens closely, with hundreds of ranges.
func (w *world) review(s *source, at int64) {
	w.plays(s, storyReview, pick(s, w.cast.supervisors), w.present(s), at, s.between(100, 400), 9_500)
}

// evaluation is a listening that ends with marks.
func (w *world) evaluation(s *source, at int64) {
	p, rec := pick(s, w.cast.evaluators), w.present(s)
	w.plays(s, storyEvaluation, p, rec, at, s.between(10, 60), 9_000)
	w.act(&act{
		id: s.uuid(), at: at + s.between(5*60_000, 15*60_000), person: p, action: "Create", entityType: "Evaluation",
		entity: s.uuid(), conversation: rec.conversation, story: storyEvaluation, recording: rec.id,
	})
}

func (w *world) download(s *source, at int64) {
	p, rec := pick(s, w.cast.team), w.present(s)
	act := w.read(s, storyDownload, p, rec, at, "Download")
	if w.cfg.Model == ModelExport {
		return
	}
	at += s.between(100, 1500)
	r := w.browser(s, storyDownload, p, act, w.newLink(s, at))
	w.whole(s, r, at+s.between(200, 4000), &rec.media)
}

// pageView opens the page of a recording, which is a Read too, and leaves.
func (w *world) pageView(s *source, at int64) {
	w.read(s, storyPageView, pick(s, w.cast.team), w.present(s), at, "Read")
}

func (w *world) retentionChange(s *source, at int64) {
	action := pick(s, []string{"UpdateRetention", "ApplyProtection", "RevokeProtection", "Update"})
	w.act(w.about(s, storyRetention, pick(s, w.cast.supervisors), w.present(s), at, action))
}

// contested is two people who open one recording within a minute; the fleet
// reads for both.
func (w *world) contested(s *source, at int64) {
	rec := w.present(s)
	one, other := pick(s, w.cast.supervisors), pick(s, w.cast.evaluators)
	later := at + s.between(5_000, 50_000)
	first := w.read(s, storyContested, one, rec, at, "Read")
	second := w.read(s, storyContested, other, rec, later, "Read")
	if w.cfg.Model == ModelExport {
		return
	}
	w.ranges(s, w.fleet(s, storyContested, one, first), at+s.between(500, 3000), &rec.media, s.between(4, 12), 4_000)
	w.ranges(s, w.fleet(s, storyContested, other, second), later+s.between(500, 3000), &rec.media, s.between(4, 12), 4_000)
}

// retry is refused, and allowed a minute later.
func (w *world) retry(s *source, at int64) {
	p, rec := pick(s, w.cast.agents), w.present(s)
	a := w.about(s, storyRetry, p, rec, at, "Read")
	a.failed = true
	w.act(a)
	if w.cfg.Model == ModelDirect {
		w.refused(s, w.fleet(s, storyRetry, p, a.id), at+s.between(200, 1500), &rec.media)
	}
	w.plays(s, storyRetry, p, rec, at+s.between(40_000, 90_000), s.between(3, 15), 6_000)
}
