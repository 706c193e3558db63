//go:build servers

package main

import (
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"earwitness/deployments/testbed"
)

// TestClusterFaults has Kafka, Elasticsearch and the bucket fail one after
// the other while two processes work on them. Each time all lines get to
// Elasticsearch, once; at the end all is as an undisturbed run has it.
func TestClusterFaults(t *testing.T) {
	t.Parallel()
	x := newTrial(t, 1)
	x.through([]phase{
		{"nothing fails", func(*trial) {}},
		{"the broker is stopped", func(x *trial) {
			x.withoutBroker(0, stopped(t.Context()), started(t.Context()), x.feedAndWait("a", "waiting for the broker to take records"))
		}},
		{"the broker is killed", func(x *trial) {
			x.withoutBroker(0, (*testbed.Node).Kill, started(t.Context()), x.feedAndWait("a", "waiting for the broker to take records"))
		}},
		{"Elasticsearch is down for longer than its queue holds", elasticDown},
		{"Elasticsearch answers 429", func(x *trial) {
			x.elasticAnswers(http.StatusTooManyRequests, "es_rejected_execution_exception", "rejected execution of coordinating operation")
		}},
		{"Elasticsearch answers 503", func(x *trial) {
			x.elasticAnswers(http.StatusServiceUnavailable, "cluster_block_exception", "blocked by: [SERVICE_UNAVAILABLE/2/no master];")
		}},
		{"single records have to wait", itemsWait},
		{"single records are refused", itemsRefused},
		{"the bucket's server is down", func(x *trial) {
			x.store.down()
			x.feedAndWait("a", "a sink waits", "worm")()
			x.store.up()
			x.awaitArchived()
		}},
		{"the bucket says SlowDown", func(x *trial) {
			x.store.set(answering(http.StatusServiceUnavailable, "application/xml", `<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`))
			x.feedAndWait("a", "a sink waits", "worm", "SlowDown")()
			x.store.set(nil)
			x.awaitArchived()
		}},
		{"the bucket denies", func(x *trial) {
			x.store.set(answering(http.StatusForbidden, "application/xml", `<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>`))
			x.feedAndWait("a", "a sink waits", "worm", "AccessDenied")()
			x.store.set(nil)
			x.awaitArchived()
		}},
		{"the bucket is slow", func(x *trial) {
			x.store.set(slowly(2 * time.Second))
			x.feed()
			x.awaitArchived()
			x.store.set(nil)
		}},
		{"the bucket's answers to writes are lost", func(x *trial) {
			before := x.store.answered(http.StatusPreconditionFailed)
			x.store.set(losing(http.MethodPut))
			x.feed()
			x.awaitPrecondition(before)
			x.store.set(nil)
		}},
	})
	if refused := x.end(); refused == 0 {
		t.Error("no dead letter is of a record that Elasticsearch refused")
	}
}

// feedAndWait brings files, and waits until a process says something.
func (x *trial) feedAndWait(name string, texts ...string) func() {
	w := x.live[name]
	mark := w.said.mark()
	return func() {
		x.t.Helper()
		x.feed()
		w.await(mark, texts...)
		x.rest(time.Second)
	}
}

// elasticDown keeps it away until more waits than the queue holds; the
// archive goes on meanwhile.
func elasticDown(x *trial) {
	x.elastic.down()
	mark, archived := x.live["a"].said.mark(), x.objects()
	x.spool.feed(len(x.spool.files) / 3)
	x.live["a"].await(mark, "waiting for Elasticsearch")
	x.awaitMoreThan(archived)
	x.elastic.up()
}

// elasticAnswers gives each request an answer for a while.
func (x *trial) elasticAnswers(status int, kind, reason string) {
	x.t.Helper()
	x.elastic.set(answering(status, "application/json", elasticError(status, kind, reason)))
	x.feedAndWait("a", "waiting for Elasticsearch", kind)()
	x.elastic.set(nil)
}

// awaitArchived waits until the archive has grown.
func (x *trial) awaitArchived() {
	x.t.Helper()
	x.awaitMoreThan(x.objects())
}

// awaitMoreThan waits until it has more objects than before.
func (x *trial) awaitMoreThan(before int) {
	x.t.Helper()
	late := time.Now().Add(2 * time.Minute)
	for x.objects() < before+3 {
		x.rest(200 * time.Millisecond)
		if time.Now().After(late) {
			x.t.Fatal("nothing more is archived")
		}
	}
}

