//go:build servers

package bucket

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"earwitness/deployments/testbed"
	"earwitness/deployments/testbed/bedtest"
	"earwitness/sinks/sinktest"
)

// realServer is a server that somebody else has made, and its root's client.
type realServer struct {
	*testbed.S3Server
	client *s3.Client
}

func newRealServer(t *testing.T, server *testbed.S3Server) realServer {
	t.Helper()
	return realServer{S3Server: server, client: newClientOf(t, &server.S3Access, server.Endpoint, root(server))}
}

func root(server *testbed.S3Server) aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(server.Root.User, server.Root.Password, "")
}

// newClientOf is a client that is not the one under test.
func newClientOf(t *testing.T, access *testbed.S3Access, endpoint string, who aws.CredentialsProvider) *s3.Client {
	t.Helper()
	trust, err := access.TLSConfig()
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: trust}
	t.Cleanup(transport.CloseIdleConnections)
	return s3.New(s3.Options{
		BaseEndpoint: &endpoint, Region: access.Region, UsePathStyle: true, Credentials: who,
		HTTPClient: &http.Client{Transport: transport, Timeout: 30 * time.Second},
	})
}

// bucket makes one with Object Lock, and the configuration to archive in it.
func (s realServer) bucket(t *testing.T, name string) Config {
	t.Helper()
	_, err := s.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name, ObjectLockEnabledForBucket: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	config := Config{
		Location: Location{Bucket: name}, Endpoint: s.Endpoint, Region: s.Region, PathStyle: true, Credentials: root(s.S3Server),
		Mode: Compliance, Retention: time.Hour, KMSKey: s.KMSKey, Logger: slog.New(slog.DiscardHandler),
	}
	if s.KMSKey == "" {
		config.Encryption = EncryptByBucket
	}
	return config
}

func openReal(t *testing.T, config Config) *Store {
	t.Helper()
	store, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}

func TestOnMinIO(t *testing.T) {
	s := newRealServer(t, bedtest.MinIO(t, testbed.MinIOConfig{}))
	t.Run("conformance", func(t *testing.T) { sinktest.Run(t, conforming(t, s.bucket(t, "conformance"))) })
	t.Run("objects", s.testObjects)
	t.Run("adversary", s.testAdversary)
	t.Run("living adversary", s.testLivingAdversary)
	t.Run("two archivers", s.testTwoArchivers)
	t.Run("answers cut off", s.testCutAnswers)
	t.Run("mistakes", s.testMistakes)
	t.Run("governance", s.testGovernance)
	t.Run("retention ends", s.testRetentionEnds)
	t.Run("rights", s.testRights)
	t.Run("role", s.testRole)
	t.Run("no bypass", s.testNoBypass)
}

func TestOnVersityGW(t *testing.T) {
	s := newRealServer(t, bedtest.VersityGW(t, testbed.VersityGWConfig{}))
	t.Run("conformance", func(t *testing.T) { sinktest.Run(t, conforming(t, s.bucket(t, "conformance"))) })
	t.Run("objects", s.testObjects)
	t.Run("adversary", s.testAdversary)
	t.Run("living adversary", s.testLivingAdversary)
	t.Run("two archivers", s.testTwoArchivers)
	t.Run("answers cut off", s.testCutAnswers)
	t.Run("mistakes", s.testMistakes)
	t.Run("governance", s.testGovernance)
	t.Run("retention ends", s.testRetentionEnds)
}

// Objects are what was asked for, by what another client sees.
func (s realServer) testObjects(t *testing.T) {
	for _, checksums := range []Checksums{ChecksumsAuto, ChecksumsWhenRequired} {
		config := s.bucket(t, "objects-"+map[Checksums]string{ChecksumsAuto: "auto", ChecksumsWhenRequired: "required"}[checksums])
		config.Prefix, config.Checksums = "a b/ü", checksums
		store := openReal(t, config)
		for _, size := range []int{0, 1, 17 << 20} {
			name := testLog(size % 7).Object(int64(size))
			if err := store.Put(t.Context(), name, make([]byte, size)); err != nil {
				t.Fatal(err)
			}
			if got := read(t, store, name); got != string(make([]byte, size)) {
				t.Errorf("%d bytes read are not those written", len(got))
			}
			s.checkObject(t, config, name)
		}
	}
}

func (s realServer) checkObject(t *testing.T, config Config, name string) {
	t.Helper()
	key, err := config.key(name)
	if err != nil {
		t.Fatal(err)
	}
	retention, err := s.client.GetObjectRetention(t.Context(), &s3.GetObjectRetentionInput{Bucket: &config.Bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	left := time.Until(aws.ToTime(retention.Retention.RetainUntilDate))
	if retention.Retention.Mode != "COMPLIANCE" || left < 55*time.Minute || left > time.Hour+2*time.Second {
		t.Errorf("retention of %s in mode %s", left, retention.Retention.Mode)
	}
	out, err := s.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &config.Bucket, Key: &key, ChecksumMode: "ENABLED"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, out.Body)
	if err := errors.Join(err, out.Body.Close()); err != nil {
		t.Fatal(err)
	}
	if aws.ToString(out.ChecksumSHA256) == "" {
		t.Error("the server keeps no SHA-256")
	}
	if s.KMSKey != "" && (out.ServerSideEncryption != "aws:kms" || aws.ToString(out.SSEKMSKeyId) != "arn:aws:kms:"+s.KMSKey) {
		t.Errorf("encrypted by %q, key %q", out.ServerSideEncryption, aws.ToString(out.SSEKMSKeyId))
	}
}
