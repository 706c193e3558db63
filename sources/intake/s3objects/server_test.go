//go:build servers

package s3objects_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"earwitness/deployments/testbed"
	"earwitness/deployments/testbed/bedtest"
	"earwitness/pipeline/amazon"
	"earwitness/sources/intake"
	"earwitness/sources/intake/intaketest"
	"earwitness/sources/intake/s3objects"
	"earwitness/sources/s3log"
)

var bed bedtest.Bed

func TestMain(m *testing.M) { goleak.VerifyTestMain(bed.Main(m)) }

// server is a real one, with a bucket of the test's own.
type server struct {
	*testbed.S3Access
	client *s3.Client
	bucket string
}

// onServers runs a test on each.
func onServers(t *testing.T, test func(t *testing.T, s *server)) {
	t.Helper()
	for name, access := range map[string]func(testing.TB) *testbed.S3Access{"MinIO": bed.MinIO, "VersityGW": bed.VersityGW} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newServer(t, access(t)))
		})
	}
}

func newServer(t testing.TB, access *testbed.S3Access) *server {
	t.Helper()
	s := &server{S3Access: access, bucket: fmt.Sprintf("intake-%d", time.Now().UnixNano())}
	transport := &http.Transport{MaxIdleConnsPerHost: 32}
	t.Cleanup(transport.CloseIdleConnections)
	s.client = s3.New(s3.Options{
		BaseEndpoint: &s.Endpoint, Region: s.Region, UsePathStyle: true, Credentials: s.root(),
		HTTPClient: &http.Client{Transport: transport, Timeout: 30 * time.Second},
	})
	if _, err := s.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &s.bucket}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *server) root() aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(s.Root.User, s.Root.Password, "")
}

