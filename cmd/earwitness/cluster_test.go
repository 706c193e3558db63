//go:build servers

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"earwitness/deployments/testbed"
	"earwitness/deployments/testbed/bedtest"
	"earwitness/sources/intake"
)

// cluster is what several processes share: a Kafka of its own, for the names
// of topics are fixed, and an index prefix and a bucket in servers that other
// tests use too.
type cluster struct {
	t       *testing.T
	dir     string
	kafka   *testbed.KafkaCluster
	brokers []string
	elastic *testbed.ElasticsearchAccess
	prefix  string
	store   *testbed.S3Access
	bucket  string
	// env holds the credentials of the bucket.
	env  []string
	http *http.Client
	// file is the configuration.
	file string
}

// clusterName is what a test calls its prefix and its bucket.
func clusterName(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("%s-%d", strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name())), time.Now().UnixNano()%1_000_000_000)
}

// clusterConfig says what is shared, and how it is reached.
type clusterConfig struct {
	// brokers are 1 or 3.
	brokers    int
	partitions int
	// elastic and worm are keys in these sections, each in a line of its own
	// and indented; more is what comes behind all sections.
	elastic, worm, more string
	// front gives the address that processes use in place of a server's own.
	front func(url string) string
}

// newCluster starts it. More is configuration behind what all need.
func newCluster(t *testing.T, partitions int, more string) *cluster {
	t.Helper()
	return newClusterOf(t, clusterConfig{brokers: 1, partitions: partitions, more: more})
}

func newClusterOf(t *testing.T, cfg clusterConfig) *cluster {
	t.Helper()
	kafka := bedtest.Kafka(t, testbed.KafkaConfig{Brokers: cfg.brokers})
	c := &cluster{
		t: t, dir: t.TempDir(), kafka: kafka, brokers: kafka.Plaintext, elastic: bed.Elasticsearch(t), store: bed.MinIO(t), prefix: clusterName(t),
		http: &http.Client{Timeout: time.Minute, Transport: &http.Transport{}},
	}
	t.Cleanup(c.http.CloseIdleConnections)
	c.bucket = c.prefix
	if cfg.front == nil {
		cfg.front = func(url string) string { return url }
	}
	c.env = []string{"AWS_ACCESS_KEY_ID=" + c.store.Root.User, "AWS_SECRET_ACCESS_KEY=" + c.store.Root.Password}
	lock := true
	if _, err := c.s3().CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &c.bucket, ObjectLockEnabledForBucket: &lock}); err != nil {
		t.Fatal(err)
	}
	earwitness(t, "keys", "init", "--out", filepath.Join(c.dir, "signing.key")).want(t, 0)
	c.file = filepath.Join(c.dir, "earwitness.yaml")
	brokers, err := json.Marshal(c.brokers)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`bus:
  brokers: %s
  partitions: %d
  replication: %d
  min-insync-replicas: %d
  session-timeout: 6s
elastic:
  urls: [%q]
  prefix: %s
%sworm:
  key: file:signing.key
  s3: {url: "s3://%s/archive", mode: compliance, retention: 1d, endpoint: %q, region: %s, path-style: true}
%slog: {format: json}
%s`, brokers, cfg.partitions, cfg.brokers, (cfg.brokers+1)/2, cfg.front(c.elastic.URL), c.prefix, cfg.elastic,
		c.bucket, cfg.front(c.store.Endpoint), c.store.Region, cfg.worm, cfg.more)
	if err := os.WriteFile(c.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c.run("topics", "create", "--config", c.file).want(t, 0, "created earwitness.evidence", "The topics are as they have to be")
	return c
}

// s3 is a client that may do everything.
func (c *cluster) s3() *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: &c.store.Endpoint, Region: c.store.Region, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(c.store.Root.User, c.store.Root.Password, ""),
	})
}

// verifier is the file of the key's verifier line.
func (c *cluster) verifier() string { return filepath.Join(c.dir, "signing.pub") }

// storeURL is what verify takes.
func (c *cluster) storeURL() string {
	return fmt.Sprintf("s3://%s/archive?endpoint=%s&region=%s&path-style=true", c.bucket, c.store.Endpoint, c.store.Region)
}

// command is a process with the credentials of the bucket.
func (c *cluster) command(args ...string) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.CommandContext(c.t.Context(), os.Args[0], args...)
	cmd.Env = append(append(os.Environ(), asCommand+"=1"), c.env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	return cmd, &out
}

// commandMost is how long a command may take on a machine with much else to do.
const commandMost = 4 * time.Minute

// run lets a command end.
func (c *cluster) run(args ...string) outcome {
	c.t.Helper()
	cmd, out := c.command(args...)
	began := time.Now()
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	// One that hangs says where.
	hangs := time.AfterFunc(commandMost, func() { _ = cmd.Process.Signal(syscall.SIGQUIT) })
	_ = cmd.Wait() // the process's state tells
	if !hangs.Stop() {
		c.t.Fatalf("%v hangs for %s: %s", args, commandMost, out)
	}
	c.t.Logf("%s took %s", args[0], time.Since(began).Round(time.Millisecond))
	return outcome{out: out.String(), err: out.String(), code: cmd.ProcessState.ExitCode()}
}

// search gives the sources and versions of all documents in indices or an
// alias that answer a query, by their ids.
func (c *cluster) search(target string, query map[string]any) map[string]hit {
	c.t.Helper()
	hits := make(map[string]hit)
	if status := c.ask(http.MethodPost, "/"+target+"/_refresh", nil, nil); status != http.StatusOK {
		c.t.Fatalf("refreshing %s is answered %d", target, status)
	}
	after := []any(nil)
	for {
		body := map[string]any{"size": 1000, "version": true, "sort": []any{map[string]any{"event.id": "asc"}}, "query": query}
		if after != nil {
			body["search_after"] = after
		}
		var answer struct {
			Hits struct {
				Hits []hit `json:"hits"`
			} `json:"hits"`
		}
		if status := c.ask(http.MethodPost, "/"+target+"/_search", body, &answer); status != http.StatusOK {
			c.t.Fatalf("searching %s is answered %d", target, status)
		}
		for _, h := range answer.Hits.Hits {
			if _, twice := hits[h.ID]; twice {
				c.t.Errorf("document %s stands in two indices", h.ID)
			}
			hits[h.ID] = h
			after = h.Sort
		}
		if len(answer.Hits.Hits) < 1000 {
			return hits
		}
	}
}

// hit is a document as a search gives it.
type hit struct {
	ID      string          `json:"_id"`
	Version int64           `json:"_version"`
	Source  json.RawMessage `json:"_source"`
	Sort    []any           `json:"sort"`
}

// everything is a query for all.
func everything() map[string]any { return map[string]any{"match_all": map[string]any{}} }

// ask sends a request to Elasticsearch.
func (c *cluster) ask(method, path string, body, out any) int {
	c.t.Helper()
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			c.t.Fatal(err)
		}
		sent = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.elastic.URL+path, sent)
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	if out != nil {
		if err := json.NewDecoder(response.Body).Decode(out); err != nil {
			c.t.Fatal(err)
		}
	}
	return response.StatusCode
}

// trail is what "trail --json" would say: the documents that the readers'
// alias has.
func (c *cluster) trail() []string {
	c.t.Helper()
	var lines []string
	for _, h := range c.search(c.prefix+"-records", everything()) {
		lines = append(lines, string(h.Source))
	}
	slices.Sort(lines)
	return lines
}

// rest lets processes work.
func (c *cluster) rest(d time.Duration) { intake.Rest(c.t.Context(), d) }
