package correlate_test

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"earwitness/pipeline/access"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// The names that small worlds are built of.
const (
	recordingOne   = "11111111-aaaa-4aaa-8aaa-111111111111"
	recordingTwo   = "22222222-bbbb-4bbb-8bbb-222222222222"
	recordingThree = "33333333-cccc-4ccc-8ccc-333333333333"
	organization   = "0aaaaaaa-0000-4000-8000-00000000000a"
	conversation   = "0ccccccc-0000-4000-8000-00000000000c"

	serviceRole  = "arn:aws:sts::111122223333:assumed-role/ContactCentre"
	serviceOne   = serviceRole + "/s1"
	serviceTwo   = serviceRole + "/s2"
	ownRequester = "arn:aws:sts::111122223333:assumed-role/earwitness-scan/i-0"
	mallory      = "arn:aws:iam::111122223333:user/mallory"

	// home is the address that requests and acts have unless told otherwise.
	home  = "198.51.100.7"
	other = "203.0.113.9"
)

// worldDay is midnight of the day that the clocks of small worlds count from.
func worldDay() time.Time { return time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) }

// clock reads "10:00:00.250", or "+1 10:00:00" of the day after, in
// milliseconds since 1970.
func clock(text string) int64 {
	days := 0
	if day, rest, found := strings.Cut(text, " "); found {
		if _, err := fmt.Sscanf(day, "%d", &days); err != nil {
			return 0
		}
		text = rest
	}
	at, err := time.Parse("15:04:05", text)
	if err != nil {
		return 0
	}
	sinceMidnight := at.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC))
	return worldDay().AddDate(0, 0, days).Add(sinceMidnight).UnixMilli()
}

// mediaKey and sidecarKey are keys of the built-in export layout.
func mediaKey(recording string) string {
	return organization + "/year=2026/month=3/day=2/hour=9/conversation_id=" + conversation + "/" + recording + ".opus"
}

func sidecarKey(recording string) string { return mediaKey(recording) + "_metadata.json" }

// smallRules are the defaults with the roles of small worlds.
func smallRules() correlate.Rules {
	rules := correlate.DefaultRules()
	rules.Model = access.Model_MODEL_DIRECT
	rules.ServiceRoles = []string{serviceRole}
	rules.OwnRoles = []string{"arn:aws:sts::111122223333:assumed-role/earwitness-*"}
	return rules
}

// build is a world of pieces in which all is covered: everything is final.
func build(pieces ...*evidence.Evidence) world {
	until := worldDay().AddDate(0, 0, 8)
	return world{
		Rules: smallRules(), Sources: []string{"audits", "s3log"},
		Coverage: map[string]time.Time{"audits": until, "s3log": until},
		Evidence: pieces,
	}
}

// with changes the rules of a world.
func (w world) with(change func(*correlate.Rules)) world {
	change(&w.Rules)
	return w
}

// coveredTo lets both sources have delivered until then.
func (w world) coveredTo(text string) world {
	until := time.UnixMilli(clock(text))
	w.Coverage = map[string]time.Time{"audits": until, "s3log": until}
	return w
}

type (
	requestChange func(*evidence.StorageRequest)
	actChange     func(*evidence.Act)
)

// request is one storage request named by its request id: unless changed, the
// contact centre reads the whole first recording and succeeds.
func request(id, at string, changes ...requestChange) *evidence.Evidence {
	r := &evidence.StorageRequest{
		Bucket: "bucket", TimeMs: clock(at), RemoteIp: home, Requester: serviceOne, RequestId: id,
		Operation: "REST.GET.OBJECT", Key: mediaKey(recordingOne), Status: 200, BytesSent: 1000,
		ObjectSize: 1000, HostId: "host", AuthenticationType: "AuthHeader",
		Present: evidence.PresentStatus | evidence.PresentBytesSent | evidence.PresentObjectSize,
	}
	for _, change := range changes {
		change(r)
	}
	return requestPiece(r, "a")
}

// requestPiece completes r; pieces of one identity come in the order of
// their tags.
func requestPiece(r *evidence.StorageRequest, tag string) *evidence.Evidence {
	r = proto.CloneOf(r)
	readKey(r)
	id := evidence.RequestID(r.Bucket, r.RequestId, r.HostId, r.Operation, r.Key, r.VersionId)
	r.Identity = id[:]
	e := piece(evidence.Kind_KIND_ACCESS_LOG, "file:///logs/"+tag, int(r.TimeMs%1000003), rawOf(tag, r))
	e.Fact = &evidence.Evidence_Request{Request: r}
	evidence.SetRequestSubject(e)
	return e
}