// awaitPrecondition waits until the bucket has refused a name that was taken.
func (x *trial) awaitPrecondition(before int) {
	x.t.Helper()
	late := time.Now().Add(2 * time.Minute)
	for x.store.answered(http.StatusPreconditionFailed) < before+2 {
		if time.Now().After(late) {
			x.t.Fatal("no name was found taken")
		}
		x.rest(100 * time.Millisecond)
	}
}

// itemsWait has a share of the records refused three times each, by causes
// that pass.
func itemsWait(x *trial) {
	causes := []itemFault{
		{http.StatusTooManyRequests, "es_rejected_execution_exception"},
		{http.StatusServiceUnavailable, "unavailable_shards_exception"},
		{http.StatusInternalServerError, "engine_exception"},
		{http.StatusForbidden, "cluster_block_exception"},
		{http.StatusBadRequest, "index_closed_exception"},
		{http.StatusNotFound, "index_not_found_exception"},
	}
	var times atomic.Int64
	x.elastic.set(items(func(id string) *itemFault {
		if !strings.HasPrefix(id, "0") && !strings.HasPrefix(id, "8") {
			return nil
		}
		n := times.Add(1)
		return &causes[n%int64(len(causes))]
	}))
	x.feedAndWait("a", "waiting for Elasticsearch")()
	x.elastic.set(nil)
}

// itemsRefused has records refused for good. They are dead letters, and come
// again when the position is taken back.
func itemsRefused(x *trial) {
	x.elastic.set(items(func(id string) *itemFault {
		if !strings.HasPrefix(id, "f") {
			return nil
		}
		return &itemFault{http.StatusBadRequest, "document_parsing_exception"}
	}))
	mark := x.live["a"].said.mark()
	x.feed()
	x.live["a"].await(mark, "Elasticsearch refused a record, it goes to the dead letters")
	x.rest(2 * time.Second)
	x.stop("a")
	x.stop("b")
	x.elastic.set(nil)
	x.forgetElastic()
	x.start("a")
	x.start("b", "--follow-only")
}

// TestClusterProcesses has processes come, go, stand still and be started
// twice, while files come.
func TestClusterProcesses(t *testing.T) {
	t.Parallel()
	x := newTrial(t, 1)
	x.through([]phase{
		{"a process stands still past its session and wakes", standsStill},
		{"two processes with one configuration", func(x *trial) {
			x.start("twin")
			data := []string{"--data", x.dir + "/data-a"}
			x.cluster.run(append(x.args, data...)...).want(t, 1, "another earwitness works on it")
			x.feed()
			x.awaitDocuments()
			x.stop("twin")
		}},
		{"partitions change hands under load", changeHands},
	})
	x.wantNoneRefused()
}

// standsStill stops one in the midst of its work (SIGSTOP) until the other
// has its partitions.
func standsStill(x *trial) {
	b, mark := x.live["b"], x.live["a"].said.mark()
	x.feed()
	b.signal(syscall.SIGSTOP)
	x.feed()
	x.live["a"].await(mark, "following partitions", "[0,1,2,3,4,5]")
	x.awaitDocuments()
	woken := b.said.mark()
	b.signal(syscall.SIGCONT)
	x.feed()
	b.await(woken, "following partitions")
}

// changeHands adds, stops and kills processes.
func changeHands(x *trial) {
	for _, more := range []string{"c", "d", "e"} {
		x.spool.feed(1)
		w := x.start(more, "--follow-only")
		w.await(0, "following partitions")
	}
	x.feed()
	x.stop("c")
	x.spool.feed(1)
	x.live["d"].kill()
	delete(x.live, "d")
	x.feed()
	x.stop("e")
}

// TestClusterBrokerKilled takes one of three brokers away, by kill and by
// stop, while files come.
func TestClusterBrokerKilled(t *testing.T) {
	t.Parallel()
	x := newTrial(t, 3)
	for broker := range x.kafka.Brokers {
		do := (*testbed.Node).Kill
		if broker == 2 {
			do = stopped(t.Context())
		}
		x.through([]phase{{"one of three brokers is away", func(x *trial) {
			x.withoutBroker(broker, do, started(t.Context()), func() {
				x.feed()
				x.awaitDocuments()
			})
			if err := x.kafka.AwaitInSync(t.Context()); err != nil {
				t.Fatal(err)
			}
		}}})
	}
	x.wantNoneRefused()
}
