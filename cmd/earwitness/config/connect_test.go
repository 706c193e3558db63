package config

import (
	"crypto/tls"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"earwitness/pipeline/bus"
	"earwitness/sinks/elastic"
	"earwitness/sinks/worm/bucket"
)

func TestClientConfig(t *testing.T) {
	t.Setenv("EARWITNESS_TEST_PASSWORD", "open sesame")
	config := loadText(t, Flags{}, `
bus:
  brokers: [kafka-1:9093, "[2001:db8::1]:9093"]
  tls: {enabled: true, server-name: kafka}
  sasl: {mechanism: scram-sha-256, user: me, password: env:EARWITNESS_TEST_PASSWORD}`+withArchive)
	log := slog.New(slog.DiscardHandler)
	got, err := config.Bus.ClientConfig(log)
	if err != nil {
		t.Fatal(err)
	}
	if got.TLS == nil || got.TLS.ServerName != "kafka" || got.TLS.MinVersion != tls.VersionTLS12 || got.TLS.RootCAs != nil {
		t.Errorf("TLS is %+v", got.TLS)
	}
	want := bus.ClientConfig{
		Brokers: []string{"kafka-1:9093", "[2001:db8::1]:9093"},
		SASL:    &bus.SASL{Mechanism: bus.MechanismSCRAM256, User: "me", Password: "open sesame"},
		Logger:  log,
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(bus.ClientConfig{}, "TLS"), cmpopts.EquateComparable(slog.Logger{})); diff != "" {
		t.Errorf("client (-want +got):\n%s", diff)
	}
}

func TestTLSFiles(t *testing.T) {
	certificates(t)
	config := loadText(t, Flags{}, "bus: {brokers: [\"k:9093\"], tls: {ca: client.pem, certificate: client.pem, key: \"file:client.key\"}}"+withArchive)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := config.Bus.TLS.Config(); err == nil {
		t.Error("files beside the configuration are looked for in the working directory")
	}
	config.Bus.TLS.CA, config.Bus.TLS.Certificate = Path(filepath.Join(here, "client.pem")), Path(filepath.Join(here, "client.pem"))
	config.Bus.TLS.Key = Secret("file:" + filepath.Join(here, "client.key"))
	got, err := config.Bus.TLS.Config()
	if err != nil {
		t.Fatal(err)
	}
	if got.RootCAs == nil || len(got.Certificates) != 1 {
		t.Errorf("TLS is %+v", got)
	}
}

// What says nothing of TLS means none; what says something means it, unless
// it says no.
func TestTLSIsEnabled(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, ", tls: {enabled: true}": true, ", tls: {server-name: k}": true,
		", tls: {enabled: false, server-name: k}": false, ", tls: {enabled: false}": false,
	} {
		config := loadText(t, Flags{}, "bus: {brokers: [\"k:9093\"]"+text+"}"+withArchive)
		got, err := config.Bus.TLS.Config()
		if err != nil || (got != nil) != want || *config.Bus.TLS.Enabled != want {
			t.Errorf("%q gives TLS %v (enabled %t), %v, want %t", text, got, *config.Bus.TLS.Enabled, err, want)
		}
	}
}

func TestSinkConfig(t *testing.T) {
	certificates(t)
	t.Setenv("EARWITNESS_TEST_PASSWORD", "open sesame")
	config, err := parse(Flags{}, "", []byte(`
elastic:
  urls: ["https://ES.example.org:9200/", https://es]
  user: me
  password: env:EARWITNESS_TEST_PASSWORD
  ca: client.pem
  fingerprint: "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"
  prefix: trail
  setup: false
  bulk-bytes: 1MiB
  bulk-wait: 2s
  requests: 2
  buffer-bytes: 8MiB
  request-timeout: 30s
  compress: true
`))
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile("client.pem")
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	got, err := config.Elastic.SinkConfig(log)
	if err != nil {
		t.Fatal(err)
	}
	want := elastic.Config{
		URLs: []string{"https://ES.example.org:9200", "https://es"}, Username: "me", Password: "open sesame", CA: ca,
		Fingerprint: "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF",
		Prefix:      "trail", OnlyCheckTemplates: true,
		BulkBytes: 1 << 20, BulkWait: 2 * time.Second, Requests: 2, InFlightBytes: 8 << 20, RequestTimeout: 30 * time.Second,
		Compress: true, Logger: log,
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(elastic.Config{}), cmpopts.EquateComparable(slog.Logger{})); diff != "" {
		t.Errorf("sink (-want +got):\n%s", diff)
	}
}

func TestBucketConfig(t *testing.T) {
	certificates(t)
	config, err := parse(Flags{}, "", []byte(`
worm:
  s3:
    url: s3://trail/a/b/
    mode: governance
    retention: 30d
    region: eu-central-1
    endpoint: https://s3.example.org:9000
    path-style: true
    ca: client.pem
    checksums: when_required
    profile: archive
    role-arn: arn:aws:iam::111122223333:role/archive
    external-id: x7
    owner: "111122223333"
    kms-key: alias/trail
    clock-skew: 1m
    timeout: 10s
    attempts: 5
`))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	got, err := config.WORM.BucketConfig(log)
	if err != nil {
		t.Fatal(err)
	}
	want := bucket.Config{
		Location: bucket.Location{Bucket: "trail", Prefix: "a/b"}, Endpoint: "https://s3.example.org:9000", Region: "eu-central-1",
		PathStyle: true, CAFile: "client.pem", Checksums: bucket.ChecksumsWhenRequired, Profile: "archive",
		RoleARN: "arn:aws:iam::111122223333:role/archive", ExternalID: "x7", Owner: "111122223333",
		Mode: bucket.Governance, Retention: 30 * 24 * time.Hour, Encryption: bucket.EncryptKMS, KMSKey: "alias/trail",
		ClockSkew: time.Minute, Timeout: 10 * time.Second, Attempts: 5, Logger: log,
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(slog.Logger{})); diff != "" {
		t.Errorf("bucket (-want +got):\n%s", diff)
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
}

// The words of the file are those of the packages that they are for.
func TestWordsAreThoseOfTheirPackages(t *testing.T) {
	for config, own := range map[string]string{
		string(MechanismPlain): string(bus.MechanismPlain), string(MechanismSCRAM256): string(bus.MechanismSCRAM256),
		string(MechanismSCRAM512): string(bus.MechanismSCRAM512),
		string(ChecksumsAuto):     string(bucket.ChecksumsAuto), string(ChecksumsWhenRequired): string(bucket.ChecksumsWhenRequired),
		string(EncryptKMS): string(bucket.EncryptKMS), string(EncryptByBucket): string(bucket.EncryptByBucket),
		string(LockCompliance): string(bucket.Compliance), string(LockGovernance): string(bucket.Governance),
	} {
		if config != own {
			t.Errorf("the file says %s, its package %s", config, own)
		}
	}
}
