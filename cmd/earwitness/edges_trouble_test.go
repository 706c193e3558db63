//go:build servers

package main

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
)

var kafkaAway = flag.Duration("kafka-away", 10*time.Second, "for how long TestEdgesInTrouble keeps the broker away")

// TestEdgesInTrouble: a process that takes from queues, lists a bucket, asks
// the contact centre and looks up metadata is killed (kill -9) again and again
// while messages are in work; then its broker is away. Nothing is lost, nothing
// is doubled, no dead letter is left, and it says what it waits for.
func TestEdgesInTrouble(t *testing.T) {
	t.Parallel()
	e := newEdges(t)
	moments := rand.New(rand.NewPCG(*killSeed, 7))
	watched := e.watch()
	const kills = 5
	for range kills {
		e.tell(len(e.untold) / 8)
		e.rest(time.Duration(300+moments.IntN(2500)) * time.Millisecond)
		watched.kill()
		watched = e.watch()
	}
	e.withoutKafka(watched)
	e.awaitTaken()
	t.Logf("at most %d MiB", watched.peak())
	watched.stop()

	e.run().want(t, 0)
	trail := e.trail()
	if diff := cmp.Diff(e.wantJudgements, judgements(t, trail)); diff != "" {
		t.Errorf("in trouble who did what differs from what files say (-files +edges):\n%.4000s", diff)
	}
	if s := scoreTrail(t, trail, e.truths); s.wrong["exact"]+s.wrong["strong"]+s.missed > 0 {
		t.Errorf("with complete evidence %s; wrong stories: %v", s, s.stories)
	}
	if letters := e.letters(); len(letters) > 0 {
		t.Errorf("%d dead letters, the first: %+v", len(letters), letters[0])
	}
	e.wantMetadata(trail, 1+kills)
	e.cluster.run("verify", "--store", e.storeURL(), "--key", e.verifier()).want(t, 0, "holds:")
}

// watch starts a process, and waits until it works.
func (e *edges) watch() *watched {
	e.t.Helper()
	cmd, _ := e.command(slices.Concat([]string{"run"}, e.args())...)
	w := watchProcess(e.t, "edges", cmd)
	w.await(0, "following partitions")
	return w
}

// listens tells where its status is, as its log says.
func (w *watched) listens() string {
	w.t.Helper()
	for line := range strings.Lines(w.said.since(0)) {
		var said struct{ Msg, Address string }
		if json.Unmarshal([]byte(line), &said) == nil && strings.HasPrefix(said.Msg, "telling metrics") {
			return said.Address
		}
	}
	w.t.Fatalf("process %s does not tell where it listens: %s", w.name, w.said.since(0))
	return ""
}

// withoutKafka takes the broker away, and tells the queues the rest meanwhile.
func (e *edges) withoutKafka(w *watched) {
	e.t.Helper()
	w.peak()
	mark := w.said.mark()
	if err := e.kafka.Brokers[0].Stop(e.t.Context()); err != nil {
		e.t.Fatal(err)
	}
	e.tell(len(e.untold))
	w.await(mark, "waiting for the broker to take records")
	e.rest(*kafkaAway)
	w.running()
	status := e.cluster.run("status", "--address", w.listens())
	status.want(e.t, 0, "waiting")
	e.t.Logf("status while Kafka is away:\n%s", status.out)
	for _, text := range w.said.warnings(mark) {
		e.t.Logf("says: %.300s", text)
	}
	if err := e.kafka.Brokers[0].Start(e.t.Context()); err != nil {
		e.t.Fatal(err)
	}
}

// awaitTaken waits until the queues hold nothing, in work or not.
func (e *edges) awaitTaken() {
	e.t.Helper()
	late := time.Now().Add(3 * time.Minute)
	for e.logs.held()+e.events.held() > 0 {
		if time.Now().After(late) {
			e.t.Fatalf("the queues still hold %d and %d messages", e.logs.held(), e.events.held())
		}
		e.rest(200 * time.Millisecond)
	}
}

// held counts the messages in a queue, hidden ones too.
func (q *logQueue) held() int {
	q.t.Helper()
	names := []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed,
	}
	got, err := q.client.GetQueueAttributes(q.t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &q.url, AttributeNames: names})
	if err != nil {
		q.t.Fatal(err)
	}
	n := 0
	for _, name := range names {
		some, err := strconv.Atoi(got.Attributes[string(name)])
		if err != nil {
			q.t.Fatal(err)
		}
		n += some
	}
	return n
}
