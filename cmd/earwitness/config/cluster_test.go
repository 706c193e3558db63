package config

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// cluster is the page's second example.
func cluster(t *testing.T) *Config {
	t.Helper()
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(readPage(t), -1)
	if len(examples) != 2 {
		t.Fatalf("the page has %d examples, want 2", len(examples))
	}
	config, err := parse(Flags{File: "cluster.yaml"}, "", []byte(examples[1][1]))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// What is in force is printed whole, and secrets by where they are.
func TestClusterIsPrinted(t *testing.T) {
	config := cluster(t)
	text, err := config.YAML()
	if err != nil {
		t.Fatal(err)
	}
	_, got, _ := strings.Cut(string(text), "\nbus:\n")
	got, _, _ = strings.Cut(got, "\nlog:\n")
	want := `  brokers:
    - kafka-1.example.org:9093
    - kafka-2.example.org:9093
  partitions: 16
  group: earwitness
  replication: 3
  min-insync-replicas: 2
  retention: 14d
  session-timeout: 30s
  tls:
    enabled: true
    ca: /etc/earwitness/kafka-ca.pem
  sasl:
    mechanism: scram-sha-512
    user: earwitness
    password: env:KAFKA_PASSWORD
elastic:
  urls:
    - https://es-1.example.org:9200
    - https://es-2.example.org:9200
  api-key: file:/etc/earwitness/elastic.key
  ca: /etc/earwitness/elastic-ca.pem
  prefix: earwitness
  setup: false
  bulk-bytes: 5MiB
  bulk-wait: 250ms
  requests: 4
  buffer-bytes: 32MiB
  request-timeout: 1m
  compress: false
worm:
  s3:
    url: s3://trail/earwitness
    mode: compliance
    retention: 2557d
    region: eu-central-1
    path-style: false
    checksums: auto
    owner: "111122223333"
    encryption: kms
    clock-skew: 5m
    timeout: 1m
    attempts: 3
  key: file:/etc/earwitness/signing.key
  verifiers: []
  segment-bytes: 64MiB
  segment-age: 5m
  compression: zstd`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("printed (-want +got):\n%s", diff)
	}
	again, err := parse(Flags{File: "printed.yaml"}, "", text)
	if err != nil {
		t.Fatalf("the printed configuration has mistakes:\n%v\n%s", err, text)
	}
	if diff := cmp.Diff(config, again, equalConfigs()); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

func TestWhatIsNotInForceIsNotPrinted(t *testing.T) {
	text, err := Default().YAML()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"brokers:", "group:", "tls:", "sasl:", "elastic:", "s3:"} {
		if strings.Contains(string(text), key) {
			t.Errorf("%s is printed, and nothing was decided:\n%s", key, text)
		}
	}
}

func TestSharedOwnsNothingThatAllNeed(t *testing.T) {
	config := cluster(t)
	if !config.Shared() || config.Index.Path != "" || config.WORM.Directory != "" {
		t.Errorf("shared is %t, the index %q, the archive %q", config.Shared(), config.Index.Path, config.WORM.Directory)
	}
	spelled, err := parse(Flags{}, "", []byte("bus: {brokers: [\"k:9092\"]}\nworm: {key: \"file:earwitness-data/worm.key\", directory: /archive}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Config{config, spelled, {Data: "d", Bus: Bus{Brokers: []Address{"k:9092"}}, WORM: WORM{Key: "file:d/worm.key"}}} {
		if _, _, own := c.OwnKey(); own {
			t.Errorf("the key %s would be made, and others share the bus", c.WORM.Key)
		}
	}
}

func TestBucketAloneHasNoDirectory(t *testing.T) {
	config := loadText(t, Flags{}, "worm: {s3: {url: \"s3://trail/a\", mode: governance, retention: 1d}}\n")
	if config.WORM.Directory != "" || !config.WORM.S3.Enabled() {
		t.Errorf("the archive is %+v", config.WORM)
	}
	if _, _, own := config.OwnKey(); !own || config.Index.Path == "" {
		t.Error("one process has neither a key nor an index of its own")
	}
}

func TestRetentionFollowsTheHorizon(t *testing.T) {
	for text, want := range map[string]Duration{
		"": 14 * day, ", retention: 11d": 11 * day, "}\nwindows: {horizon: 30d": 35 * day,
	} {
		config := loadText(t, Flags{}, "bus: {brokers: [\"k:9092\"]"+text+"}"+withArchive)
		if config.Bus.Retention != want {
			t.Errorf("%q gives topics of %s, want %s", text, config.Bus.Retention, want)
		}
	}
}
