package correlate

import "earwitness/pipeline/access"

// taken reckons how much of a recording an access took (section 7): by media
// objects, or by all where none is on one.
type taken struct {
	reads        int
	media, other map[objectName]*takenObject
	hasMedia     bool
}

// takenObject is what the 200s and 206s about one object gave.
type takenObject struct {
	most            access.Taken
	ranges, largest int64
	copied          bool
}

func newTaken() taken {
	return taken{media: make(map[objectName]*takenObject), other: make(map[objectName]*takenObject)}
}

// add counts a request of class read.
func (t *taken) add(r *request, name objectName) {
	t.reads++
	objects := t.other
	if r.has(bitMedia) {
		t.hasMedia, objects = true, t.media
	}
	if r.status != 200 && r.status != 206 {
		return
	}
	o := objects[name]
	if o == nil {
		o = &takenObject{most: access.Taken_TAKEN_NONE}
		objects[name] = o
	}
	o.add(r)
}

func (o *takenObject) add(r *request) {
	if !r.has(bitError) && r.has(bitCopyWhole) {
		o.most, o.copied = max(o.most, access.Taken_TAKEN_FULL), true
	}
	if !r.has(bitError) && r.has(bitCopyPart) {
		o.most, o.copied = max(o.most, access.Taken_TAKEN_LIKELY_FULL), true
	}
	if r.status == 200 && r.size > 0 && r.sent >= r.size {
		o.most = access.Taken_TAKEN_FULL
	}
	if r.status == 206 {
		o.ranges += r.sent
		o.largest = max(o.largest, r.size)
	}
	if r.sent > 0 {
		o.most = max(o.most, access.Taken_TAKEN_PARTIAL)
	}
}

func (t *taken) judged() map[objectName]*takenObject {
	if t.hasMedia {
		return t.media
	}
	return t.other
}

func (t *taken) answer() access.Taken {
	if t.reads == 0 {
		return access.Taken_TAKEN_ABSENT
	}
	most := access.Taken_TAKEN_NONE
	for _, o := range t.judged() {
		most = max(most, o.most)
		if o.largest > 0 && o.ranges >= o.largest {
			most = max(most, access.Taken_TAKEN_LIKELY_FULL)
		}
	}
	return most
}

func (t *taken) copied() bool {
	for _, o := range t.judged() {
		if o.copied {
			return true
		}
	}
	return false
}
