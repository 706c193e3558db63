package s3log

import "earwitness/pipeline/evidence"

// recordField is where a member of the JSON form belongs: text, or a number
// with its bit of evidence.Present.
type recordField struct {
	text   *[]byte
	number *int64
	bit    uint32
}

// field gives the place of the member of that name and a bit of its own; the
// bit is 0 where the name is not known. Names are those of the record fields
// that a log delivery can be asked for.
func (r *record) field(l *Line, name []byte) (field recordField, bit uint64) {
	text := func(to *[]byte, n int) (recordField, uint64) { return recordField{text: to}, 1 << n }
	switch string(name) {
	case "schema_version_id":
		return text(&r.schema, 0)
	case "bucket_arn":
		return text(&r.arn, 1)
	case "bucket_name":
		return text(&l.Bucket, 2)
	case "request_time":
		return text(&r.time, 3)
	case "bucket_owner_id":
		return text(&l.BucketOwner, 4)
	case "remote_ip":
		return text(&l.RemoteIP, 5)
	case "requester":
		return text(&l.Requester, 6)
	case "request_id":
		return text(&l.RequestID, 7)
	case "operation":
		return text(&l.Operation, 8)
	case "key_name":
		return text(&l.Key, 9)
	case "request_uri":
		return text(&l.RequestURI, 10)
	case "error_code":
		return text(&l.ErrorCode, 11)
	case "referer":
		return text(&l.Referrer, 12)
	case "user_agent":
		return text(&l.UserAgent, 13)
	}
	if field, n := l.number(name); n > 0 {
		return field, 1 << n
	}
	if to, n := l.late(name); n > 0 {
		return text(to, n)
	}
	return recordField{}, 0
}

func (l *Line) number(name []byte) (field recordField, n int) {
	switch string(name) {
	case "http_status":
		return recordField{number: &l.Status, bit: evidence.PresentStatus}, 14
	case "bytes_sent_size":
		return recordField{number: &l.BytesSent, bit: evidence.PresentBytesSent}, 15
	case "object_size":
		return recordField{number: &l.ObjectSize, bit: evidence.PresentObjectSize}, 16
	case "total_duration":
		return recordField{number: &l.TotalTimeMs, bit: evidence.PresentTotalTime}, 17
	case "turn_around_duration":
		return recordField{number: &l.TurnAroundMs, bit: evidence.PresentTurnAround}, 18
	}
	return recordField{}, 0
}

// late finds the fields that stand behind the user agent in the text form.
func (l *Line) late(name []byte) (to *[]byte, n int) {
	switch string(name) {
	case "version_id":
		return &l.VersionID, 19
	case "host_id":
		return &l.HostID, 20
	case "signature_version":
		return &l.SignatureVersion, 21
	case "cipher_suite":
		return &l.CipherSuite, 22
	case "authentication_type":
		return &l.AuthenticationType, 23
	case "host_header":
		return &l.HostHeader, 24
	case "tls_version":
		return &l.TLSVersion, 25
	case "access_point_arn":
		return &l.AccessPointARN, 26
	case "acl_required":
		return &l.ACLRequired, 27
	case "source_region":
		return &l.SourceRegion, 28
	}
	return nil, 0
}
