//go:build servers

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earwitness/cmd/earwitness/engine"
	"earwitness/cmd/earwitness/monitor"
	"earwitness/deployments/testbed"
)

// away is a place for a process with a Kafka and an Elasticsearch of its own,
// to be taken away from it.
type away struct {
	kafka   *testbed.KafkaCluster
	elastic *testbed.ElasticsearchNode
	file    string
	spool   string
}

func newAway(t *testing.T) *away {
	t.Helper()
	a := &away{}
	var err error
	if a.kafka, err = testbed.Kafka(t.Context(), testbed.KafkaConfig{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(t, a.kafka.Stop) })
	if a.elastic, err = testbed.Elasticsearch(t.Context(), testbed.ElasticsearchConfig{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(t, a.elastic.Stop) })
	t.Logf("kafka %s, elasticsearch %s", a.kafka.Version, a.elastic.Version)
	dir := t.TempDir()
	a.file, a.spool = filepath.Join(dir, "earwitness.yaml"), filepath.Join(dir, "spool")
	earwitness(t, "keys", "init", "--out", filepath.Join(dir, "signing.key")).want(t, 0)
	if err := os.Mkdir(a.spool, 0o700); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`data: data
sources: [{name: logs, type: s3-access-log, path: spool}]
bus:
  brokers: [%q]
  partitions: 2
  replication: 1
  min-insync-replicas: 1
  session-timeout: 6s
elastic: {urls: [%q], request-timeout: 5s}
worm: {key: "file:signing.key", directory: worm}
http: {listen: "127.0.0.1:0", wait-bound: 3s}
`, a.kafka.Plaintext[0], a.elastic.URL)
	if err := os.WriteFile(a.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	earwitness(t, "topics", "create", "--config", a.file).want(t, 0)
	return a
}

func end(t *testing.T, stop func() error) {
	t.Helper()
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// feed gives the source one more file: another part of a world's log.
func (a *away) feed(t *testing.T, name string, part int) {
	t.Helper()
	logs := filepath.Join(worldsDir, "1", "logs")
	entries, err := os.ReadDir(logs)
	if err != nil || part >= len(entries) {
		t.Fatalf("the world has %d files of logs, %v", len(entries), err)
	}
	text, err := os.ReadFile(filepath.Join(logs, entries[part].Name()))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(a.spool, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// stage gives the partitions of one stage at one topic.
func stage(r *monitor.Report, name, topic string) []engine.PartitionStatus {
	if r.Engine == nil {
		return nil
	}
	for _, s := range r.Engine.Stages {
		if s.Stage == name && s.Topic == topic {
			return s.Partitions
		}
	}
	return nil
}

// waits says that some partition waits because of what has the text.
func waits(partitions []engine.PartitionStatus, text string) bool {
	for _, p := range partitions {
		if p.State == engine.StateWaiting && strings.Contains(p.Waiting, text) {
			return true
		}
	}
	return false
}

// A real server that is stopped is named, by all four ways, with what waits
// for it; nothing else is; and once it is back nothing waits any more, though
// no more messages come.
func TestStatusNamesTheServerThatIsAway(t *testing.T) {
	t.Parallel()
	a := newAway(t)
	a.feed(t, "1", 0)
	o := observe(t, nil, "run", "--config", a.file)
	o.await("all is followed", hasAll)

	if err := a.elastic.Node.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.feed(t, "2", 1)
	r := o.await("it waits for Elasticsearch and is not ready", func(r monitor.Report) bool {
		return !r.Ready && waits(stage(&r, "elastic", "earwitness.access"), "connection refused")
	})
	for _, p := range stage(&r, "correlate", "earwitness.evidence") {
		if p.State != engine.StateFollowing || p.Lag > 0 {
			t.Errorf("without Elasticsearch the correlator is %+v", p)
		}
	}
	host := strings.TrimPrefix(a.elastic.URL, "http://")
	earwitness(t, "status", "--address", o.address).want(t, 0, "not ready:\n  elastic earwitness.access/", "waiting since", "[1] ", host)
	if code, text := o.get("/readyz"); code != 503 || !strings.Contains(text, host) || strings.Contains(text, "correlate") {
		t.Errorf("/readyz answers %d %q", code, text)
	}
	if _, text := o.get("/metrics"); !strings.Contains(text, "\nearwitness_ready 0\n") || strings.Contains(text, "\nearwitness_elastic_waiting_seconds 0\n") ||
		strings.Contains(text, "\nearwitness_elastic_retries_total 0\n") {
		t.Error("the metrics do not tell that it waits for Elasticsearch")
	}
	if err := a.elastic.Node.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.await("Elasticsearch has all", func(r monitor.Report) bool {
		done := hasAll(r)
		for _, p := range stage(&r, "elastic", "earwitness.access") {
			done = done && p.State == engine.StateFollowing && p.Durable == p.End
		}
		return done
	})

	if err := a.kafka.StopBrokers(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.feed(t, "3", 2)
	r = o.await("it waits for Kafka and is not ready", func(r monitor.Report) bool {
		return !r.Ready && strings.Contains(r.Engine.Sources[0].Waiting, "connect") && waits(stage(&r, "worm", "earwitness.deadletter"), "connect")
	})
	if retries := stage(&r, "worm", "earwitness.deadletter")[0].Retries; retries == 0 {
		t.Error("no retry is counted")
	}
	began := time.Now()
	for _, broker := range a.kafka.Brokers {
		if err := broker.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	o.await("all is followed again", hasAll)
	t.Logf("%s after Kafka was started all is followed", time.Since(began).Round(time.Second))
	o.end()
}
