package access

import (
	"strings"

	"earwitness/pipeline/evidence"
)

// aws writes what AWS's logs say of a request.
func (w *jsonWriter) aws(r *Record) {
	if r.Request == nil {
		return
	}
	mark := w.begin("aws")
	w.trail(r.Request)
	w.kms(r)
	w.storage(r.Request)
	w.end(mark)
}

// storage writes the request as read, under the names that dashboards made
// for Elastic's integration know.
func (w *jsonWriter) storage(q *evidence.StorageRequest) {
	s3 := w.begin("s3access")
	w.text("access_point_arn", q.AccessPointArn)
	w.text("aclrequired", q.AclRequired)
	w.text("authentication_type", q.AuthenticationType)
	w.text("bucket", q.Bucket)
	w.text("bucket_owner", q.BucketOwner)
	w.present("bytes_sent", q, evidence.PresentBytesSent, q.BytesSent)
	w.text("cipher_suite", q.CipherSuite)
	w.text("error_code", q.ErrorCode)
	w.text("host_header", q.HostHeader)
	w.text("host_id", q.HostId)
	w.present("http_status", q, evidence.PresentStatus, int64(q.Status))
	w.text("key", q.KeyLogged)
	w.present("object_size", q, evidence.PresentObjectSize, q.ObjectSize)
	w.text("operation", q.Operation)
	w.text("referrer", q.Referrer)
	if canonicalIP(q.RemoteIp) != "" {
		w.text("remote_ip", q.RemoteIp)
	}
	w.text("request_id", q.RequestId)
	w.text("request_uri", q.RequestUri)
	w.text("requester", q.Requester)
	w.text("signature_version", q.SignatureVersion)
	w.text("source_region", q.SourceRegion)
	w.text("tls_version", q.TlsVersion)
	w.present("total_time", q, evidence.PresentTotalTime, q.TotalTimeMs)
	w.present("turn_around_time", q, evidence.PresentTurnAround, q.TurnAroundMs)
	w.text("user_agent", q.UserAgent)
	w.text("version_id", q.VersionId)
	w.end(s3)
}

// present writes a number that the record carried, 0 included.
func (w *jsonWriter) present(name string, q *evidence.StorageRequest, bit uint32, value int64) {
	if q.Present&bit != 0 {
		w.number(name, value)
	}
}

// web writes what ECS says of a request over HTTP: http, url, user_agent.
func (w *jsonWriter) web(q *evidence.StorageRequest) {
	if q == nil {
		return
	}
	line := splitRequestLine(q.RequestUri)
	http := w.begin("http")
	mark := w.begin("request")
	w.text("method", line.method)
	w.text("referrer", q.Referrer)
	w.end(mark)
	mark = w.begin("response")
	body := w.begin("body")
	w.present("bytes", q, evidence.PresentBytesSent, q.BytesSent)
	w.end(body)
	w.present("status_code", q, evidence.PresentStatus, int64(q.Status))
	w.end(mark)
	w.text("version", line.version)
	w.end(http)

	mark = w.begin("url")
	w.text("domain", hostName(q.HostHeader))
	w.text("original", line.target)
	w.text("path", line.path)
	w.text("query", line.query)
	w.end(mark)

	mark = w.begin("user_agent")
	w.text("original", q.UserAgent)
	w.end(mark)
}

func (w *jsonWriter) tls(q *evidence.StorageRequest) {
	if q == nil {
		return
	}
	mark := w.begin("tls")
	w.text("cipher", q.CipherSuite)
	if len(q.TlsVersion) > len("TLSv") && strings.EqualFold(q.TlsVersion[:len("TLSv")], "TLSv") {
		w.text("version", q.TlsVersion[len("TLSv"):])
		w.text("version_protocol", "tls")
	}
	w.end(mark)
}

func (w *jsonWriter) cloud(r *Record) {
	if r.Request == nil && r.Bucket == "" {
		return
	}
	mark := w.begin("cloud")
	account := w.begin("account")
	w.text("id", arnAccount(principal(r)))
	w.end(account)
	w.text("provider", "aws")
	w.text("region", region(r))
	w.end(mark)
}
