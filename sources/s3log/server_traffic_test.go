//go:build servers

package s3log

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"

	"earwitness/deployments/testbed"
)

const (
	realRecording = "1180febb-8ca9-4ff9-8b56-ba957c1681b8"
	realKey       = "p/cd613e30-d8f1-4adf-91b7-584a2265b1f5/year=2026/month=3/day=04/hour=1/conversation_id=e37b7849-2f5a-4f23-9f9b-f4ff310f1079/" + realRecording + ".opus"
	spacedKey     = "a b/ü+%41=&?;.opus"
	browser       = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	// forgedKey holds all that its own line goes on with.
	forgedKey = "k /b/k 200 - 1 1 0 0 - x - " + forged + " SigV4 - AuthHeader s3.us-east-1.amazonaws.com - arn:aws:s3:::/calls/k"
)

// sent is a request as the client knows it.
type sent struct {
	id, operation, key, requester, version string
	status                                 int32
	presigned                              bool
}

// traffic sends requests to one server and remembers them.
type traffic struct {
	t      *testing.T
	server *testbed.S3Server
	root   *s3.Client
	sent   []sent
}

func clientOf(server *testbed.S3Server, who testbed.Account) *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: &server.Endpoint, Region: server.Region, UsePathStyle: true,
		Credentials:      credentials.NewStaticCredentialsProvider(who.User, who.Password, ""),
		HTTPClient:       awshttp.NewBuildableClient().WithTimeout(30 * time.Second),
		RetryMaxAttempts: 1,
	})
}

// note remembers a call of the SDK's; it fails with status 400 or more.
func (w *traffic) note(s sent, metadata middleware.Metadata, err error) {
	w.t.Helper()
	if s.requester == "" {
		s.requester = w.server.Root.User
	}
	id, ok := requestIDOf(metadata)
	var failed *awshttp.ResponseError
	if errors.As(err, &failed) {
		id, ok = failed.ServiceRequestID(), true
	}
	if !ok || (s.status < 400) != (err == nil) {
		w.t.Fatalf("%s: request id %q: %v", s.operation, id, err)
	}
	s.id = id
	w.sent = append(w.sent, s)
}

// plain sends a request without the SDK.
func (w *traffic) plain(s sent, address string, header http.Header) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header = header
	response, err := (&http.Client{Timeout: 30 * time.Second}).Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil || (s.status < 400) != (response.StatusCode < 400) {
		w.t.Fatalf("%s: status %d: %v", s.operation, response.StatusCode, err)
	}
	s.id = response.Header.Get("X-Amz-Request-Id")
	w.sent = append(w.sent, s)
}

func (w *traffic) objects(ctx context.Context) (version string) {
	bucket := aws.String("calls")
	made, err := w.root.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket})
	w.note(sent{operation: "REST.PUT.BUCKET", status: 200}, metadataOf(made), err)
	versioned, err := w.root.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket: bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	w.note(sent{operation: "REST.PUT.VERSIONING", status: 200}, metadataOf(versioned), err)
	for _, key := range []string{realKey, spacedKey, forgedKey, "third"} {
		put, err := w.root.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: &key, Body: strings.NewReader("0123456789")})
		w.note(sent{operation: "REST.PUT.OBJECT", key: key, status: 200}, metadataOf(put), err)
		got, err := w.root.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: &key, Range: aws.String("bytes=2-5")})
		w.note(sent{operation: "REST.GET.OBJECT", key: key, status: 200}, metadataOf(got), err)
		_ = got.Body.Close()
		version = aws.ToString(put.VersionId)
	}
	got, err := w.root.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("third"), VersionId: &version})
	w.note(sent{operation: "REST.GET.OBJECT", key: "third", version: version, status: 200}, metadataOf(got), err)
	_ = got.Body.Close()
	head, err := w.root.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: aws.String(realKey)})
	w.note(sent{operation: "REST.HEAD.OBJECT", key: realKey, status: 200}, metadataOf(head), err)
	copied, err := w.root.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: bucket, Key: aws.String("copy of it"), CopySource: aws.String("calls/" + url.PathEscape(realKey)),
	})
	w.note(sent{operation: "REST.COPY.OBJECT", key: "copy of it", status: 200}, metadataOf(copied), err)
	listed, err := w.root.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket, Prefix: aws.String("p/")})
	w.note(sent{operation: "REST.GET.BUCKET", status: 200}, metadataOf(listed), err)
	tags, err := w.root.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: bucket, Key: aws.String("third")})
	w.note(sent{operation: "REST.GET.OBJECT_TAGGING", key: "third", status: 200}, metadataOf(tags), err)
	return version
}