func (s *server) put(t testing.TB, key string, data []byte, metadata map[string]string) {
	t.Helper()
	in := &s3.PutObjectInput{Bucket: &s.bucket, Key: &key, Body: bytes.NewReader(data), Metadata: metadata}
	if _, err := s.client.PutObject(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

// open gives the bucket by an endpoint, which may be a proxy's.
func (s *server) open(t testing.TB, endpoint string) *s3objects.Objects {
	t.Helper()
	o, err := s3objects.Open(t.Context(), s3objects.Config{Bucket: s.bucket, Access: amazon.Access{
		Endpoint: endpoint, Region: s.Region, PathStyle: true, Credentials: s.root(), Logger: slog.New(slog.DiscardHandler),
		Timeout: 5 * time.Second,
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	return o
}

// line is one of an access log.
func line(n int) string {
	return fmt.Sprintf("79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be recordings [20/Mar/2026:10:00:00 +0000] "+
		"192.0.2.3 arn:aws:iam::111122223333:user/x %016X REST.GET.OBJECT a/b%d.wav \"GET /recordings/a HTTP/1.1\" 200 - 113 113 7 6 "+
		"\"-\" \"agent\" - s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 ECDHE-RSA-AES128-GCM-SHA256 "+
		"AuthHeader recordings.s3.amazonaws.com TLSv1.3 - - eu-central-1\n", n, n)
}

func lines(from, n int) []byte {
	var b strings.Builder
	for i := range n {
		b.WriteString(line(from + i))
	}
	return []byte(b.String())
}

func packed(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(data)
	_ = w.Close()
	return b.Bytes()
}

type outcome struct {
	records  int
	causes   []string
	progress intake.Progress
	err      error
}

// read runs once, with the state in a folder.
func (s *server) read(t *testing.T, o intake.Objects, state string) outcome {
	t.Helper()
	p := &intaketest.Publisher{Limit: -1}
	b, err := intake.NewBucket(intake.BucketConfig{
		Source: "logs", Objects: o, Bucket: s.bucket, Prefix: "logs/", StateDir: state, Once: true, Decoder: s3log.New(s3log.Config{}), Publisher: p,
	})
	if err != nil {
		t.Fatal(err)
	}
	out := outcome{err: b.Run(t.Context()), progress: b.Progress()}
	ids := map[string]bool{}
	for _, batch := range p.Taken() {
		for _, e := range batch.Evidence {
			ids[string(e.Id)] = true
		}
		for _, l := range batch.DeadLetters {
			out.causes = append(out.causes, l.Cause)
		}
	}
	out.records = len(ids)
	return out
}

// Keys that are hard to list, more than a page of them, compressed and not.
func TestServersConform(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, s *server) {
		records := 0
		for i, name := range []string{"a b", "a+b", "a%2Fb", "år=1&x", "2026/03/20/x", "z.gz", "empty/x"} {
			data := lines(records, 40*i)
			records += 40 * i
			if strings.HasSuffix(name, ".gz") {
				data = packed(data)
			}
			s.put(t, "logs/"+name, data, nil)
		}
		now := time.Date(2026, 3, 21, 0, 0, 0, 0, time.UTC)
		intaketest.Bucket(t, s3log.New(s3log.Config{}), s.open(t, s.Endpoint), "logs/", now, records)
	})
}

func TestServersListInOrder(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, s *server) {
		var want []string
		for i := range 1020 {
			want = append(want, fmt.Sprintf("logs/2026-03-%02d-10-00-00-%04d", 1+i/40, i))
		}
		for chunk := range slices.Chunk(want, 64) {
			for _, key := range chunk {
				s.put(t, key, nil, nil)
			}
		}
		s.put(t, "logs/2026-03-02/x", nil, nil)
		s.put(t, "logs/2026-03-02/y/z", nil, nil)
		want = append(want, "logs/2026-03-02/")
		slices.Sort(want)
		o := s.open(t, s.Endpoint)
		list := func(after string) (keys []string) {
			err := o.List(t.Context(), "logs/", after, func(l intake.Listed) error {
				if l.Folder == (l.ETag != "") || l.Folder == !l.Modified.IsZero() {
					t.Errorf("%+v", l)
				}
				keys = append(keys, l.Key)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return keys
		}
		if diff := cmp.Diff(want, list("")); diff != "" {
			t.Error(diff)
		}
		after := "logs/2026-03-20"
		if diff := cmp.Diff(want[slices.IndexFunc(want, func(k string) bool { return k > after }):], list(after)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestServersGiveMetadata(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, s *server) {
		s.put(t, "digest.json.gz", packed([]byte("{}")), map[string]string{"Signature": "00ff", "signature-algorithm": "SHA256withRSA"})
		r, metadata, err := s.open(t, s.Endpoint).Open(t.Context(), intake.Listed{Key: "digest.json.gz"})
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil || !bytes.Equal(data, packed([]byte("{}"))) {
			t.Errorf("%d bytes: %v", len(data), err)
		}
		if diff := cmp.Diff("00ff", metadata["signature"]); diff != "" {
			t.Errorf("%v", slices.Sorted(maps.Keys(metadata)))
		}
	})
}

// faults are what a gateway does to requests; each is told the key.
func TestServersFaults(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, s *server) {
		whole := packed(lines(0, 2000))
		fill := func(t *testing.T) {
			s.put(t, "logs/a-bad", whole, nil)
			s.put(t, "logs/good", lines(5000, 10), nil)
		}
		bad := func(r *http.Request) bool {
			return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/a-bad")
		}
		first := func(n int32) func() bool {
			var count atomic.Int32
			return func() bool { return count.Add(1) <= n }
		}
		for _, test := range []struct {
			name    string
			fault   func(fail func() bool) fault
			times   int32
			records int
			cause   string
			retries bool
			// failed attempts, by why.
			failed map[string]int64
		}{
			{name: "503 SlowDown", times: 7, records: 2010, retries: true, failed: map[string]int64{amazon.FailureThrottled: 7}, fault: func(fail func() bool) fault {
				return fault{before: answering(bad, fail, http.StatusServiceUnavailable, "SlowDown")}
			}},
			{name: "500 twice", times: 2, records: 2010, retries: true, failed: map[string]int64{amazon.FailureServer: 2}, fault: func(fail func() bool) fault {
				return fault{before: answering(bad, fail, http.StatusInternalServerError, "InternalError")}
			}},
			{name: "the connection breaks in the middle", times: 2, records: 2010, retries: true, failed: map[string]int64{amazon.FailureConnection: 2}, fault: func(fail func() bool) fault {
				return fault{cut: func(r *http.Request) int64 {
					if bad(r) && fail() {
						return int64(len(whole) / 2)
					}
					return -1
				}}
			}},
			{name: "access denied", times: 1 << 20, records: 10, cause: intake.CauseDenied, failed: map[string]int64{amazon.FailureRefused: 1}, fault: func(fail func() bool) fault {
				return fault{before: answering(bad, fail, http.StatusForbidden, "AccessDenied")}
			}},
			{name: "gone since it was listed", times: 1, records: 10, cause: intake.CauseGone, failed: map[string]int64{amazon.FailureRefused: 1}, fault: func(fail func() bool) fault {
				return fault{before: doing(bad, fail, func() {
					_, err := s.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &s.bucket, Key: aws.String("logs/a-bad")})
					if err != nil {
						t.Error(err)
					}
				})}
			}},
			{name: "overwritten since it was listed", times: 1, records: 10, cause: intake.CauseChanged, failed: map[string]int64{amazon.FailureRefused: 1}, fault: func(fail func() bool) fault {
				return fault{before: doing(bad, fail, func() { s.put(t, "logs/a-bad", lines(9000, 1), nil) })}
			}},
		} {
			t.Run(test.name, func(t *testing.T) {
				fill(t)
				state := t.TempDir()
				proxy := newProxy(t, s.Endpoint, test.fault(first(test.times)))
				o := s.open(t, proxy)
				out := s.read(t, o, state)
				var want []string
				if test.cause != "" {
					want = []string{test.cause}
				}
				if diff := cmp.Diff(want, out.causes); diff != "" || out.err != nil || out.records != test.records {
					t.Errorf("%d records, want %d: %v %s", out.records, test.records, out.err, diff)
				}
				if retried := o.Retries()+out.progress.Retries > 0; retried != test.retries {
					t.Errorf("retries are %d and %d", o.Retries(), out.progress.Retries)
				}
				if diff := cmp.Diff(test.failed, o.Failures()); diff != "" {
					t.Errorf("failed attempts (-want +got):\n%s", diff)
				}
				direct := s.read(t, s.open(t, s.Endpoint), state)
				left := map[string]int{intake.CauseDenied: 2000, intake.CauseChanged: 1}[test.cause]
				if direct.err != nil || direct.records != left || len(direct.causes) > 0 {
					t.Errorf("afterwards %d records, want %d: %v, %v", direct.records, left, direct.err, direct.causes)
				}
			})
		}
	})
}

func TestServersRefuse(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, s *server) {
		s.put(t, "logs/x", lines(0, 1), nil)
		gone := *s
		gone.bucket = "no-such-bucket-of-ours"
		var refused *intake.RefusalError
		out := gone.read(t, gone.open(t, s.Endpoint), t.TempDir())
		if !errors.As(out.err, &refused) || !strings.Contains(out.err.Error(), "there is no such bucket") {
			t.Errorf("without the bucket: %v", out.err)
		}
		out = s.read(t, s.open(t, "http://127.0.0.1:1"), t.TempDir())
		var transfer *intake.TransferError
		if !errors.As(out.err, &transfer) || !strings.Contains(out.err.Error(), "nothing listens there") {
			t.Errorf("without a server: %v", out.err)
		}
		proxy := newProxy(t, s.Endpoint, fault{before: answering(
			func(r *http.Request) bool { return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/x") },
			func() bool { return true }, http.StatusForbidden, "AccessDenied")})
		out = s.read(t, s.open(t, proxy), t.TempDir())
		if !errors.As(out.err, &refused) || !strings.Contains(out.err.Error(), "s3:GetObject") || len(out.causes) > 0 {
			t.Errorf("without rights to any object: %v, %v", out.err, out.causes)
		}
	})
}
