//go:build servers

package s3log

import (
	"os"
	"reflect"
	"testing"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"

	"earwitness/deployments/testbed"
	"earwitness/deployments/testbed/bedtest"
	"earwitness/pipeline/evidence"
)

// requestIDOf reads the metadata of an output.
func requestIDOf(m middleware.Metadata) (string, bool) { return awsmiddleware.GetRequestIDMetadata(m) }

// metadataOf reads ResultMetadata of any output; it is empty where a call
// failed.
func metadataOf(output any) middleware.Metadata {
	v := reflect.ValueOf(output)
	if v.IsNil() {
		return middleware.Metadata{}
	}
	m, _ := v.Elem().FieldByName("ResultMetadata").Interface().(middleware.Metadata)
	return m
}

// What a real versitygw logs of each request is what its client knows of it.
// With -update the log becomes the sample of TestVersityGWSample.
func TestVersityGWItself(t *testing.T) {
	server := bedtest.VersityGW(t, testbed.VersityGWConfig{})
	w := &traffic{t: t, server: server, root: clientOf(server, server.Root)}
	version := w.objects(t.Context())
	w.multipart(t.Context())
	w.refused(t.Context())
	w.presigned(t.Context())
	w.broken()
	w.deletes(t.Context(), version)
	log, err := os.ReadFile(server.AccessLog)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(versityGWSample, log, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	logged := map[string]*evidence.Evidence{}
	for _, batch := range decodeAll(t, evidence.Object{}, log) {
		for _, e := range batch.Evidence {
			logged[e.GetRequest().GetRequestId()] = e
		}
		if len(batch.DeadLetters) != 4 { // the first line, and three of broken
			t.Errorf("dead letters: %v", batch.DeadLetters)
		}
	}
	for _, s := range w.sent {
		e := logged[s.id]
		if e == nil {
			t.Errorf("%s %s %s: not logged", s.id, s.operation, s.key)
			continue
		}
		r := e.GetRequest()
		got := sent{
			id: r.RequestId, operation: r.Operation, key: r.Key, requester: r.Requester, version: r.VersionId,
			status: r.Status, presigned: r.AuthenticationType == "QueryString" && len(r.Grant) > 0,
		}
		if got != s || r.Bucket != "calls" {
			t.Errorf("got  %+v\nwant %+v", got, s)
		}
		if wantExact := s.key != forgedKey; wantExact != (e.Grade == evidence.Grade_GRADE_EXACT) {
			t.Errorf("%s %s: grade %s", s.operation, s.key, e.Grade.Name())
		}
	}
}