// act is one audit event: unless changed, user u1 reads the first recording
// and succeeds.
func act(id, at string, changes ...actChange) *evidence.Evidence {
	a := &evidence.Act{
		AuditId: id, TimeMs: clock(at), UserId: "u1", UserName: "Una", Level: "USER", Status: "SUCCESS",
		Service: "Quality", Action: "Read", EntityType: "Recording", EntityId: recordingOne,
		RemoteIps: []string{home}, OrganizationId: organization, ConversationId: conversation,
	}
	for _, change := range changes {
		change(a)
	}
	return actPiece(a, evidence.Kind_KIND_PLATFORM_QUERY, "a")
}

func actPiece(a *evidence.Act, kind evidence.Kind, tag string) *evidence.Evidence {
	a = proto.CloneOf(a)
	e := piece(kind, "file:///audits/"+tag, int(a.TimeMs%1000003), rawOf(tag, a))
	e.Fact = &evidence.Evidence_Act{Act: a}
	evidence.SetActSubject(e)
	return e
}

// rawOf makes bytes that differ where facts do, and sort by tag.
func rawOf(tag string, fact proto.Message) []byte {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(fact)
	if err != nil {
		return nil
	}
	sum := sha(b)
	return fmt.Appendf(nil, "%s %x", tag, sum[:12])
}

// by sets the requester; empty is anonymous.
func by(requester string) requestChange {
	return func(r *evidence.StorageRequest) { r.Requester = requester }
}

func doing(operation string) requestChange {
	return func(r *evidence.StorageRequest) { r.Operation = operation }
}

func on(key string) requestChange {
	return func(r *evidence.StorageRequest) { r.Key = key }
}

func from(ip string) requestChange {
	return func(r *evidence.StorageRequest) { r.RemoteIp = ip }
}

// answered sets status, error code, bytes sent and object size; a negative
// number is absent.
func answered(status int32, code string, sent, size int64) requestChange {
	return func(r *evidence.StorageRequest) {
		r.Present, r.Status, r.BytesSent, r.ObjectSize, r.ErrorCode = 0, 0, 0, 0, code
		if status >= 0 {
			r.Status, r.Present = status, r.Present|evidence.PresentStatus
		}
		if sent >= 0 {
			r.BytesSent, r.Present = sent, r.Present|evidence.PresentBytesSent
		}
		if size >= 0 {
			r.ObjectSize, r.Present = size, r.Present|evidence.PresentObjectSize
		}
	}
}

// presigned makes a request one of the link grant (empty: no signature was
// logged), signed at a time (empty: none was).
func presigned(grant, signed string) requestChange {
	return func(r *evidence.StorageRequest) {
		r.AuthenticationType, r.Grant, r.SigningTimeMs = "QueryString", nil, 0
		if grant != "" {
			sum := sha([]byte(grant))
			r.Grant = sum[:]
		}
		if signed != "" {
			r.SigningTimeMs = clock(signed)
		}
	}
}

// user, client, system and unknown set the actor of an act.
func user(id string) actChange {
	return func(a *evidence.Act) { a.UserId, a.UserName, a.ClientId, a.Level = id, "User-"+id, "", "USER" }
}

func client(id string) actChange {
	return func(a *evidence.Act) {
		a.UserId, a.UserName, a.ClientId, a.ClientName, a.Level = "", "", id, "App-"+id, "USER"
	}
}

func system() actChange {
	return func(a *evidence.Act) { a.UserId, a.UserName, a.ClientId, a.Level = "", "", "", "SYSTEM" }
}

func unknown() actChange {
	return func(a *evidence.Act) { a.UserId, a.UserName, a.ClientId, a.Level = "", "", "", "USER" }
}

func action(name string) actChange { return func(a *evidence.Act) { a.Action = name } }

func failing() actChange { return func(a *evidence.Act) { a.Status = "Failure" } }

func at(ips ...string) actChange { return func(a *evidence.Act) { a.RemoteIps = ips } }

func about(recording string) actChange { return func(a *evidence.Act) { a.EntityId = recording } }
