//go:build servers

package main

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/segmentio/kafka-go"

	"earwitness/deployments/testbed"
	"earwitness/deployments/testbed/bedtest"
)

// securedCluster has servers that want to know who asks, by TLS. Its accounts
// have the rights that docs/operations/cluster.md asks for, and no more.
type securedCluster struct {
	*cluster
	kafka *testbed.KafkaCluster
}

func newSecuredCluster(t *testing.T) *securedCluster {
	t.Helper()
	kafka, minio := bedtest.Kafka(t, testbed.KafkaConfig{}), bedtest.MinIO(t, testbed.MinIOConfig{TLS: true})
	elastic := bed.ElasticsearchSecured(t)
	trust, err := elastic.TLSConfig()
	if err != nil {
		t.Fatal(err)
	}
	name := clusterName(t)
	c := &securedCluster{kafka: kafka, cluster: &cluster{
		t: t, dir: t.TempDir(), brokers: kafka.Plaintext, elastic: elastic, store: &minio.S3Access, prefix: name, bucket: name,
		http: &http.Client{Timeout: time.Minute, Transport: &signedIn{elastic.Admin, &http.Transport{TLSClientConfig: trust}}},
	}}
	t.Cleanup(c.http.CloseIdleConnections)
	for file, text := range map[string]string{"kafka.pem": kafka.CA, "elastic.pem": elastic.CA, "minio.pem": minio.CA} {
		c.write(file, text)
	}
	c.makeBucket()
	c.giveRights()
	c.env = append(c.env,
		"KAFKA_ADMIN="+kafka.Admin.Password, "KAFKA_PASSWORD="+kafka.Guest.Password,
		"ELASTIC_ADMIN="+elastic.Admin.Password, "ELASTIC_PASSWORD="+elastic.Writer.Password)
	earwitness(t, "keys", "init", "--out", filepath.Join(c.dir, "signing.key")).want(t, 0)
	return c
}

// signedIn is Elasticsearch for somebody with a password.
type signedIn struct {
	as testbed.Account
	*http.Transport
}

// RoundTrip implements http.RoundTripper.
func (s *signedIn) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.SetBasicAuth(s.as.User, s.as.Password)
	return s.Transport.RoundTrip(request)
}

func (c *securedCluster) write(name, text string) (path string) {
	c.t.Helper()
	path = filepath.Join(c.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

// configure writes a configuration by which Kafka and Elasticsearch are asked
// as somebody.
func (c *securedCluster) configure(name, kafka, elastic string, in *realInput) (path string) {
	c.t.Helper()
	return c.write(name, fmt.Sprintf(`bus:
  brokers: [%q]
  partitions: 4
  replication: 1
  min-insync-replicas: 1
  tls: {ca: kafka.pem}
  sasl: {mechanism: scram-sha-512, %s}
elastic:
  prefix: %s
  setup: false
  %s
worm:
  key: file:signing.key
  s3: {url: "s3://%s/archive", mode: compliance, retention: 1d, endpoint: %q, ca: minio.pem, region: %s, path-style: true}
data: shared
%s`, c.kafka.SASLTLS[0], kafka, c.prefix, elastic, c.bucket, c.store.Endpoint, c.store.Region, gatewayRules+in.sources()))
}

// makeBucket makes it, and credentials that may do there what the archive
// does.
func (c *securedCluster) makeBucket() {
	c.t.Helper()
	trust, err := c.store.TLSConfig()
	if err != nil {
		c.t.Fatal(err)
	}
	root, client := credentials.NewStaticCredentialsProvider(c.store.Root.User, c.store.Root.Password, ""), clientTrusting(c.t, trust)
	lock := true
	_, err = s3.New(s3.Options{BaseEndpoint: &c.store.Endpoint, Region: c.store.Region, UsePathStyle: true, Credentials: root, HTTPClient: client}).
		CreateBucket(c.t.Context(), &s3.CreateBucketInput{Bucket: &c.bucket, ObjectLockEnabledForBucket: &lock})
	if err != nil {
		c.t.Fatal(err)
	}
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["s3:PutObject","s3:PutObjectRetention","s3:GetObjectVersion"],"Resource":["arn:aws:s3:::%[1]s/archive/*"]},
		{"Effect":"Allow","Action":["s3:ListBucketVersions","s3:GetBucketVersioning","s3:GetBucketObjectLockConfiguration"],"Resource":["arn:aws:s3:::%[1]s"]}]}`, c.bucket)
	role, session := "arn:aws:iam::123456789012:role/archive", "archive"
	given, err := sts.New(sts.Options{BaseEndpoint: &c.store.Endpoint, Region: c.store.Region, Credentials: root, HTTPClient: client}).
		AssumeRole(c.t.Context(), &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: &session, Policy: &policy})
	if err != nil {
		c.t.Fatal(err)
	}
	c.env = []string{
		"AWS_ACCESS_KEY_ID=" + *given.Credentials.AccessKeyId, "AWS_SECRET_ACCESS_KEY=" + *given.Credentials.SecretAccessKey,
		"AWS_SESSION_TOKEN=" + *given.Credentials.SessionToken,
	}
}

func clientTrusting(t *testing.T, trust *tls.Config) *http.Client {
	t.Helper()
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: trust}}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// giveRights lets the guest of Kafka do what a process does.
func (c *securedCluster) giveRights() {
	c.t.Helper()
	var rights []kafka.ACLEntry
	allow := func(kind kafka.ResourceType, name string, operations ...kafka.ACLOperationType) {
		for _, operation := range operations {
			rights = append(rights, kafka.ACLEntry{
				ResourceType: kind, ResourceName: name, ResourcePatternType: kafka.PatternTypeLiteral,
				Principal: "User:" + c.kafka.Guest.User, Host: "*", Operation: operation, PermissionType: kafka.ACLPermissionTypeAllow,
			})
		}
	}
	for _, topic := range []string{"evidence", "access", "deadletter", "control", "metadata"} {
		allow(kafka.ResourceTypeTopic, "earwitness."+topic, kafka.ACLOperationTypeRead, kafka.ACLOperationTypeWrite, kafka.ACLOperationTypeDescribeConfigs)
	}
	for _, group := range []string{"earwitness", "earwitness-correlate", "earwitness-elastic"} {
		allow(kafka.ResourceTypeGroup, group, kafka.ACLOperationTypeRead)
	}
	answer, err := (&kafka.Client{Addr: kafka.TCP(c.kafka.Plaintext...)}).CreateACLs(c.t.Context(), &kafka.CreateACLsRequest{ACLs: rights})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, err := range answer.Errors {
		if err != nil {
			c.t.Fatal(err)
		}
	}
}
