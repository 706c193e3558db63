package correlate_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"earwitness/pipeline/evidence"
)

// A slow reader of the stored worlds, by regular expressions: it shares
// nothing with the real decoders, so that the oracle's answer does not lean
// on them.
var (
	logLine = regexp.MustCompile(`^(\S+) (\S+) \[([^\]]+)\] (\S+) (.*?) ([0-9A-F]{16}|[0-9a-f-]{36}) ` +
		`([A-Z0-9]+\.[A-Z0-9_.]+) (\S+) (".*?"|-) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (".*"|-) (".*"|-) (\S+) ` +
		`([A-Za-z0-9+/=]{20,}) (\S+) (\S+) (\S+) (\S+) (\S+)(.*)$`)
	exportKey = regexp.MustCompile(`^(?:.*/)?([0-9a-f-]{36})/year=\d{4}/month=\d{1,2}/day=\d{1,2}/hour=\d{1,2}/` +
		`conversation_id=([0-9a-f-]{36})/([0-9a-f-]{36})(?:\.[A-Za-z0-9]+)?(_metadata\.json)?$`)
	guideKey = regexp.MustCompile(`^recordings/\d{4}/\d{2}/\d{2}/([0-9a-f-]{36})\.[A-Za-z0-9]+$`)
)

func sha(b []byte) [sha256.Size]byte { return sha256.Sum256(b) }

func readStoredLogs(t *testing.T, dir string) []*evidence.Evidence {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "logs", "*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no logs in %s: %v", dir, err)
	}
	var pieces []*evidence.Evidence
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		offset := 0
		for line := range bytes.Lines(data) {
			e := piece(evidence.Kind_KIND_ACCESS_LOG, path, offset, bytes.TrimRight(line, "\n"))
			e.Fact = &evidence.Evidence_Request{Request: readLine(t, string(e.Raw))}
			evidence.SetRequestSubject(e)
			pieces = append(pieces, e)
			offset += len(line)
		}
	}
	return pieces
}

// readLine reads one line of a log; "-" is absent.
func readLine(t *testing.T, line string) *evidence.StorageRequest {
	t.Helper()
	f := logLine.FindStringSubmatch(line)
	if f == nil {
		t.Fatalf("line does not read: %s", line)
	}
	for i := range f {
		f[i] = strings.Trim(f[i], `"`)
		if f[i] == "-" {
			f[i] = ""
		}
	}
	at, err := time.Parse("02/Jan/2006:15:04:05 -0700", f[3])
	if err != nil {
		t.Fatal(err)
	}
	r := &evidence.StorageRequest{
		BucketOwner: f[1], Bucket: f[2], TimeMs: at.UnixMilli(), RemoteIp: f[4], Requester: f[5],
		RequestId: f[6], Operation: f[7], KeyLogged: f[8], Key: decodeKey(t, f[7], f[8]), RequestUri: f[9],
		ErrorCode: f[11], VersionId: f[18], HostId: f[19], SignatureVersion: f[20], CipherSuite: f[21],
		AuthenticationType: f[22], HostHeader: f[23], TlsVersion: f[24],
	}
	number := func(text string, bit uint32) int64 {
		n, err := strconv.ParseInt(text, 10, 64)
		if err == nil {
			r.Present |= bit
		}
		return n
	}
	r.Status = int32(number(f[10], evidence.PresentStatus))
	r.BytesSent = number(f[12], evidence.PresentBytesSent)
	r.ObjectSize = number(f[13], evidence.PresentObjectSize)
	r.TotalTimeMs = number(f[14], evidence.PresentTotalTime)
	r.TurnAroundMs = number(f[15], evidence.PresentTurnAround)
	readSignature(t, r)
	readKey(r)
	id := evidence.RequestID(r.Bucket, r.RequestId, r.HostId, r.Operation, r.Key, r.VersionId)
	r.Identity = id[:]
	return r
}

// decodeKey undoes the encoding: single for two operations, else double.
func decodeKey(t *testing.T, operation, logged string) string {
	t.Helper()
	times := 2
	if operation == "BATCH.DELETE.OBJECT" || operation == "S3.EXPIRE.OBJECT" {
		times = 1
	}
	for range times {
		decoded, err := url.PathUnescape(logged)
		if err != nil {
			t.Fatal(err)
		}
		logged = decoded
	}
	return logged
}

