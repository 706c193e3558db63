//go:build servers

package testbed_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"earwitness/deployments/testbed"
)

func TestMinIO(t *testing.T) {
	t.Parallel()
	for _, cfg := range []testbed.MinIOConfig{{}, {TLS: true}} {
		began := time.Now()
		server, err := testbed.MinIO(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		stopAtEnd(t, server)
		t.Logf("%s: started in %s", server, time.Since(began).Round(time.Millisecond))
		bucket := newBucket(t, &server.S3Access, server.Root)
		version := bucket.put("locked", "kept", func(in *s3.PutObjectInput) {
			in.ServerSideEncryption, in.SSEKMSKeyId = types.ServerSideEncryptionAwsKms, aws.String(server.KMSKey)
		})
		bucket.refuses("locked", version)
		head := bucket.head("locked")
		if head.ServerSideEncryption != types.ServerSideEncryptionAwsKms || !strings.HasSuffix(aws.ToString(head.SSEKMSKeyId), server.KMSKey) {
			t.Errorf("encrypted by %q, key %q", head.ServerSideEncryption, aws.ToString(head.SSEKMSKeyId))
		}
		if head.ObjectLockMode != types.ObjectLockModeCompliance {
			t.Errorf("the lock's mode is %q", head.ObjectLockMode)
		}
		if err := errors.Join(server.Node.Stop(t.Context()), server.Node.Start(t.Context())); err != nil {
			t.Fatal(err)
		}
		if got := bucket.get("locked"); got != "kept" {
			t.Errorf("after a restart: %q", got)
		}
	}
}

func TestVersityGW(t *testing.T) {
	t.Parallel()
	began := time.Now()
	server, err := testbed.VersityGW(t.Context(), testbed.VersityGWConfig{})
	if err != nil {
		t.Fatal(err)
	}
	stopAtEnd(t, server)
	t.Logf("%s: started in %s", server, time.Since(began).Round(time.Millisecond))
	bucket := newBucket(t, &server.S3Access, server.Root)
	bucket.refuses("locked", bucket.put("locked", "kept"))

	stranger, err := server.AddVersityGWUser(t.Context(), "stranger")
	if err != nil {
		t.Fatal(err)
	}
	_, err = newS3(t, &server.S3Access, stranger).GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket.name, Key: aws.String("locked")})
	if code := errorCode(err); code != "AccessDenied" {
		t.Errorf("a stranger's request: %v", err)
	}
	log, err := os.ReadFile(server.AccessLog)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"s3_PutObject", "s3_GetObject", "stranger", "403"} {
		if !strings.Contains(string(log), part) {
			t.Errorf("no %s in the access log:\n%s", part, log)
		}
	}
}

func stopAtEnd(t *testing.T, server interface{ Stop() error }) {
	t.Helper()
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
}

func newS3(t *testing.T, access *testbed.S3Access, account testbed.Account) *s3.Client {
	t.Helper()
	trust, err := access.TLSConfig()
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: trust}
	t.Cleanup(transport.CloseIdleConnections)
	return s3.New(s3.Options{
		BaseEndpoint: &access.Endpoint, Region: access.Region, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(account.User, account.Password, ""),
		HTTPClient:  &http.Client{Transport: transport, Timeout: 30 * time.Second},
	})
}

// lockedBucket is a bucket with Object Lock.
type lockedBucket struct {
	t      *testing.T
	client *s3.Client
	name   string
}

func newBucket(t *testing.T, access *testbed.S3Access, account testbed.Account) *lockedBucket {
	t.Helper()
	b := &lockedBucket{t: t, client: newS3(t, access, account), name: "archive"}
	_, err := b.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &b.name, ObjectLockEnabledForBucket: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// put stores an object under compliance, and gives its version.
func (b *lockedBucket) put(key, body string, with ...func(*s3.PutObjectInput)) (version string) {
	b.t.Helper()
	in := &s3.PutObjectInput{
		Bucket: &b.name, Key: &key, Body: strings.NewReader(body),
		ObjectLockMode: types.ObjectLockModeCompliance, ObjectLockRetainUntilDate: aws.Time(time.Now().Add(time.Hour)),
	}
	for _, change := range with {
		change(in)
	}
	out, err := b.client.PutObject(b.t.Context(), in)
	if err != nil {
		b.t.Fatal(err)
	}
	if got := b.get(key); got != body {
		b.t.Errorf("put %q, got %q", body, got)
	}
	return aws.ToString(out.VersionId)
}

func (b *lockedBucket) get(key string) string {
	b.t.Helper()
	out, err := b.client.GetObject(b.t.Context(), &s3.GetObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		b.t.Fatal(err)
	}
	defer out.Body.Close() //nolint:errcheck // it was only read
	body, err := io.ReadAll(out.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(body)
}

func (b *lockedBucket) head(key string) *s3.HeadObjectOutput {
	b.t.Helper()
	out, err := b.client.HeadObject(b.t.Context(), &s3.HeadObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// refuses tries to delete a locked version, with the right to bypass too, and
// to unlock it.
func (b *lockedBucket) refuses(key, version string) {
	b.t.Helper()
	refusals := []string{"AccessDenied", "InvalidRequest"} // products differ
	ctx := b.t.Context()
	tries := map[string]func() error{
		"delete": func() error {
			_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: &key, VersionId: &version})
			return err
		},
		"delete with bypass": func() error {
			_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: &key, VersionId: &version, BypassGovernanceRetention: aws.Bool(true)})
			return err
		},
		"shorten": func() error {
			_, err := b.client.PutObjectRetention(ctx, &s3.PutObjectRetentionInput{
				Bucket: &b.name, Key: &key, VersionId: &version, BypassGovernanceRetention: aws.Bool(true),
				Retention: &types.ObjectLockRetention{Mode: types.ObjectLockRetentionModeCompliance, RetainUntilDate: aws.Time(time.Now().Add(time.Minute))},
			})
			return err
		},
	}
	for name, try := range tries {
		code := errorCode(try())
		if !slices.Contains(refusals, code) {
			b.t.Errorf("%s of a locked version: %q, want one of %q", name, code, refusals)
		}
	}
	if got := b.get(key); got == "" {
		b.t.Error("the locked object is gone")
	}
}

// errorCode is what the server called its refusal; empty when it obeyed.
func errorCode(err error) string {
	var refusal smithy.APIError
	if errors.As(err, &refusal) {
		return refusal.ErrorCode()
	}
	return ""
}
