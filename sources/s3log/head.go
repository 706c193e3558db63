package s3log

import "bytes"

// maxRequesterWords bounds the search for the request id behind a requester
// that holds spaces, as the text of an origin access identity does.
const maxRequesterWords = 16

// word cuts the text before the next space off b.
func word(b []byte) (w, rest []byte, ok bool) {
	i := bytes.IndexByte(b, ' ')
	if i <= 0 {
		return nil, nil, false
	}
	return b[:i], b[i+1:], true
}

// scanHead reads fields 1-8 and gives what follows them.
func (l *Line) scanHead(line []byte) ([]byte, error) {
	w, rest, ok := cut(line, textSpan(line))
	if !ok {
		return nil, errBucketOwner
	}
	l.BucketOwner = absent(w)
	if w, rest, ok = cut(rest, textSpan(rest)); !ok {
		return nil, errBucket
	}
	l.Bucket = absent(w)
	if l.TimeMs, ok = parseTime(rest); !ok {
		return nil, errTime
	}
	rest = rest[timeLength+1:]
	if beginsWithDash(rest) {
		rest = rest[2:]
	} else {
		if w, rest, ok = cut(rest, span(rest, classIP)); !ok || !isAddress(w) {
			return nil, errRemoteIP
		}
		l.RemoteIP = w
	}
	rest, err := l.scanRequester(rest)
	if err != nil {
		return nil, err
	}
	if w, rest, ok = cut(rest, textSpan(rest)); !ok {
		return nil, errKey
	}
	l.Key = absent(w)
	return rest, nil
}

// scanRequester reads requester, request id and operation. The first pair of
// a request id and an operation ends the requester: none of the forms of a
// requester can hold such a pair.
func (l *Line) scanRequester(rest []byte) ([]byte, error) {
	start, end := rest, -1
	for range maxRequesterWords {
		w, after, ok := word(rest)
		if !ok {
			break
		}
		end += len(w) + 1
		rest = after
		id, behind, ok := cut(rest, 16)
		if !ok {
			id, behind, ok = word(rest)
		}
		if !ok {
			break
		}
		if !isRequestID(id) {
			continue
		}
		op, behind, ok := word(behind)
		if !ok || !isOperation(op) {
			// In May versitygw's lines begin like this too.
			if isGatewayOperation(op) {
				return nil, errRequestID
			}
			continue
		}
		l.Requester, l.RequestID, l.Operation = absent(start[:end]), id, op
		if bytes.IndexByte(l.Requester, '"') >= 0 {
			return nil, errRequester
		}
		return behind, nil
	}
	return nil, errRequestID
}

// timeLength is that of "[02/Jan/2006:15:04:05 -0700]".
const timeLength = 28

// parseTime reads the bracketed time at the start of b, followed by a space.
func parseTime(b []byte) (int64, bool) {
	if len(b) <= timeLength || b[0] != '[' || b[3] != '/' || b[7] != '/' || b[12] != ':' ||
		b[15] != ':' || b[18] != ':' || b[21] != ' ' || b[27] != ']' || b[28] != ' ' {
		return 0, false
	}
	month := monthNumber(b[4:7])
	day, year := twoDigits(b[1], b[2]), 100*twoDigits(b[8], b[9])+twoDigits(b[10], b[11])
	hour, minute, second := twoDigits(b[13], b[14]), twoDigits(b[16], b[17]), twoDigits(b[19], b[20])
	zoneHour, zoneMinute := twoDigits(b[23], b[24]), twoDigits(b[25], b[26])
	if month == 0 || year < 1970 || day < 1 || day > daysIn(year, month) ||
		hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 ||
		zoneHour < 0 || zoneHour > 23 || zoneMinute < 0 || zoneMinute > 59 {
		return 0, false
	}
	zone := int64(zoneHour*3600 + zoneMinute*60)
	switch b[22] {
	case '+':
	case '-':
		zone = -zone
	default:
		return 0, false
	}
	seconds := daysSince1970(year, month, day)*86400 + int64(hour*3600+minute*60+second) - zone
	return seconds * 1000, true
}

// twoDigits reads a number of two digits; far below 0 when it is none.
func twoDigits(tens, ones byte) int {
	tens, ones = tens-'0', ones-'0'
	if tens > 9 || ones > 9 {
		return -10_000
	}
	return int(tens)*10 + int(ones)
}

// monthNumber gives 0 for what is no month's name.
func monthNumber(name []byte) int {
	switch string(name) {
	case "Jan":
		return 1
	case "Feb":
		return 2
	case "Mar":
		return 3
	case "Apr":
		return 4
	case "May":
		return 5
	case "Jun":
		return 6
	case "Jul":
		return 7
	case "Aug":
		return 8
	case "Sep":
		return 9
	case "Oct":
		return 10
	case "Nov":
		return 11
	case "Dec":
		return 12
	}
	return 0
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// daysSince1970 counts with years that begin in March, so that the leap day
// is a year's last; 719468 days lie between 0000-03-01 and 1970-01-01.
func daysSince1970(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	days := year*365 + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1
	return int64(days - 719468)
}
