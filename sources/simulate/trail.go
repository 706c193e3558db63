package simulate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

const (
	// trailDelay is how long CloudTrail takes to deliver.
	trailDelay = 5 * 60_000
	// trailRecords is the most events in one of its files.
	trailRecords = 2_000
)

// eventNames are those of the operations that CloudTrail tells of. A batch's
// deletions and a copy's source are not among them: they are parts of calls.
func eventName(operation string) string {
	switch operation {
	case "REST.GET.OBJECT":
		return "GetObject"
	case "REST.HEAD.OBJECT":
		return "HeadObject"
	case "REST.PUT.OBJECT":
		return "PutObject"
	case "REST.DELETE.OBJECT":
		return "DeleteObject"
	case "REST.COPY.OBJECT":
		return "CopyObject"
	case "REST.POST.UPLOADS":
		return "CreateMultipartUpload"
	case "REST.PUT.PART":
		return "UploadPart"
	case "REST.POST.UPLOAD":
		return "CompleteMultipartUpload"
	case "REST.POST.MULTI_OBJECT_DELETE":
		return "DeleteObjects"
	case "REST.GET.BUCKET":
		return "ListObjects"
	case "REST.GET.OBJECT_TAGGING":
		return "GetObjectTagging"
	}
	return ""
}

// trail writes log files of CloudTrail beside the access logs. It draws nothing
// from the world, which is the same without it.
type trail struct {
	dir    string
	cfg    *Config
	buf    bytes.Buffer
	events int
	// hour of the events in buf, and number of the file.
	hour, number int64
	files        int64
	err          error
}

// write tells of r, where CloudTrail does.
func (t *trail) write(r *request, number uint64) {
	name := eventName(r.operation)
	if name == "" || r.principal == aws || r.code == "SignatureDoesNotMatch" || t.err != nil {
		return
	}
	done := r.at + r.sent/20_000
	if t.events > 0 && (done/hour != t.hour || t.events == trailRecords) {
		t.flush()
	}
	if t.events == 0 {
		t.hour = done / hour
		t.buf.WriteString(`{"Records":[`)
	} else {
		t.buf.WriteByte(',')
	}
	t.events++
	t.event(r, name, done, number)
}

func (t *trail) event(r *request, name string, done int64, number uint64) {
	id := source(mix(t.cfg.Seed+kindTrail) + number)
	b := &t.buf
	key := ""
	if r.object != nil {
		key = r.object.key
	}
	b.WriteString(`{"eventVersion":"1.10","userIdentity":`)
	t.identity(r.requester)
	fmt.Fprintf(b, `,"eventTime":%q,"eventSource":"s3.amazonaws.com","eventName":%q,"awsRegion":%q,"sourceIPAddress":%q,"userAgent":%s`,
		time.UnixMilli(done).UTC().Format(time.RFC3339), name, t.cfg.Region, r.ip, quoteJSON("["+r.agentText+"]"))
	if r.code != "" {
		fmt.Fprintf(b, `,"errorCode":%q`, r.code)
	}
	host := t.cfg.Bucket + ".s3." + t.cfg.Region + ".amazonaws.com"
	fmt.Fprintf(b, `,"requestParameters":{"bucketName":%q,"Host":%q`, t.cfg.Bucket, host)
	if key != "" {
		b.WriteString(`,"key":` + quoteJSON(key))
	}
	if r.version != "" {
		fmt.Fprintf(b, `,"versionId":%q`, r.version)
	}
	method := "AuthHeader"
	if r.presigned {
		method = "QueryString"
		if _, signed, ok := strings.Cut(string(r.query), "X-Amz-Date="); ok {
			signed, _, _ = strings.Cut(signed, "&")
			fmt.Fprintf(b, `,"X-Amz-Algorithm":"AWS4-HMAC-SHA256","X-Amz-Date":%q,"X-Amz-Expires":"3600","X-Amz-SignedHeaders":"host"`, signed)
		}
	}
	fmt.Fprintf(b, `},"responseElements":null,"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":%q,"x-amz-id-2":%q,"bytesTransferredOut":%s}`,
		method, r.hostID, strconv.FormatInt(r.sent, 10))
	fmt.Fprintf(b, `,"requestID":%q,"eventID":%q,"readOnly":%t,"resources":[{"type":"AWS::S3::Object","ARN":%s},{"accountId":%q,"type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::%s"}]`,
		r.requestID, id.uuid(), strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "Head") || strings.HasPrefix(name, "List"),
		quoteJSON("arn:aws:s3:::"+t.cfg.Bucket+"/"+key), t.cfg.Account, t.cfg.Bucket)
	fmt.Fprintf(b, `,"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":%q,"eventCategory":"Data","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":%q}}`,
		t.cfg.Account, host)
}

func (t *trail) identity(requester string) {
	b := &t.buf
	name := requester[strings.LastIndexByte(requester, '/')+1:]
	switch {
	case requester == "":
		b.WriteString(`{"type":"AWSAccount","principalId":"","accountId":"ANONYMOUS_PRINCIPAL"}`)
	case strings.Contains(requester, ":assumed-role/"):
		role := strings.Split(requester, "/")[1]
		fmt.Fprintf(b, `{"type":"AssumedRole","principalId":"AROAEXAMPLE:%s","arn":%q,"accountId":%q,"accessKeyId":"ASIAEXAMPLE","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::%s:role/%s","accountId":%q,"userName":%q},"attributes":{"creationDate":"2026-01-01T00:00:00Z","mfaAuthenticated":"false"}}}`,
			name, requester, t.cfg.Account, t.cfg.Account, role, t.cfg.Account, role)
	case strings.HasPrefix(requester, "arn:"):
		fmt.Fprintf(b, `{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":%q,"accountId":%q,"accessKeyId":"AKIAEXAMPLE","userName":%q}`, requester, t.cfg.Account, name)
	case strings.HasPrefix(requester, "svc:"):
		fmt.Fprintf(b, `{"type":"AWSService","invokedBy":%q}`, strings.TrimPrefix(requester, "svc:"))
	default:
		fmt.Fprintf(b, `{"type":"AWSAccount","principalId":%s,"accountId":"444455556666"}`, quoteJSON(requester))
	}
}

// flush writes a file of what there is.
func (t *trail) flush() {
	if t.events == 0 || t.err != nil {
		return
	}
	t.buf.WriteString("]}")
	at := time.UnixMilli(t.hour*hour + trailDelay).UTC()
	s := draw(t.cfg.Seed, kindTrail, uint64(t.number))
	t.number++
	dir := filepath.Join(t.dir, "AWSLogs", t.cfg.Account, "CloudTrail", t.cfg.Region, at.Format("2006"), at.Format("01"), at.Format("02"))
	name := t.cfg.Account + "_CloudTrail_" + t.cfg.Region + "_" + at.Format("20060102T1504Z") + "_" + string(s.appendHex(nil, 16, upperHex)) + ".json.gz"
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, err := zip.Write(t.buf.Bytes())
	err = errors.Join(err, zip.Close(), os.MkdirAll(dir, 0o755))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name), packed.Bytes(), 0o644)
	}
	if err != nil {
		t.err = fmt.Errorf("write log file of CloudTrail: %w; make room and begin again in an empty folder", err)
	}
	t.files++
	t.events = 0
	t.buf.Reset()
}

// close writes what is left and tells the first failure.
func (t *trail) close() error {
	t.flush()
	return t.err
}

func quoteJSON(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		return `""`
	}
	return string(quoted)
}
