package bus_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/bus/embedded"
)

func TestReadersAreToldWhatIsGone(t *testing.T) {
	client := open(t)
	p := producer(t, client, bus.ProducerConfig{})
	ctx := deadline(t)
	for from := 0; from < 40; from += 10 {
		if _, err := p.ProduceSync(ctx, 1, records(1, from, 10)); err != nil {
			t.Fatal(err)
		}
	}
	if err := client.DeleteRecords(ctx, bus.TopicEvidence, 1, 20); err != nil {
		t.Fatal(err)
	}
	reader := bus.NewPartition(client, bus.TopicEvidence, 1, text, bus.PartitionConfig{})
	_, err := reader.Next(ctx, 3)
	var gap *bus.GapError
	if !errors.As(err, &gap) || *gap != (bus.GapError{Topic: bus.TopicEvidence, Partition: 1, Want: 3, First: 20}) {
		t.Errorf("read at 3: %v, want a gap up to 20", err)
	}
	_, err = reader.Next(ctx, 41)
	var beyond *bus.BeyondEndError
	if !errors.As(err, &beyond) || *beyond != (bus.BeyondEndError{Topic: bus.TopicEvidence, Partition: 1, Want: 41, End: 40}) {
		t.Errorf("read at 41: %v, want beyond the end 40", err)
	}
	read(t, reader, 1, 20, 20)
	// At the end a reader waits for what comes.
	var late sync.WaitGroup
	late.Go(func() {
		if _, err := p.ProduceSync(ctx, 1, records(1, 40, 1)); err != nil {
			t.Error(err)
		}
	})
	read(t, reader, 1, 40, 1)
	late.Wait()
}

func TestTopicsAreMadeOnce(t *testing.T) {
	client := open(t)
	ctx := deadline(t)
	if err := client.EnsureTopics(ctx, partitions); err != nil {
		t.Errorf("again: %v", err)
	}
	err := client.EnsureTopics(ctx, partitions+1)
	var other *bus.PartitionsError
	if !errors.As(err, &other) || other.Have != partitions || !strings.Contains(err.Error(), "configure 3") {
		t.Errorf("with another number of partitions: %v", err)
	}
	if err := client.EnsureTopics(ctx, 0); err == nil {
		t.Error("topics of 0 partitions were made")
	}
	if _, _, err := client.Bounds(ctx, bus.TopicEvidence, 99); err == nil {
		t.Error("a partition that is not there has bounds")
	}
}

// connections keeps the connections of a client, to cut them.
type connections struct {
	mu   sync.Mutex
	open []net.Conn
}

func (c *connections) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		c.mu.Lock()
		c.open = append(c.open, conn)
		c.mu.Unlock()
	}
	return conn, err
}

// cut closes all of them.
func (c *connections) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.open {
		conn.Close() //nolint:errcheck // it may be closed already
	}
	c.open = nil
}

func TestConnectionsThatBreakCostNothing(t *testing.T) {
	ctx := deadline(t)
	broker, err := embedded.Open(ctx, embedded.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	var lines connections
	cfg := broker.ClientConfig()
	cfg.Dial = lines.dial
	client := bus.NewClient(cfg)
	t.Cleanup(func() {
		client.Close()
		if err := broker.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := client.EnsureTopics(ctx, partitions); err != nil {
		t.Fatal(err)
	}
	p := producer(t, client, bus.ProducerConfig{Linger: time.Millisecond})
	sink := &lastSeen{partition: 2, done: make(chan struct{}), want: "2/1999"}
	following, stop := context.WithCancel(ctx)
	var follower sync.WaitGroup
	reader := bus.NewPartition(client, bus.TopicEvidence, 2, text, bus.PartitionConfig{FetchWait: 10 * time.Millisecond})
	follower.Go(func() {
		if err := bus.Follow(following, reader, sink, 2, bus.FollowConfig{}); err != nil {
			t.Errorf("follow: %v", err)
		}
	})
	var acks sync.WaitGroup
	for from := 0; from < 2000; from += 20 {
		acks.Add(1)
		if err := p.Produce(ctx, records(2, from, 20), func(err error) {
			if err != nil {
				t.Errorf("records from %d on: %v", from, err)
			}
			acks.Done()
		}); err != nil {
			t.Fatal(err)
		}
		if from%200 == 0 {
			acks.Wait()
			lines.cut()
		}
	}
	acks.Wait()
	select {
	case <-sink.done:
	case <-ctx.Done():
		t.Error("the last record did not arrive")
	}
	stop()
	follower.Wait()
	if missing := sink.missing(2000); len(missing) > 0 {
		t.Errorf("records %v did not arrive", missing)
	}
}
