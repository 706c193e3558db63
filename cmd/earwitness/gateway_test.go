//go:build servers

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"earwitness/deployments/testbed"
	"earwitness/deployments/testbed/bedtest"
)

// Who uses the gateway besides its root, which is the archive's own role.
const (
	centre   = "contact-centre"
	analyst  = "analyst"
	stranger = "stranger"
)

// gatewayRules are the settings by which it is judged. The windows are short,
// so that what has just happened is final soon.
const gatewayRules = `model: export
roles: {service: [contact-centre], own: [earwitness]}
windows: {session-gap: 5s, before: 10s, after: 5s}
`

// settleAfter is how long after the last request all sessions are final: the
// longest of the windows, and a second because they are whole ones.
const settleAfter = 11 * time.Second

// gateway is a versitygw whose access log is the input of a test, with the
// clients who use it.
type gateway struct {
	t      *testing.T
	server *testbed.S3Server
	bucket *string
	as     map[string]*s3.Client
	http   *http.Client
	// sent counts the requests of all clients.
	sent atomic.Int64
}

// counting counts requests.
type counting struct {
	*http.Transport
	sent *atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (c counting) RoundTrip(request *http.Request) (*http.Response, error) {
	c.sent.Add(1)
	return c.Transport.RoundTrip(request)
}

func newGateway(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{
		t: t, server: bedtest.VersityGW(t, testbed.VersityGWConfig{}), bucket: aws.String("calls"), as: map[string]*s3.Client{},
	}
	g.http = &http.Client{Timeout: 30 * time.Second, Transport: counting{&http.Transport{}, &g.sent}}
	t.Cleanup(g.http.CloseIdleConnections)
	root := g.client(g.server.Root)
	_, err := root.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: g.bucket})
	g.want(err, "")
	for _, name := range []string{centre, analyst, stranger} {
		account, err := g.server.AddVersityGWUser(t.Context(), name)
		g.want(err, "")
		g.as[name] = g.client(account)
	}
	policy := `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"AWS":["contact-centre"]},"Action":"s3:*","Resource":["arn:aws:s3:::calls","arn:aws:s3:::calls/*"]},
		{"Effect":"Allow","Principal":{"AWS":["analyst"]},"Action":["s3:GetObject","s3:PutObject"],"Resource":["arn:aws:s3:::calls/*"]}]}`
	_, err = root.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: g.bucket, Policy: &policy})
	g.want(err, "")
	return g
}

func (g *gateway) client(who testbed.Account) *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: &g.server.Endpoint, Region: g.server.Region, UsePathStyle: true, HTTPClient: g.http,
		Credentials:      credentials.NewStaticCredentialsProvider(who.User, who.Password, ""),
		RetryMaxAttempts: 1, // a retry would be a request that nobody knows of
	})
}

// want checks that a call fails with a code, or not at all.
func (g *gateway) want(err error, code string) {
	g.t.Helper()
	var failed interface{ ErrorCode() string }
	if errors.As(err, &failed) && failed.ErrorCode() == code || err == nil && code == "" {
		return
	}
	g.t.Fatalf("a call ends with %v, want %q", err, code)
}

// recording is one as the contact centre exports it.
type recording struct{ conversation, id string }

func newRecording(n int) recording {
	return recording{conversation: fmt.Sprintf("e37b7849-2f5a-4f23-9f9b-%012x", n), id: fmt.Sprintf("1180febb-8ca9-4ff9-8b56-%012x", n)}
}

const organization = "cd613e30-d8f1-4adf-91b7-584a2265b1f5"

func (r recording) key() *string { return r.object(".opus") }

func (r recording) object(end string) *string {
	return aws.String(fmt.Sprintf("exports/%s/year=2026/month=3/day=04/hour=1/conversation_id=%s/%s%s", organization, r.conversation, r.id, end))
}

// export puts a recording and its metadata.
func (g *gateway) export(r recording) {
	g.t.Helper()
	sidecar, err := json.Marshal(map[string]string{"conversationId": r.conversation, "recordingId": r.id})
	g.want(err, "")
	for key, body := range map[*string]string{r.key(): strings.Repeat("speech", 2000), r.object("_metadata.json"): string(sidecar)} {
		_, err := g.as[centre].PutObject(g.t.Context(), &s3.PutObjectInput{Bucket: g.bucket, Key: key, Body: strings.NewReader(body)})
		g.want(err, "")
	}
}

// get reads a whole object, or a range of it.
func (g *gateway) get(who string, key *string, span, code string) {
	g.t.Helper()
	input := &s3.GetObjectInput{Bucket: g.bucket, Key: key}
	if span != "" {
		input.Range = &span
	}
	got, err := g.as[who].GetObject(g.t.Context(), input)
	g.want(err, code)
	if err == nil {
		_, err = io.Copy(io.Discard, got.Body)
		g.want(errors.Join(err, got.Body.Close()), "")
	}
}

// browse gets an address as a browser does.
func (g *gateway) browse(address string, status int) {
	g.t.Helper()
	request, err := http.NewRequestWithContext(g.t.Context(), http.MethodGet, address, http.NoBody)
	g.want(err, "")
	request.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	response, err := g.http.Do(request)
	g.want(err, "")
	defer response.Body.Close() //nolint:errcheck // it is read to its end
	_, err = io.Copy(io.Discard, response.Body)
	g.want(err, "")
	if response.StatusCode != status {
		g.t.Fatalf("%s is answered %d, want %d", address, response.StatusCode, status)
	}
}
