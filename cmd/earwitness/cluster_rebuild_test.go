//go:build servers

package main

import (
	"bufio"
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"

	"earwitness/pipeline/bus"
	"earwitness/sources/simulate"
)

// TestClusterRebuilt: changed rules are refused until a rebuild has judged
// everything anew, which ends a process that works by the former ones; topics
// that were made anew are refused until their lineage is new too. Each time
// Elasticsearch ends up with what a run under those rules from the start says
// on one machine.
func TestClusterRebuilt(t *testing.T) {
	t.Parallel()
	world, rules, want := undisturbed(t)
	c := newCluster(t, 3, "")
	data := []string{"--data", filepath.Join(c.dir, "data")}
	sources := []string{"--config", c.file, "--s3-logs", filepath.Join(world, simulate.LogsDir), "--audits", filepath.Join(world, simulate.AuditsDir)}
	once := append([]string{"run", "--once"}, sources...)
	c.runWith(once, data).want(t, exitDeadLetters, "Elasticsearch took")
	if diff := cmp.Diff(want, withoutArrival(t, c.trail())); diff == "" {
		t.Fatal("the rules make no difference, so this test shows nothing")
	}
	c.runWith(once, rules, data).want(t, 1, "were judged under other rules", "earwitness rebuild")

	// This one goes on by the former rules, and must end.
	former, out := c.command(append([]string{"run", "--follow-only", "--data", filepath.Join(c.dir, "former")}, sources...)...)
	out.Reset()
	former.Stderr = nil
	stderr, err := former.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := former.Start(); err != nil {
		t.Fatal(err)
	}
	said := awaitLine(t, stderr, "following partitions")
	c.runWith([]string{"rebuild"}, sources, rules, data).want(t, 0, "Judged", "anew")
	rest := said()
	if err := former.Wait(); err == nil || !strings.Contains(rest, "another process has opened epoch") {
		t.Errorf("the process by the former rules ends with %v and says %s", err, rest)
	}
	if diff := cmp.Diff(want, withoutArrival(t, c.trail())); diff != "" {
		t.Errorf("after the rebuild Elasticsearch differs (-under these rules +rebuilt):\n%.4000s", diff)
	}
	// Nothing new, and a process with nothing of its own.
	c.runWith(once, rules, data).want(t, 0, "Read 0 records")
	c.runWith(once, rules, []string{"--data", filepath.Join(c.dir, "fresh")}).want(t, exitDeadLetters)
	if diff := cmp.Diff(want, withoutArrival(t, c.trail())); diff != "" {
		t.Errorf("after a run with a fresh data folder Elasticsearch differs:\n%.4000s", diff)
	}
	c.run("verify", "--store", c.storeURL(), "--key", c.verifier()).want(t, 0, "holds:")

	c.deleteTopics(bus.Topics()...)
	c.run("topics", "create", "--config", c.file).want(t, 0, "created earwitness.evidence")
	c.runWith(once, rules, data).want(t, 1, "lies beyond the end 0", "delete topic earwitness.control too")
	c.deleteTopics(bus.TopicControl)
	c.run("topics", "create", "--config", c.file).want(t, 0, "created earwitness.control")
	c.runWith(once, rules, data).want(t, 1, "lies beyond the end", "takes a new data folder")
	c.runWith(once, rules, []string{"--data", filepath.Join(c.dir, "anew")}).want(t, exitDeadLetters)
	if diff := cmp.Diff(want, withoutArrival(t, c.trail())); diff != "" {
		t.Errorf("in a new lineage Elasticsearch differs:\n%.4000s", diff)
	}
	c.run("verify", "--store", c.storeURL(), "--key", c.verifier()).want(t, 0, "holds:")
}

// TestClusterGap: messages that were lost before they were archived end the
// run with their offsets; accepted, they are archived as lost, and nobody
// asks again.
func TestClusterGap(t *testing.T) {
	t.Parallel()
	world, rules, want := undisturbed(t)
	c := newCluster(t, 2, "")
	args := append([]string{
		"run", "--once", "--config", c.file, "--data", filepath.Join(c.dir, "data"),
		"--s3-logs", filepath.Join(world, simulate.LogsDir), "--audits", filepath.Join(world, simulate.AuditsDir),
	}, rules...)
	c.runWith(args, []string{"--partitions", "0"}).want(t, exitDeadLetters)
	client := bus.NewClient(bus.ClientConfig{Brokers: c.brokers})
	defer client.Close()
	_, end, err := client.Bounds(t.Context(), bus.TopicEvidence, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.DeleteRecords(t.Context(), bus.TopicEvidence, 1, end/2); err != nil {
		t.Fatal(err)
	}
	first, _, err := client.Bounds(t.Context(), bus.TopicEvidence, 1)
	if err != nil || first == 0 {
		t.Fatalf("the topic begins at %d, %v", first, err)
	}
	c.runWith(args).want(t, 1, "earwitness.evidence/1: messages 0 to", "run --accept-gap")
	c.runWith(args, []string{"--accept-gap"}).want(t, 0)
	c.runWith(args).want(t, 0)
	c.runWith(args, []string{"--data", filepath.Join(c.dir, "fresh")}).want(t, exitDeadLetters)
	if got := len(c.trail()); got == 0 || got > len(want) {
		t.Errorf("there are %d records, of %d", got, len(want))
	}
	c.run("verify", "--store", c.storeURL(), "--key", c.verifier()).want(t, 0, "holds:", "gap")
}

// runWith joins arguments.
func (c *cluster) runWith(args ...[]string) outcome {
	c.t.Helper()
	var all []string
	for _, some := range args {
		all = append(all, some...)
	}
	return c.run(all...)
}

// awaitLine reads until a line says something, and then goes on reading:
// rest gives what came behind it, at its end.
func awaitLine(t *testing.T, from io.Reader, text string) (rest func() string) {
	t.Helper()
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("no line says %q: %q, %v", text, line, err)
		}
		if strings.Contains(line, text) {
			break
		}
	}
	read := make(chan string, 1)
	go func() {
		var all bytes.Buffer
		_, _ = all.ReadFrom(lines) // the pipe ends with the process
		read <- all.String()
	}()
	return func() string { return <-read }
}

// deleteTopics waits until they are gone: deletion is told before it is done.
func (c *cluster) deleteTopics(names ...string) {
	c.t.Helper()
	admin := &kafka.Client{Addr: kafka.TCP(c.brokers...), Timeout: 30 * time.Second}
	if _, err := admin.DeleteTopics(c.t.Context(), &kafka.DeleteTopicsRequest{Topics: names}); err != nil {
		c.t.Fatal(err)
	}
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		answer, err := admin.Metadata(c.t.Context(), &kafka.MetadataRequest{Topics: names})
		if err != nil {
			c.t.Fatal(err)
		}
		left := 0
		for i := range answer.Topics {
			if answer.Topics[i].Error == nil {
				left++
			}
		}
		if left == 0 {
			return
		}
		select {
		case <-ticker.C:
		case <-c.t.Context().Done():
			c.t.Fatal(c.t.Context().Err())
		}
	}
}
