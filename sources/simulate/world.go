package simulate

import (
	"bufio"
	"strings"
)

// The kinds of things that are drawn, each with numbers of its own.
const (
	kindCast = iota + 1
	kindRecording
	kindHour
	kindRequestFate
	kindActFate
	kindFile
	kindText
	kindTrail
)

// world is what is going on.
type world struct {
	cfg      *Config
	cast     *cast
	calendar *calendar
	delivery *delivery
	trail    *trail // nil where CloudTrail is off
	audits   *audits
	truth    *bufio.Writer
	err      error
	summary  Summary

	// hour that is being lived through, of the calendar.
	hour int
	// spent counts requests, and acts of stories without one.
	spent int64

	ownerText, host []byte
	ownRequester    string
	clock           clock
	line, told      []byte
}

func newWorld(cfg *Config) *world {
	w := &world{cfg: cfg, cast: newCast(cfg), calendar: newCalendar(cfg)}
	s := draw(cfg.Seed, kindText, 0)
	owner := string(s.appendHex(nil, 64, lowerHex))
	w.ownerText = []byte(owner + " " + cfg.Bucket + " ")
	w.host = []byte(cfg.Bucket + ".s3." + cfg.Region + ".amazonaws.com")
	w.ownRequester = strings.ReplaceAll(cfg.OwnRole, "*", "scan") + "/i-0a1b2c3d4e5f60718"
	w.summary.Org = w.cast.org
	w.summary.Stories = make(map[string]StoryCount)
	return w
}

// request makes r happen: the truth has it, and the log most likely. r gets
// the ids that it lacks and can be used again after clearing them.
func (w *world) request(s *source, r *request) {
	w.summary.Requests++
	w.spent++
	number := uint64(w.summary.Requests)
	if r.requestID == "" {
		r.requestID = w.newRequestID(number, r.operation)
	}
	if r.hostID == "" {
		r.hostID = newHostID(s)
	}
	if w.trail != nil {
		w.trail.write(r, number)
	}
	fate := draw(w.cfg.Seed, kindRequestFate, number)
	lost, again, spoil := fate.chance(w.cfg.LostLines), fate.chance(w.cfg.DuplicateLines), fate.chance(w.cfg.UglyLines)
	delay, later := w.delay(&fate), w.delay(&fate)
	written, grade := 1, gradeExact
	switch {
	case lost:
		written, again = 0, false
		w.summary.LostLines++
	case spoil:
		grade = w.deliverUgly(&fate, r, r.at+delay, again, later)
	default:
		w.line, _ = w.appendLine(w.line[:0], r, &fate)
		w.deliver(r.at+delay, again, later)
	}
	if again {
		written = 2
	}
	w.told = appendRequestTruth(w.told[:0], r, w.cfg.Bucket, written, grade)
	w.tell()
	w.count(r.story, StoryCount{Requests: 1})
	r.requestID, r.hostID = "", ""
}

func (w *world) deliverUgly(fate *source, r *request, at int64, again bool, later int64) string {
	spoilt := *r
	how := drawUgly(fate, r)
	how.spoilRequest(fate, &spoilt)
	var uri int
	w.line, uri = w.appendLine(w.line[:0], &spoilt, fate)
	w.line = how.spoilLine(fate, w.line, uri)
	w.deliver(at, again, later)
	w.summary.UglyLines++
	switch how.grade() {
	case gradeRaw:
		w.summary.RawLines++
	case gradeRecovered:
		w.summary.RecoveredLines++
	}
	return how.grade()
}

func (w *world) deliver(at int64, again bool, later int64) {
	w.delivery.write(at, w.line)
	w.summary.Lines++
	if again {
		w.delivery.write(at+later, w.line)
		w.summary.Lines++
		w.summary.DuplicateLines++
	}
}

// delay is how long a line takes to be delivered: a few minutes up to two
// hours, for some anything up to the longest.
func (w *world) delay(fate *source) int64 {
	longest := w.cfg.LateMax.Milliseconds()
	late, part := fate.chance(w.cfg.LateLines), fate.share()
	if late {
		return int64(part * float64(longest))
	}
	return min(longest, 5*60_000+int64(part*part*float64(2*hour)))
}

// act makes a happen, and its audits most likely.
func (w *world) act(a *act) {
	w.summary.Acts++
	fate := draw(w.cfg.Seed, kindActFate, uint64(w.summary.Acts))
	lost, twice := fate.chance(w.cfg.LostAudits), fate.chance(w.cfg.DuplicateAudits)
	first, second := drawShapes(&fate, a)
	written := 0
	if lost {
		w.summary.LostAudits++
	} else {
		at := a.at + w.cfg.AuditSkew.Milliseconds()
		w.audits.write(first, a, at, &fate)
		written++
		if twice {
			w.audits.write(second, a, at, &fate)
			written++
		}
	}
	w.summary.Audits += int64(written)
	w.told = appendActTruth(w.told[:0], a, written)
	w.tell()
	w.count(a.story, StoryCount{Acts: 1})
}

// drawShapes gives the ways an audit comes by. Only two can tell a failure.
func drawShapes(s *source, a *act) (first, second shape) {
	n, step := s.below(20), 1+s.below(int64(shapes)-1)
	if a.failed {
		first = shape(n % 2)
		return first, 1 - first
	}
	switch {
	case n < 9:
		first = shapeQuality
	case n < 13:
		first = shapeEvent
	case n < 17:
		first = shapePlatform
	default:
		first = shapeFile
	}
	return first, (first + shape(step)) % shapes
}

func (w *world) tell() {
	if _, err := w.truth.Write(w.told); err != nil && w.err == nil {
		w.err = err
	}
}

func (w *world) count(story string, add StoryCount) {
	c := w.summary.Stories[story]
	c.Times += add.Times
	c.Requests += add.Requests
	c.Acts += add.Acts
	w.summary.Stories[story] = c
}

// newRequestID gives the ids of requests, no two alike; S3's own jobs have
// UUIDs.
func (w *world) newRequestID(number uint64, operation string) string {
	id := source(mix(w.cfg.Seed+kindText) + number)
	if operation == "S3.COMPUTE.OBJECT.CHECKSUM" {
		return id.uuid()
	}
	v := mix(uint64(id))
	var b [16]byte
	for i := range b {
		b[i] = upperHex[v>>60]
		v <<= 4
	}
	return string(b[:])
}

func newHostID(s *source) string {
	return string(s.appendBase64(make([]byte, 0, 76), 76))
}
