package simulate

import (
	"strconv"
	"time"
)

// The classes of who asks, as the truth names them.
const (
	service   = "service"
	direct    = "direct"
	anonymous = "anonymous"
	self      = "self"
	aws       = "aws"
)

// request is one request to the bucket and who really made it. A number of 0
// and an empty text are written as "-".
type request struct {
	at        int64
	ip        string
	requester string
	operation string
	// object is nil where the request names none.
	object *object
	// method is empty where no client spoke, so that there is no request URI.
	method string
	query  []byte
	// presigned requests carry their signature in query.
	presigned  bool
	status     int
	code       string
	sent, size int64
	referrer   string
	agentText  string
	version    string
	// requestID and hostID are drawn where they are empty.
	requestID, hostID string

	story     string
	principal string
	actor     string
	person    *person
	act       string
}

// once says whether the key is encoded once only: it comes from S3 itself or
// from the body of a request.
func (r *request) once() bool {
	return r.operation == "BATCH.DELETE.OBJECT" || len(r.operation) > 3 && r.operation[:3] == "S3."
}

// clock writes times of log lines; lines of one minute share the work.
type clock struct {
	minute int64
	text   [18]byte // 02/Jan/2006:15:04:
}

func (c *clock) append(dst []byte, at int64) []byte {
	const length = int64(time.Minute / time.Millisecond)
	if at/length != c.minute || c.text[0] == 0 {
		c.minute = at / length
		copy(c.text[:], time.UnixMilli(at).UTC().Format("02/Jan/2006:15:04:"))
	}
	second := byte(at / 1000 % 60)
	dst = append(dst, '[')
	dst = append(dst, c.text[:]...)
	return append(dst, '0'+second/10, '0'+second%10, ' ', '+', '0', '0', '0', '0', ']', ' ')
}

// appendLine writes the line of r, without its line end, and says where the
// request URI begins. s draws how long the request took.
func (w *world) appendLine(dst []byte, r *request, s *source) (line []byte, uri int) {
	dst = append(dst, w.ownerText...)
	dst = w.clock.append(dst, r.at)
	dst = appendField(dst, r.ip)
	dst = appendField(dst, r.requester)
	dst = appendField(dst, r.requestID)
	dst = appendField(dst, r.operation)
	switch {
	case r.object == nil:
		dst = append(dst, '-')
	case r.once():
		dst = append(dst, r.object.once...)
	default:
		dst = append(dst, r.object.twice...)
	}
	dst = append(dst, ' ')
	uri = len(dst)
	dst = r.appendURI(dst)
	dst = appendNumber(dst, int64(r.status))
	dst = appendField(dst, r.code)
	dst = appendNumber(dst, r.sent)
	dst = appendNumber(dst, r.size)
	turn := s.between(4, 90)
	dst = appendNumber(dst, turn+r.sent/20_000+s.below(40))
	dst = appendNumber(dst, turn)
	dst = r.appendQuoted(dst, r.referrer)
	dst = r.appendQuoted(dst, r.agentText)
	dst = appendField(dst, r.version)
	dst = appendField(dst, r.hostID)
	return w.appendTail(dst, r), uri
}

func (r *request) appendURI(dst []byte) []byte {
	if r.method == "" {
		return append(dst, '-', ' ')
	}
	dst = append(dst, '"')
	dst = append(dst, r.method...)
	dst = append(dst, ' ', '/')
	if r.object != nil {
		dst = append(dst, r.object.once...)
	}
	if len(r.query) > 0 {
		dst = append(dst, '?')
		dst = append(dst, r.query...)
	}
	return append(dst, ` HTTP/1.1" `...)
}

// appendQuoted writes what a client sent. Nothing escapes it.
func (r *request) appendQuoted(dst []byte, text string) []byte {
	switch {
	case r.method == "":
		return append(dst, '-', ' ')
	case text == "":
		return append(dst, '"', '-', '"', ' ')
	}
	dst = append(dst, '"')
	dst = append(dst, text...)
	return append(dst, '"', ' ')
}

// appendTail writes fields 20 to 27.
func (w *world) appendTail(dst []byte, r *request) []byte {
	switch {
	case r.principal == aws:
		return append(append(append(dst, "- - - "...), w.host...), " - - - -"...)
	case r.requester == "":
		return append(append(append(dst, "- TLS_AES_128_GCM_SHA256 - "...), w.host...), " TLSv1.3 - - -"...)
	case r.presigned:
		return append(append(append(dst, "SigV4 TLS_AES_128_GCM_SHA256 QueryString "...), w.host...), " TLSv1.3 - - -"...)
	}
	dst = append(append(dst, "SigV4 TLS_AES_128_GCM_SHA256 AuthHeader "...), w.host...)
	dst = append(dst, " TLSv1.3 - - "...)
	if r.ip == "" || r.principal == service || r.principal == self {
		return append(dst, w.cfg.Region...)
	}
	return append(dst, '-')
}

func appendField(dst []byte, text string) []byte {
	if text == "" {
		return append(dst, '-', ' ')
	}
	dst = append(dst, text...)
	return append(dst, ' ')
}

func appendNumber(dst []byte, n int64) []byte {
	if n == 0 {
		return append(dst, '-', ' ')
	}
	dst = strconv.AppendInt(dst, n, 10)
	return append(dst, ' ')
}

// link is the query of a presigned URL. Whoever has it can use it.
type link struct{ query []byte }

func (w *world) newLink(s *source, at int64) *link {
	when := time.UnixMilli(at).UTC()
	q := make([]byte, 0, 640)
	q = append(q, "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIAEXAMPLE"...)
	q = s.appendHex(q, 9, upperHex)
	q = append(q, "%2F"...)
	q = when.AppendFormat(q, "20060102")
	q = append(append(append(q, "%2F"...), w.cfg.Region...), "%2Fs3%2Faws4_request&X-Amz-Date="...)
	q = when.AppendFormat(q, "20060102T150405Z")
	q = append(q, "&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Security-Token=IQoJb3JpZ2luX2Vj"...)
	q = appendEscaped(q, string(s.appendBase64(nil, 160)), false)
	q = append(q, "%3D%3D&X-Amz-Signature="...)
	return &link{query: s.appendHex(q, 64, lowerHex)}
}
