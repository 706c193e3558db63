//go:build servers

package queue_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"go.uber.org/goleak"

	"earwitness/deployments/testbed"
	"earwitness/deployments/testbed/bedtest"
	"earwitness/pipeline/amazon"
	"earwitness/pipeline/evidence"
	"earwitness/sources/intake"
	"earwitness/sources/intake/notification"
	"earwitness/sources/intake/queue"
	"earwitness/sources/intake/s3objects"
	"earwitness/sources/s3log"
)

var bed bedtest.Bed

func TestMain(m *testing.M) { goleak.VerifyTestMain(bed.Main(m)) }

// errAway is a failure that may pass.
var errAway = errors.New("the bus is away")

// bus keeps what it is given, unless it fails.
type bus struct {
	mu sync.Mutex
	// away fails batches while it says so.
	away    func() bool
	records map[string]int
	letters []*evidence.DeadLetter
	// each is told of each record, before it is acknowledged.
	each func()
}

func newBus() *bus { return &bus{records: map[string]int{}} }

// Publish implements intake.Publisher.
func (b *bus) Publish(ctx context.Context, batch evidence.Batch, done func(error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.away != nil && b.away() {
		go done(errAway)
		return nil
	}
	for _, e := range batch.Evidence {
		b.records[string(e.Id)]++
	}
	b.letters = append(b.letters, batch.DeadLetters...)
	each := b.each
	go func() {
		if each != nil {
			each()
		}
		done(nil)
	}()
	return nil
}

func (b *bus) taken() (records, times int, causes string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.records {
		times += n
	}
	for _, l := range b.letters {
		causes += l.Cause + " "
	}
	return len(b.records), times, strings.TrimSpace(causes)
}

// world is a bucket of log objects and a queue of the test's own.
type world struct {
	t      testing.TB
	s3     *testbed.S3Access
	sqs    *testbed.SQSAccess
	bucket string
	store  *s3.Client
	queues *sqs.Client
	url    string
	bus    *bus
	http   *http.Client
}

// newWorld makes a queue, with a dead letter queue after some receives where
// that is positive, and a bucket.
func newWorld(t testing.TB, maxReceives int) *world {
	t.Helper()
	return newWorldOn(t, bed.MinIO(t), bed.ElasticMQ(t), maxReceives)
}

func newWorldOn(t testing.TB, store *testbed.S3Access, queues *testbed.SQSAccess, maxReceives int) *world {
	t.Helper()
	w := &world{t: t, s3: store, sqs: queues, bus: newBus(), bucket: fmt.Sprintf("queue-%d", time.Now().UnixNano())}
	transport := &http.Transport{MaxIdleConnsPerHost: 32}
	t.Cleanup(transport.CloseIdleConnections)
	w.http = &http.Client{Transport: transport}
	w.store = s3.New(s3.Options{
		BaseEndpoint: &w.s3.Endpoint, Region: w.s3.Region, UsePathStyle: true, HTTPClient: w.http,
		Credentials: credentials.NewStaticCredentialsProvider(w.s3.Root.User, w.s3.Root.Password, ""),
	})
	w.queues = sqs.New(sqs.Options{BaseEndpoint: &w.sqs.Endpoint, Region: w.sqs.Region, HTTPClient: w.http, Credentials: w.anybody()})
	if _, err := w.store.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &w.bucket}); err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{}
	if maxReceives > 0 {
		w.create(w.bucket+"-dead", nil)
		settings["RedrivePolicy"] = fmt.Sprintf(`{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:%s-dead","maxReceiveCount":"%d"}`, w.bucket, maxReceives)
	}
	w.url = w.create(w.bucket, settings)
	return w
}

func (w *world) anybody() aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(w.sqs.Anybody.User, w.sqs.Anybody.Password, "")
}

func (w *world) create(name string, settings map[string]string) string {
	w.t.Helper()
	out, err := w.queues.CreateQueue(w.t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: settings})
	if err != nil {
		w.t.Fatal(err)
	}
	return *out.QueueUrl
}

// put gives the object's ETag.
func (w *world) put(key string, data []byte) string {
	w.t.Helper()
	out, err := w.store.PutObject(w.t.Context(), &s3.PutObjectInput{Bucket: &w.bucket, Key: &key, Body: bytes.NewReader(data)})
	if err != nil {
		w.t.Fatal(err)
	}
	return *out.ETag
}

// told is S3's notification of an object, without its ETag.
func told(bucket, key string) string {
	return fmt.Sprintf(`{"Records":[{"eventSource":"aws:s3","eventTime":"2026-03-20T10:00:00Z","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":%q},"object":{"key":%q,"size":1}}}]}`,
		bucket, url.QueryEscape(key))
}

