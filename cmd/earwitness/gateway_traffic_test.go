//go:build servers

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// The recordings, by what becomes of them. The contact centre acts, unless
// something else is said.
const (
	played       = iota // in many ranges, with the act of ada
	linked              // by a presigned link, with the act of ben, who uses it; and by nobody
	unexplained         // whole, without an act
	disputed            // whole, with acts of ada and ben
	onlySaid            // with an act of ada, and no request
	taken               // copied and read by the analyst; refused to the stranger
	probed              // its head
	bulkDeleted         // with others in one request
	justDeleted         // alone, without an act
	manyExported        // and how many there are
)

// person who is seen in the audits.
type person struct{ id, name, address string }

func ada() person {
	return person{"7eed8d14-f06d-4fef-b019-66a0c381e88f", "Ada Quill", "192.0.2.7"}
}

// ben sits where the test runs.
func ben() person {
	return person{"35bf992d-c9e9-4616-a12e-7696a6cecc1b", "Ben Marsh", "127.0.0.1"}
}

// realInput is what versitygw logged of requests that were really sent, and
// the audits that belong to it.
type realInput struct {
	dir string
	// requests that were sent, and when the last one was.
	requests   int64
	began, end time.Time
	// acts are the audits, those in a file that comes late included.
	acts int
	late []byte
}

func (in *realInput) logs() string   { return filepath.Join(in.dir, "logs") }
func (in *realInput) audits() string { return filepath.Join(in.dir, "audits") }

// sources as the configuration names them.
func (in *realInput) sources() string {
	return fmt.Sprintf("sources:\n  - {name: access-logs, type: s3-access-log, path: %s}\n  - {name: audits, type: genesys-audit, path: %s}\n", in.logs(), in.audits())
}

// newRealInput has clients use a gateway, and stops it.
func newRealInput(t *testing.T) *realInput {
	t.Helper()
	g, in := newGateway(t), &realInput{dir: t.TempDir(), began: time.Now()}
	for n := range manyExported {
		g.export(newRecording(n))
	}
	var acts []map[string]any
	act := func(n int, action string, who person) {
		acts = append(acts, audit(len(acts), newRecording(n), action, who))
	}

	act(played, "Playback", ada())
	for at := 0; at < 12000; at += 400 {
		g.get(centre, newRecording(played).key(), fmt.Sprintf("bytes=%d-%d", at, at+399), "")
	}
	act(linked, "Download", ben())
	g.link(newRecording(linked))
	g.get(centre, newRecording(unexplained).key(), "", "")
	act(disputed, "Playback", ada())
	act(disputed, "Download", ben())
	g.get(centre, newRecording(disputed).key(), "", "")
	act(onlySaid, "Read", ada())
	g.goAround(newRecording(taken))
	_, err := g.as[centre].HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: g.bucket, Key: newRecording(probed).key()})
	g.want(err, "")
	g.remove()

	in.requests, in.end, in.acts = g.sent.Load(), time.Now(), len(acts)
	in.write(g, acts)
	return in
}

// link is used by whom it was made for. The same address without a signature
// is nobody's.
func (g *gateway) link(r recording) {
	g.t.Helper()
	signed, err := s3.NewPresignClient(g.as[centre]).PresignGetObject(g.t.Context(), &s3.GetObjectInput{Bucket: g.bucket, Key: r.key()})
	g.want(err, "")
	g.browse(signed.URL, 200)
	g.browse(g.server.Endpoint+"/"+*g.bucket+"/"+*r.key(), 403)
}

// goAround is what others than the contact centre do.
func (g *gateway) goAround(r recording) {
	g.t.Helper()
	g.get(analyst, r.key(), "", "")
	// A key that a log, an URL and JSON all have to quote.
	odd := aws.String(`mine/a b ü+%41=&?;"quoted" \ .opus`)
	_, err := g.as[analyst].CopyObject(g.t.Context(), &s3.CopyObjectInput{Bucket: g.bucket, Key: odd, CopySource: aws.String(*g.bucket + "/" + *r.key())})
	g.want(err, "")
	g.get(analyst, odd, "bytes=0-9", "")
	g.get(stranger, r.key(), "", "AccessDenied")
}

func (g *gateway) remove() {
	g.t.Helper()
	_, err := g.as[centre].DeleteObject(g.t.Context(), &s3.DeleteObjectInput{Bucket: g.bucket, Key: newRecording(justDeleted).key()})
	g.want(err, "")
	gone := newRecording(bulkDeleted)
	_, err = g.as[centre].DeleteObjects(g.t.Context(), &s3.DeleteObjectsInput{Bucket: g.bucket, Delete: &types.Delete{
		Objects: []types.ObjectIdentifier{{Key: gone.key()}, {Key: gone.object("_metadata.json")}},
	}})
	g.want(err, "")
}

// audit is an act that happens now, as the platform's queries answer.
func audit(n int, of recording, action string, who person) map[string]any {
	return map[string]any{
		"id": fmt.Sprintf("4be1b248-8b97-4f45-8362-%012x", n), "userHomeOrgId": organization, "serviceName": "Quality", "level": "USER",
		"eventDate": time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), "action": action, "status": "SUCCESS",
		"entityType": "Recording", "entity": map[string]any{"id": of.id}, "user": map[string]any{"id": who.id, "name": who.name},
		"remoteIp": []string{who.address}, "context": map[string]any{"conversationId": of.conversation},
	}
}

// write makes the folders. The last audits come in a file of their own, which
// addLate brings.
func (in *realInput) write(g *gateway, acts []map[string]any) {
	g.t.Helper()
	// The gateway writes what it has answered before it ends.
	g.want(g.server.Node.Stop(g.t.Context()), "")
	logged, err := os.ReadFile(g.server.AccessLog)
	g.want(err, "")
	if lines := int64(bytes.Count(logged, []byte("\n"))); lines != in.requests+1 {
		g.t.Fatalf("the gateway logged %d lines of %d requests and its start", lines, in.requests)
	}
	early, err := json.Marshal(acts[:2])
	g.want(err, "")
	for _, one := range acts[2:] {
		line, err := json.Marshal(one)
		g.want(err, "")
		in.late = append(append(in.late, line...), '\n')
	}
	for path, text := range map[string][]byte{
		filepath.Join(in.logs(), "access.log"): logged, filepath.Join(in.audits(), "platform.json"): early,
	} {
		g.want(os.MkdirAll(filepath.Dir(path), 0o700), "")
		g.want(os.WriteFile(path, text, 0o600), "")
	}
}

// addLate brings the audits that were held back.
func (in *realInput) addLate(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(in.audits(), "later.ndjson"), in.late, 0o600); err != nil {
		t.Fatal(err)
	}
}

// awaitSettled waits until all sessions are final.
func (in *realInput) awaitSettled(t *testing.T) {
	t.Helper()
	left := time.NewTimer(time.Until(in.end.Add(settleAfter)))
	defer left.Stop()
	select {
	case <-left.C:
	case <-t.Context().Done():
	}
}