func readSignature(t *testing.T, r *evidence.StorageRequest) {
	t.Helper()
	parts := strings.SplitN(r.RequestUri, "?", 2)
	if r.AuthenticationType != "QueryString" || len(parts) < 2 {
		return
	}
	query, err := url.ParseQuery(strings.Split(parts[1], " ")[0])
	if err != nil {
		t.Fatal(err)
	}
	signature := query.Get("X-Amz-Signature") + query.Get("Signature")
	if signature != "" {
		sum := sha([]byte(signature))
		r.Grant = sum[:]
	}
	if at, err := time.Parse("20060102T150405Z", query.Get("X-Amz-Date")); err == nil {
		r.SigningTimeMs = at.UnixMilli()
	}
}

func readKey(r *evidence.StorageRequest) {
	if f := exportKey.FindStringSubmatch(r.Key); f != nil {
		r.OrganizationId, r.ConversationId, r.RecordingId = f[1], f[2], f[3]
		r.ObjectKind = evidence.ObjectKind_OBJECT_KIND_MEDIA
		if f[4] != "" {
			r.ObjectKind = evidence.ObjectKind_OBJECT_KIND_METADATA
		}
	} else if f := guideKey.FindStringSubmatch(r.Key); f != nil {
		r.RecordingId, r.ObjectKind = f[1], evidence.ObjectKind_OBJECT_KIND_MEDIA
	}
}

// storedAudit has the fields of all three shapes.
type storedAudit struct {
	ID          string    `json:"id"`
	EventDate   time.Time `json:"eventDate"`
	EventTime   time.Time `json:"eventTime"`
	User        nameAndID `json:"user"`
	UserID      string    `json:"userId"`
	UserDisplay string    `json:"userDisplay"`
	Client      nameAndID `json:"client"`
	ClientID    nameAndID `json:"clientId"`
	RemoteIP    []string  `json:"remoteIp"`
	RemoteIPs   []string  `json:"remoteIps"`
	Level       string    `json:"level"`
	Status      string    `json:"status"`
	ServiceName string    `json:"serviceName"`
	Action      string    `json:"action"`
	EntityType  string    `json:"entityType"`
	Entity      nameAndID `json:"entity"`
	Home        string    `json:"userHomeOrgId"`
	Context     struct {
		ConversationID string `json:"conversationId"`
	} `json:"context"`
	Detail struct {
		EventBody json.RawMessage `json:"eventBody"`
	} `json:"detail"`
}

type nameAndID struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func readStoredAudits(t *testing.T, dir string) []*evidence.Evidence {
	t.Helper()
	kinds := map[string]evidence.Kind{
		"platform.json":      evidence.Kind_KIND_PLATFORM_QUERY,
		"quality.ndjson":     evidence.Kind_KIND_QUALITY_QUERY,
		"eventbridge.ndjson": evidence.Kind_KIND_EVENT,
	}
	var pieces []*evidence.Evidence
	for name, kind := range kinds {
		path := filepath.Join(dir, "audits", name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts := bytes.Split(bytes.TrimSpace(data), []byte("\n"))
		if name == "platform.json" {
			var array []json.RawMessage
			if err := json.Unmarshal(data, &array); err != nil {
				t.Fatal(err)
			}
			texts = nil
			for _, text := range array {
				texts = append(texts, text)
			}
		}
		for i, text := range texts {
			e := piece(kind, path, i, text)
			e.Fact = &evidence.Evidence_Act{Act: readAudit(t, text)}
			evidence.SetActSubject(e)
			pieces = append(pieces, e)
		}
	}
	return pieces
}

func readAudit(t *testing.T, text []byte) *evidence.Act {
	t.Helper()
	var a storedAudit
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	if len(a.Detail.EventBody) > 0 {
		return readAudit(t, a.Detail.EventBody)
	}
	at := a.EventDate
	if at.IsZero() {
		at = a.EventTime
	}
	return &evidence.Act{
		AuditId: a.ID, TimeMs: at.UnixMilli(), UserId: a.User.ID + a.UserID, UserName: a.User.Name + a.UserDisplay,
		ClientId: a.Client.ID + a.ClientID.ID, ClientName: a.Client.Name, Level: a.Level, Status: a.Status,
		Service: a.ServiceName, Action: a.Action, EntityType: a.EntityType, EntityId: a.Entity.ID,
		EntityName: a.Entity.Name, RemoteIps: append(a.RemoteIP, a.RemoteIPs...),
		OrganizationId: a.Home, ConversationId: a.Context.ConversationID,
	}
}
