package simulate

import (
	"fmt"
	"time"
)

// object is something in the bucket, its key in the forms that a log needs.
type object struct {
	key   string
	once  []byte // percent-encoded, as in the URI and in S3's own lines
	twice []byte // encoded once more, as in the key field
	size  int64
	// recording is the id that a recording's objects belong to.
	recording string
}

func newObject(key string, size int64, recording string) object {
	once := appendEscaped(make([]byte, 0, len(key)+48), key, true)
	twice := appendEscaped(make([]byte, 0, len(once)+48), string(once), true)
	return object{key: key, once: once, twice: twice, size: size, recording: recording}
}

// appendEscaped percent-encodes as S3 does.
func appendEscaped(dst []byte, text string, slashes bool) []byte {
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z',
			c == '-', c == '_', c == '.', c == '~', c == '/' && slashes:
			dst = append(dst, c)
		default:
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}

// recording is worked out from its number, so that none has to be kept.
type recording struct {
	number           int64
	id, conversation string
	made             int64
	media, sidecar   object
	// screen recordings are another entity than calls.
	screen bool
	owner  *person
}

// What becomes of a recording is fixed by its number, so that nobody listens
// to one that was deleted.
const (
	fates            = 64
	fateDeleted      = 4
	fateBulkDeleted  = 5
	fateGhostDeleted = 6
	fateCleared      = 7
	fateExpires      = 8 // this and the next fatesExpire-1
	fatesExpire      = 12
	fateMoved        = 30
	fateRewritten    = 40
)

func (w *world) recording(i int64) *recording {
	s := draw(w.cfg.Seed, kindRecording, uint64(i))
	r := &recording{number: i, id: s.uuid(), conversation: s.uuid()}
	r.made = w.calendar.at(w.calendar.hourOf(i)) + s.below(hour)
	r.owner = pick(&s, w.cast.agents)
	r.screen = s.chance(0.04)
	size, ext := s.between(150_000, 6_000_000), ".opus"
	if r.screen {
		size, ext = size*6, ".mp4"
	}
	at := time.UnixMilli(r.made - s.between(60, 1800)*1000).UTC()
	layout := "%s/year=%d/month=%d/day=%d/hour=%d/conversation_id=%s/%s%s"
	if s.chance(0.1) {
		layout = "%s/year=%d/month=%02d/day=%02d/hour=%02d/conversation_id=%s/%s%s"
	}
	key := fmt.Sprintf(layout, w.cast.org, at.Year(), at.Month(), at.Day(), at.Hour(), r.conversation, r.id, ext)
	r.media = newObject(key, size, r.id)
	r.sidecar = newObject(key+"_metadata.json", s.between(600, 1900), r.id)
	return r
}

func (r *recording) entityType() string {
	if r.screen {
		return "ScreenRecording"
	}
	return "Recording"
}

// present picks a recording that was exported some hours ago and is still
// there, the newer the likelier.
func (w *world) present(s *source) *recording {
	end := w.calendar.made(w.hour - exportHours - 1)
	begin := min(w.calendar.made(w.hour-(historyDays-1)*24), end-1)
	// The share that is passed over is small, so this ends soon.
	for {
		back := s.share() * s.share()
		i := max(end-1-int64(back*float64(end-begin)), 0)
		if fate := i % fates; fate < fateDeleted || fate > fateCleared {
			return w.recording(i)
		}
	}
}
