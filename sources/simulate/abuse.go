package simulate

import (
	"fmt"
	"strconv"
)

// stranger is an address that nobody in the contact centre has.
func stranger(s *source) string {
	if s.chance(0.3) {
		return fmt.Sprintf("2001:db8:f%03x::%x", s.below(0x1000), s.between(1, 0xffff))
	}
	return worldNet + strconv.FormatInt(s.between(70, 190), 10)
}

// holder uses a link that was made for somebody else.
func (w *world) holder(s *source, story string, l *link, session string) *reader {
	r := w.outside(story, &w.cast.friend)
	r.ip, r.agentText, r.principal = stranger(s), pick(s, browsers), service
	r.requester, r.query, r.presigned = session, l.query, true
	return r
}

// linkShared is a link that its owner used, and then sent to somebody.
func (w *world) linkShared(s *source, at int64) {
	p, rec := pick(s, w.cast.agents), w.present(s)
	act := w.read(s, storyLinkShared, p, rec, at, "Read")
	signed := at + s.between(100, 1500)
	l := w.newLink(s, signed)
	mine := w.browser(s, storyLinkShared, p, act, l)
	if w.cfg.Model == ModelExport {
		mine = w.customerLink(l)
		mine.story = storyLinkShared
	}
	end := w.ranges(s, mine, signed+s.between(500, 2500), &rec.media, s.between(3, 10), 3_000)
	theirs := w.holder(s, storyLinkShared, l, mine.requester)
	theirs.principal = mine.principal
	w.whole(s, theirs, end+s.between(5*60_000, 35*60_000), &rec.media)
}

// linkMailed is a link whose owner never used it himself.
func (w *world) linkMailed(s *source, at int64) {
	p, rec := pick(s, w.cast.agents), w.present(s)
	w.read(s, storyLinkMailed, p, rec, at, "Download")
	signed := at + s.between(100, 1500)
	l := w.newLink(s, signed)
	theirs := w.holder(s, storyLinkMailed, l, w.serviceSession(s))
	if w.cfg.Model == ModelExport {
		theirs.requester, theirs.principal = w.cast.portal.requester, direct
	}
	w.whole(s, theirs, signed+s.between(3*60_000, 40*60_000), &rec.media)
}

// customerLink is one that the customer's own portal signed: in the export
// model the contact centre signs none for the bucket.
func (w *world) customerLink(l *link) *reader {
	r := w.outside(storyLinkShared, &w.cast.portal)
	r.query, r.presigned = l.query, true
	return r
}

// unaudited is a reading with the contact centre's role that no audit
// explains.
func (w *world) unaudited(s *source, at int64) {
	rec := w.present(s)
	r := w.fleet(s, storyUnaudited, nil, "")
	r.ip, r.agentText = fleetNet+"130", sdkGo
	if s.chance(0.5) {
		w.whole(s, r, at, &rec.media)
		return
	}
	w.ranges(s, r, at, &rec.media, s.between(2, 8), 5_000)
}

// intrusion is a night in which somebody takes dozens of recordings with old
// credentials, straight from the bucket.
func (w *world) intrusion(s *source, at int64) {
	r := w.outside(storyIntruder, &w.cast.intruder)
	r.query = []byte("list-type=2&max-keys=1000")
	w.look(s, r, at, nil, "REST.GET.BUCKET", "GET")
	r.query = nil
	for range s.between(24, 80) {
		rec := w.present(s)
		at += s.between(800, 45_000)
		switch {
		case s.chance(0.05):
			w.refused(s, r, at, &rec.media)
		case s.chance(0.1):
			w.look(s, r, at, &rec.media, "REST.HEAD.OBJECT", "HEAD")
			fallthrough
		default:
			w.whole(s, r, at+300, &rec.media)
		}
	}
}

// probing is somebody without credentials who tries what is open.
func (w *world) probing(s *source, at int64) {
	r := w.outside(storyProbing, &w.cast.scanner)
	deny := func(o *object, operation, method, query string) {
		r.at, r.object, r.operation, r.method, r.query = at, o, operation, method, []byte(query)
		r.status, r.code, r.sent, r.size = 403, "AccessDenied", 243, 0
		if method == "HEAD" {
			r.sent = 0
		}
		w.request(s, &r.request)
		at += s.between(100, 1500)
	}
	deny(nil, "REST.GET.BUCKET", "GET", "list-type=2")
	deny(nil, "REST.GET.ACL", "GET", "acl")
	deny(nil, "REST.GET.BUCKETPOLICY", "GET", "policy")
	for _, key := range []string{".env", "backup.zip", "recordings/", "a b*c+d.wav", "логи/1.txt"} {
		o := newObject(key, 0, "")
		deny(&o, "REST.GET.OBJECT", "GET", "")
	}
	rec := w.present(s)
	deny(&rec.media, "REST.HEAD.OBJECT", "HEAD", "")
	deny(&rec.media, "WEBSITE.GET.OBJECT", "GET", "")
}