func (w *world) send(bodies ...string) {
	w.t.Helper()
	for len(bodies) > 0 {
		in := &sqs.SendMessageBatchInput{QueueUrl: &w.url}
		for i, body := range bodies[:min(10, len(bodies))] {
			in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), MessageBody: &body})
		}
		bodies = bodies[len(in.Entries):]
		if out, err := w.queues.SendMessageBatch(w.t.Context(), in); err != nil || len(out.Failed) > 0 {
			w.t.Fatal(err, out)
		}
	}
}

// deliver puts objects of some lines and tells of each.
func (w *world) deliver(from, objects, lines int) {
	w.t.Helper()
	var bodies []string
	for i := from; i < from+objects; i++ {
		key := fmt.Sprintf("logs/year=2026/a b+%d", i)
		w.put(key, logLines(i*lines, lines))
		bodies = append(bodies, told(w.bucket, key))
	}
	w.send(bodies...)
}

// count gives what a queue holds.
func (w *world) count(url string) (visible, hidden string) {
	w.t.Helper()
	out, err := w.queues.GetQueueAttributes(w.t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
	if err != nil {
		w.t.Fatal(err)
	}
	return out.Attributes["ApproximateNumberOfMessages"], out.Attributes["ApproximateNumberOfMessagesNotVisible"]
}

func (w *world) wantLeft(visible, hidden string) {
	w.t.Helper()
	if v, h := w.count(w.url); v != visible || h != hidden {
		w.t.Errorf("the queue holds %s visible and %s hidden messages, want %s and %s", v, h, visible, hidden)
	}
}

func (w *world) objects(endpoint string) *s3objects.Objects {
	w.t.Helper()
	o, err := s3objects.Open(w.t.Context(), s3objects.Config{Bucket: w.bucket, Access: amazon.Access{
		Endpoint: endpoint, Region: w.s3.Region, PathStyle: true, Logger: slog.New(slog.DiscardHandler), Timeout: 5 * time.Second,
		Credentials: credentials.NewStaticCredentialsProvider(w.s3.Root.User, w.s3.Root.Password, ""), Attempts: 1,
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(o.Close)
	return o
}

// source takes from the queue, once unless that is changed.
func (w *world) source(objects intake.Objects, change func(*queue.Config)) *queue.Source {
	w.t.Helper()
	delivery, err := intake.NewDelivery(intake.DeliveryConfig{
		Source: "logs", Objects: objects, Bucket: w.bucket, Decoder: s3log.New(s3log.Config{}), Publisher: w.bus,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	config := queue.Config{
		Source: "logs", URL: w.url, Once: true, Wait: time.Second, Visibility: 10 * time.Second, Backoff: time.Second,
		Access:  amazon.Access{Region: w.sqs.Region, Credentials: w.anybody(), Logger: slog.New(slog.DiscardHandler)},
		Carrier: queue.NewObjects(notification.Scope{Bucket: w.bucket, Prefix: "logs/"}, delivery, 0), Publisher: w.bus,
		Passing: func(err error) bool { return errors.Is(err, errAway) },
	}
	if change != nil {
		change(&config)
	}
	s, err := queue.New(w.t.Context(), config)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) once(change func(*queue.Config)) *queue.Source {
	w.t.Helper()
	s := w.source(w.objects(w.s3.Endpoint), change)
	if err := s.Run(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) want(records int, causes string) {
	w.t.Helper()
	if n, times, got := w.bus.taken(); n != records || got != causes {
		w.t.Errorf("%d records came (%d times) and the causes %q, want %d and %q", n, times, got, records, causes)
	}
}

// proxy passes on to a server what before, told the action of SQS or the path,
// does not answer.
func (w *world) proxy(to string, before func(w http.ResponseWriter, what string) bool) string {
	w.t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		w.t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	reverse := &httputil.ReverseProxy{Transport: transport, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0), Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_, what, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		if what == "" {
			what = r.URL.Path
		}
		if !before(rw, what) {
			reverse.ServeHTTP(rw, r)
		}
	}))
	w.t.Cleanup(func() {
		server.Close()
		transport.CloseIdleConnections()
	})
	return server.URL
}

func logLines(from, n int) []byte {
	var b bytes.Buffer
	for i := from; i < from+n; i++ {
		fmt.Fprintf(&b, "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be recordings [20/Mar/2026:10:00:00 +0000] "+
			"192.0.2.3 arn:aws:iam::111122223333:user/x %016X REST.GET.OBJECT a/b%d.wav \"GET /recordings/a HTTP/1.1\" 200 - 113 113 7 6 "+
			"\"-\" \"agent\" - s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 ECDHE-RSA-AES128-GCM-SHA256 "+
			"AuthHeader recordings.s3.amazonaws.com TLSv1.3 - - eu-central-1\n", i, i)
	}
	return b.Bytes()
}

func packed(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(data)
	_ = w.Close()
	return b.Bytes()
}