func (w *traffic) multipart(ctx context.Context) {
	bucket, key := aws.String("calls"), aws.String("in parts")
	made, err := w.root.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
	w.note(sent{operation: "REST.POST.UPLOADS", key: *key, status: 200}, metadataOf(made), err)
	part, err := w.root.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: bucket, Key: key, UploadId: made.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader("part"),
	})
	w.note(sent{operation: "REST.PUT.PART", key: *key, status: 200}, metadataOf(part), err)
	done, err := w.root.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: bucket, Key: key, UploadId: made.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{ETag: part.ETag, PartNumber: aws.Int32(1)}}},
	})
	w.note(sent{operation: "REST.POST.UPLOAD", key: *key, status: 200}, metadataOf(done), err)
}

func (w *traffic) refused(ctx context.Context) {
	user, err := w.server.AddVersityGWUser(ctx, "guest")
	if err != nil {
		w.t.Fatal(err)
	}
	guest := clientOf(w.server, user)
	denied, err := guest.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("calls"), Key: aws.String(realKey)})
	w.note(sent{operation: "REST.GET.OBJECT", key: realKey, requester: user.User, status: 403}, metadataOf(denied), err)
	missing, err := w.root.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("calls"), Key: aws.String("nothing here")})
	w.note(sent{operation: "REST.GET.OBJECT", key: "nothing here", status: 404}, metadataOf(missing), err)
	w.plain(sent{operation: "REST.GET.OBJECT", key: "third", status: 403}, w.server.Endpoint+"/calls/third", http.Header{
		"User-Agent": {browser}, "Referer": {"https://player.example.com/a?b=c"},
	})
	w.plain(sent{operation: "REST.GET.OBJECT", key: "third", status: 403}, w.server.Endpoint+"/calls/third", http.Header{
		"User-Agent": {"x - " + forged + " SigV4 - AuthHeader s3.us-east-1.amazonaws.com - arn:aws:s3:::/calls/third Yes"},
	})
}

// broken sends a key with a line feed, which the server logs as it is. No line
// says whether what stands behind it was logged by the server.
func (w *traffic) broken() {
	w.plain(sent{operation: "REST.GET.OBJECT", status: 403}, w.server.Endpoint+"/calls/third%0Aline", http.Header{"User-Agent": {browser}})
	w.sent = w.sent[:len(w.sent)-1]
}

func (w *traffic) presigned(ctx context.Context) {
	link, err := s3.NewPresignClient(w.root).PresignGetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("calls"), Key: aws.String(realKey)})
	if err != nil {
		w.t.Fatal(err)
	}
	header := http.Header{"User-Agent": {browser}}
	w.plain(sent{operation: "REST.GET.OBJECT", key: realKey, requester: w.server.Root.User, status: 200, presigned: true}, link.URL, header)
	broken := strings.Replace(link.URL, "X-Amz-Signature=", "X-Amz-Signature=0", 1)
	// The requester of a link with a wrong signature is only claimed.
	w.plain(sent{operation: "REST.GET.OBJECT", key: realKey, requester: w.server.Root.User, status: 403, presigned: true}, broken, header)
}

func (w *traffic) deletes(ctx context.Context, version string) {
	bucket := aws.String("calls")
	gone, err := w.root.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: aws.String("third"), VersionId: &version})
	w.note(sent{operation: "REST.DELETE.OBJECT", key: "third", version: version, status: 200}, metadataOf(gone), err)
	many, err := w.root.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: bucket, Delete: &types.Delete{
		Objects: []types.ObjectIdentifier{{Key: aws.String(spacedKey)}, {Key: aws.String("copy of it")}},
	}})
	w.note(sent{operation: "REST.POST.MULTI_OBJECT_DELETE", status: 200}, metadataOf(many), err)
}
