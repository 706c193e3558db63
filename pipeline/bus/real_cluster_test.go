//go:build servers

package bus_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"earwitness/deployments/testbed"
	"earwitness/pipeline/bus"
)

// TestRealCluster takes the brokers of a cluster away one after the other,
// while it is written to and read, while members share its partitions and
// positions are kept in it.
func TestRealCluster(t *testing.T) {
	cluster, client := brokers(t, 3)
	if _, err := client.CreateTopics(within(t, time.Minute), realSettings(3)); err != nil {
		t.Fatal(err)
	}
	if findings, err := client.CheckTopics(within(t, time.Minute), realSettings(3)); err != nil || len(findings) > 0 {
		t.Errorf("findings: %v, %v", findings, err)
	}
	l := startLoad(t, client)
	o := newOwnership(t)
	members := []*member{
		o.join(plainly(t, cluster), quick("g"), "first"),
		o.join(plainly(t, cluster), quick("g"), "second"),
	}
	settle(t, members...)
	positions := keepPositions(t, plainly(t, cluster))
	start := func(n *testbed.Node) error { return n.Start(t.Context()) }
	hang := func(n *testbed.Node) error {
		positions.hung.Store(true)
		return n.Pause()
	}
	for _, step := range []struct {
		name     string
		broker   int
		do, undo func(*testbed.Node) error
	}{
		{"stopped", 1, func(n *testbed.Node) error { return n.Stop(t.Context()) }, start},
		{"killed", 2, (*testbed.Node).Kill, start},
		// The first is the one that is asked first.
		{"hangs", 0, hang, (*testbed.Node).Resume},
	} {
		well := t.Run(step.name, func(t *testing.T) {
			began := time.Now()
			l.resetStall()
			if err := step.do(cluster.Brokers[step.broker]); err != nil {
				t.Fatal(err)
			}
			l.awaitProgress(t)
			positions.awaitProgress(t)
			without := time.Since(began)
			if err := step.undo(cluster.Brokers[step.broker]); err != nil {
				t.Fatal(err)
			}
			if err := cluster.AwaitInSync(t.Context()); err != nil {
				t.Fatal(err)
			}
			l.awaitProgress(t)
			positions.awaitProgress(t)
			settle(t, members...)
			wrote, read := l.resetStall()
			t.Logf("went on without it after %s, all is well after %s; the longest wait for an ack %s, for a message %s",
				without.Round(time.Millisecond), time.Since(began).Round(time.Millisecond), wrote.Round(time.Millisecond), read.Round(time.Millisecond))
		})
		if !well {
			return
		}
	}
	t.Run("too few replicas", func(t *testing.T) { tooFewReplicas(t, cluster, l) })
	for _, m := range members {
		m.leave(t)
	}
	positions.end()
	l.end(t)
}

// tooFewReplicas: the brokers refuse each batch until there are three again.
func tooFewReplicas(t *testing.T, cluster *testbed.KafkaCluster, l *load) {
	set(t, cluster, bus.TopicEvidence, map[string]string{"min.insync.replicas": "3"})
	l.awaitProgress(t)
	if err := cluster.Brokers[2].Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	refused := awaitRefusal(t, cluster)
	if err := cluster.Brokers[2].Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.awaitProgress(t)
	t.Logf("they had said: %v", refused)
}

// awaitRefusal asks until the partitions' leaders know that replicas are
// missing.
func awaitRefusal(t *testing.T, cluster *testbed.KafkaCluster) error {
	t.Helper()
	ctx := within(t, time.Minute)
	p := bus.NewProducer(plainly(t, cluster), bus.TopicEvidence, partitions, bus.ProducerConfig{RetryFor: time.Nanosecond})
	defer p.Close(ctx) //nolint:errcheck // nothing is under way
	for {
		// A record of nobody's: without a key the load leaves it out.
		_, err := p.ProduceSync(ctx, 0, []bus.Record{bus.ControlRecord(0, &bus.Control{})})
		if isCode(err, kafka.NotEnoughReplicas) || isCode(err, kafka.NotEnoughReplicasAfterAppend) || ctx.Err() != nil {
			return err
		}
	}
}

// positions commits a number after the other, and reads each back.
type positions struct {
	t    *testing.T
	stop context.CancelFunc
	done sync.WaitGroup
	// hung says that a broker has been one that hangs.
	hung atomic.Bool

	mu   sync.Mutex
	last int64
}

func keepPositions(t *testing.T, client *bus.Client) *positions {
	ctx, stop := context.WithCancel(t.Context())
	p := &positions{t: t, stop: stop}
	p.done.Go(func() {
		for n := int64(1); ctx.Err() == nil; n++ {
			if err := p.keep(ctx, client, n); err != nil && ctx.Err() == nil {
				t.Errorf("position %d: %v", n, err)
			}
			p.mu.Lock()
			p.last = n
			p.mu.Unlock()
			wait(ctx, 20*time.Millisecond)
		}
	})
	t.Cleanup(p.end)
	return p
}

// keep reads back what it has committed. A broker that hung takes itself for
// the coordinator for a moment when it is back, and tells what was committed
// before; no other may.
func (p *positions) keep(ctx context.Context, client *bus.Client, n int64) error {
	if err := client.CommitOffset(ctx, "positions", bus.TopicEvidence, 0, n, fmt.Sprint("at ", n)); err != nil {
		return err
	}
	began := time.Now()
	for old := int64(0); ; {
		offset, metadata, err := client.CommittedOffset(ctx, "positions", bus.TopicEvidence, 0)
		if err != nil || offset == n && metadata == fmt.Sprint("at ", n) {
			if old > 0 {
				p.t.Logf("%d was committed, and %d read for %s", n, old, time.Since(began).Round(time.Millisecond))
			}
			return err
		}
		if old = offset; offset > n || offset < 1 || !p.hung.Load() || ctx.Err() != nil {
			return fmt.Errorf("%d, %q was read", offset, metadata)
		}
	}
}

func (p *positions) end() {
	p.stop()
	p.done.Wait()
}

func (p *positions) awaitProgress(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	from := p.last
	p.mu.Unlock()
	await(t, "positions", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.last > from+2
	})
}

// await asks until it is so, for two minutes.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	ctx := within(t, 2*time.Minute)
	for !so() {
		if wait(ctx, 10*time.Millisecond); ctx.Err() != nil {
			t.Fatalf("%s: no progress in two minutes", what)
		}
	}
}

// wait is for what has no other sign.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
