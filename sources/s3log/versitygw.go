package s3log

import (
	"bytes"
	"time"

	"earwitness/pipeline/evidence"
)

// The form that versitygw v1.8.0 writes (s3log/file.go of its source): the
// first 26 fields of AWS, separated by spaces, none quoted; the month's whole
// name; the request URI without method and protocol, as it was sent; bucket
// and key decoded. Field 25 repeats the decoded path, and by that the reading
// is anchored: see scanVersityGW.
const (
	gatewayEnd = " Yes"
	gatewayARN = " arn:aws:s3:::"
	// maxGatewayPaths bounds the search through what clients have written.
	maxGatewayPaths = 64
)

func isVersityGW(line []byte) bool {
	return bytes.HasSuffix(line, []byte(gatewayEnd)) && bytes.Contains(line, []byte(gatewayARN))
}

// scanVersityGW reads a line of versitygw. A client chooses bucket and key,
// spaces and all. A bucket holds no slash, so the first time in the line is
// field 3. A key may imitate all fields behind it, but for request id and host
// id, which the server chooses and which lie between the key and its copy in
// field 25. So a reading counts only where key and copy agree, and of several
// the one with the longest key is right: a longer one than was sent would have
// to hold the host id. The grade is exact where one reading counts, the URI
// names the same path and version, and the referrer, which no quote parts from
// the user agent, is a URL or absent.
func (l *Line) scanVersityGW(line []byte) (evidence.Grade, error) {
	*l = Line{Dialect: DialectVersityGW}
	rest, ok := l.scanGatewayHead(bytes.TrimSuffix(line, []byte(gatewayEnd)))
	if !ok {
		return evidence.Grade_GRADE_RAW, errVersityGW
	}
	head := *l
	readings, sure := 0, false
	for at, paths := 0, 0; ; at++ {
		i := bytes.Index(rest[at:], []byte(gatewayARN))
		if i < 0 {
			break
		}
		at += i
		if paths++; paths > maxGatewayPaths {
			return evidence.Grade_GRADE_RAW, errVersityGW
		}
		candidate := head
		if ok, exact := candidate.scanGatewayPath(rest, at); ok {
			if readings++; readings == 1 {
				*l, sure = candidate, exact
			}
		}
	}
	switch {
	case readings == 0:
		return evidence.Grade_GRADE_RAW, errVersityGW
	case readings > 1 || !sure:
		return evidence.Grade_GRADE_RECOVERED, nil
	}
	return evidence.Grade_GRADE_EXACT, nil
}

// scanGatewayHead reads fields 1-7 and gives what follows them.
func (l *Line) scanGatewayHead(line []byte) (rest []byte, ok bool) {
	w, line, ok := word(line)
	if !ok {
		return nil, false
	}
	l.BucketOwner = absent(w)
	for at := 0; ; at++ {
		i := bytes.Index(line[at:], []byte(" ["))
		if i < 0 {
			return nil, false
		}
		at += i
		if l.TimeMs, rest, ok = gatewayTime(line[at+1:]); ok {
			l.Bucket = absent(line[:at])
			break
		}
	}
	if w, rest, ok = word(rest); !ok || !isRemoteIP(w) {
		return nil, false
	}
	l.RemoteIP = absent(w)
	if w, rest, ok = word(rest); !ok {
		return nil, false
	}
	l.Requester = absent(w)
	if w, rest, ok = word(rest); !ok || !isRequestID(w) {
		return nil, false
	}
	l.RequestID = w
	if w, rest, ok = word(rest); !ok || !isGatewayOperation(w) {
		return nil, false
	}
	l.Operation = w
	return rest, true
}

// gatewayTime reads "[02/January/2006:15:04:05 -0700] " at the start of b.
func gatewayTime(b []byte) (timeMs int64, rest []byte, ok bool) {
	if len(b) < len("[02/May/") {
		return 0, nil, false
	}
	name, _, ok := bytes.Cut(b[4:min(len(b), 16)], []byte("/"))
	if !ok || !isMonth(name) || len(b) < timeLength+1+len(name)-3 {
		return 0, nil, false
	}
	var short [timeLength + 1]byte
	copy(short[:7], b)
	copy(short[7:], b[4+len(name):])
	rest = b[timeLength+1+len(name)-3:]
	timeMs, ok = parseTime(short[:])
	return timeMs, rest, ok
}

func isMonth(name []byte) bool {
	for m := time.January; m <= time.December; m++ {
		if string(name) == m.String() {
			return true
		}
	}
	return false
}

// scanGatewayPath reads b from field 8 on, if field 25 begins at the space at
// arn and repeats field 8.
func (l *Line) scanGatewayPath(b []byte, arn int) (ok, sure bool) {
	path := b[arn+len(gatewayARN):]
	key, ok := gatewayKey(path, l.Bucket)
	if !ok || len(key)+1 > arn || b[len(key)] != ' ' || !bytes.HasPrefix(b, key) {
		return false, false
	}
	l.Key, l.AccessPointARN, l.ACLRequired, l.Fields = absent(key), b[arn+1:], []byte(gatewayEnd[1:]), 26
	return l.scanGatewayMiddle(b[len(key)+1:arn], path)
}

// gatewayKey is field 8 as it has to be where path is the request's path.
func gatewayKey(path, bucket []byte) (key []byte, ok bool) {
	if len(path) == 0 || path[0] != '/' {
		return []byte("-"), len(bucket) == 0 && bytes.IndexByte(path, ' ') < 0
	}
	rest, ok := bytes.CutPrefix(path[1:], bucket)
	switch {
	case !ok || len(rest) > 0 && rest[0] != '/':
		return nil, false
	case len(rest) <= 1:
		return []byte("-"), true
	}
	return rest[1:], true
}

// isGatewayOperation takes s3_PutObject and its like, and ActionUnDetected.
func isGatewayOperation(b []byte) bool {
	name, ok := bytes.CutPrefix(b, []byte("s3_"))
	return ok && len(name) > 0 && len(name) <= 128 && all(name, classWord) || string(b) == "ActionUnDetected"
}
