//go:build servers

package main

import (
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
)

// TestClusterEqualsOneProcess: what a real versitygw logged of real requests,
// and audits that belong to some of them, give the same records and dead
// letters in Kafka, Elasticsearch and S3 as with everything embedded.
func TestClusterEqualsOneProcess(t *testing.T) {
	t.Parallel()
	in := newRealInput(t)
	open := newCluster(t, 4, gatewayRules+in.sources()+"data: shared\n")
	secured := newSecuredCluster(t)
	secured.runWithPassword(in)
	in.addLate(t)
	in.awaitSettled(t)
	alone := newAlone(t, in)

	run := open.run("run", "--once", "--config", open.file)
	run.want(t, exitDeadLetters, "Elasticsearch took", "1 dead letter")
	alone.wantSame(open)
	alone.wantFound(open)
	open.wantProof(alone)
	// What it printed last is a command that works as it stands.
	lines := strings.Split(strings.TrimSpace(run.out), "\n")
	shell(t, lines[len(lines)-1], open.env...).want(t, 0, "holds: ")

	secured.runWithKey(in)
	alone.wantSame(secured.cluster)
	secured.run("verify", "--store", secured.storeURL()+"&ca-file="+filepath.Join(secured.dir, "minio.pem"), "--key", secured.verifier()).want(t, 0, "holds: ")
}

// wantProof: the archive holds, and a line of the log is proved to be in it.
func (c *cluster) wantProof(a *alone) {
	t := c.t
	t.Helper()
	store := []string{"--store", c.storeURL(), "--key", c.verifier()}
	c.run(append([]string{"verify"}, store...)...).want(t, 0, "holds: ")
	id := a.with(map[string]string{"earwitness.kind": "request", "earwitness.verdict": "anonymous"})[0]
	piece := value(a.documents[id], "earwitness.evidence").([]any)[0].(map[string]any)
	partition, offset := c.find(piece["id"].(string))
	proof := filepath.Join(c.dir, "proof.json")
	c.run(append([]string{
		"prove", "--topic", "evidence", "--partition", fmt.Sprint(partition), "--offset", fmt.Sprint(offset), "--out", proof,
	}, store...)...).want(t, 0)
	earwitness(t, "prove", "check", proof, "--key", c.verifier()).want(t, 0, "holds", piece["sha256"].(string), "evidence  "+piece["id"].(string))
}

// find gives the place of a piece of evidence in its topic.
func (c *cluster) find(id string) (partition int, offset int64) {
	c.t.Helper()
	client := bus.NewClient(bus.ClientConfig{Brokers: c.brokers})
	defer client.Close()
	for partition := range 4 {
		messages, err := client.ReadAll(c.t.Context(), bus.TopicEvidence, partition)
		if err != nil {
			c.t.Fatal(err)
		}
		for i := range messages {
			e := &evidence.Evidence{}
			if !bus.IsControl(&messages[i]) && e.UnmarshalVT(messages[i].Value) == nil && hex.EncodeToString(e.Id) == id {
				return partition, messages[i].Offset
			}
		}
	}
	c.t.Fatalf("evidence %s is not in the topic", id)
	return 0, 0
}
