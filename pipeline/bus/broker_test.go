package bus_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/bus/embedded"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// partitions of the topics under test.
const partitions = 3

// deadline bounds a test: one that waits for longer hangs.
func deadline(tb testing.TB) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 30*time.Second)
	tb.Cleanup(cancel)
	return ctx
}

// open starts a broker with the topics and gives a client of it.
func open(tb testing.TB) *bus.Client {
	tb.Helper()
	ctx := deadline(tb)
	broker, err := embedded.Open(ctx, embedded.Config{Dir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	client := bus.NewClient(broker.ClientConfig())
	tb.Cleanup(func() {
		client.Close()
		if err := broker.Close(); err != nil {
			tb.Error(err)
		}
	})
	if err := client.EnsureTopics(ctx, partitions); err != nil {
		tb.Fatal(err)
	}
	return client
}

// producer writes to the evidence topic until the test ends.
func producer(tb testing.TB, client *bus.Client, cfg bus.ProducerConfig) *bus.Producer {
	tb.Helper()
	p := bus.NewProducer(client, bus.TopicEvidence, partitions, cfg)
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := p.Close(ctx); err != nil {
			tb.Error(err)
		}
	})
	return p
}

// text decodes a message to its value.
func text(m *bus.Message) (string, error) { return string(m.Value), nil }

// records makes n records of a partition, whose values tell their number.
func records(partition, from, n int) []bus.Record {
	list := make([]bus.Record, n)
	for i := range list {
		list[i] = bus.Record{Partition: partition, Key: []byte("key"), Value: fmt.Appendf(nil, "%d/%d", partition, from+i)}
	}
	return list
}

// read takes n messages from offset on and checks that they are those which
// records made.
func read(tb testing.TB, p *bus.Partition[string], partition int, offset int64, n int) []bus.Message {
	tb.Helper()
	ctx := deadline(tb)
	var all []bus.Message
	for len(all) < n {
		chunk, err := p.Next(ctx, offset)
		if err != nil {
			tb.Fatalf("read at %d: %v", offset, err)
		}
		for i, m := range chunk.Messages {
			if want := fmt.Sprintf("%d/%d", partition, m.Offset); chunk.Values[i] != want || m.Offset != offset+int64(i) {
				tb.Fatalf("message %d is %q, want offset %d, value %q", m.Offset, chunk.Values[i], offset+int64(i), want)
			}
		}
		all = append(all, chunk.Messages...)
		offset = chunk.Next
	}
	return all
}
