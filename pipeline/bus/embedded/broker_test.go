package embedded

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"earwitness/pipeline/bus"
)

const partitions = 3

// childVariable names what a child process of a test does.
const childVariable = "EARWITNESS_BROKER_CHILD"

func TestMain(m *testing.M) {
	if job := os.Getenv(childVariable); job != "" {
		os.Exit(runChild(job)) //nolint:forbidigo // the child's main
	}
	goleak.VerifyTestMain(m)
}

// deadline bounds a test: one that waits for longer hangs.
func deadline(tb testing.TB) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 30*time.Second)
	tb.Cleanup(cancel)
	return ctx
}

// stand is a broker with topics and a client.
type stand struct {
	*Broker
	client *bus.Client
}

func open(tb testing.TB, cfg Config) *stand {
	tb.Helper()
	s, err := tryOpen(deadline(tb), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.close(tb) })
	return s
}

func tryOpen(ctx context.Context, cfg Config) (*stand, error) {
	broker, err := Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s := &stand{Broker: broker, client: bus.NewClient(broker.ClientConfig())}
	if err := s.client.EnsureTopics(ctx, partitions); err != nil {
		s.client.Close()
		return nil, errors.Join(err, broker.Close())
	}
	return s, nil
}

// close may be called again.
func (s *stand) close(tb testing.TB) {
	tb.Helper()
	s.client.Close()
	if err := s.Close(); err != nil {
		tb.Errorf("close broker: %v", err)
	}
}

// value of the message that a test puts at an offset: large enough to fill
// small segments, and not to be compressed away.
func value(partition int, offset int64) []byte {
	v := fmt.Appendf(nil, "%d/%d ", partition, offset)
	seed := uint64(offset)*0x9e3779b97f4a7c15 + uint64(partition)
	for range 60 {
		seed ^= seed << 13
		seed ^= seed >> 7
		seed ^= seed << 17
		v = binary.BigEndian.AppendUint64(v, seed)
	}
	return v
}

func records(partition int, from int64, n int) []bus.Record {
	list := make([]bus.Record, n)
	for i := range list {
		list[i] = bus.Record{Partition: partition, Key: []byte("key"), Value: value(partition, from+int64(i))}
	}
	return list
}

// write appends batches of n records to a partition that holds from of them.
func (s *stand) write(tb testing.TB, partition int, from int64, batches, n int) {
	tb.Helper()
	ctx := deadline(tb)
	p := bus.NewProducer(s.client, bus.TopicEvidence, partitions, bus.ProducerConfig{Uncompressed: true})
	for range batches {
		first, err := p.ProduceSync(ctx, partition, records(partition, from, n))
		if err != nil {
			tb.Fatal(err)
		}
		if first != from {
			tb.Fatalf("records %d of partition %d lie at %d", from, partition, first)
		}
		from += int64(n)
	}
	if err := p.Close(ctx); err != nil {
		tb.Fatal(err)
	}
}

// check reads [from, end) of a partition and compares each message.
func (s *stand) check(tb testing.TB, partition int, from, end int64) {
	tb.Helper()
	ctx := deadline(tb)
	reader := bus.NewPartition(s.client, bus.TopicEvidence, partition, func(m *bus.Message) ([]byte, error) { return m.Value, nil }, bus.PartitionConfig{})
	for from < end {
		chunk, err := reader.Next(ctx, from)
		if err != nil {
			tb.Fatalf("read partition %d at %d: %v", partition, from, err)
		}
		for i, m := range chunk.Messages {
			if string(chunk.Values[i]) != string(value(partition, m.Offset)) {
				tb.Fatalf("message %d of partition %d is not what was written", m.Offset, partition)
			}
		}
		from = chunk.Next
	}
}

func (s *stand) bounds(tb testing.TB, partition int) (first, end int64) {
	tb.Helper()
	first, end, err := s.client.Bounds(deadline(tb), bus.TopicEvidence, partition)
	if err != nil {
		tb.Fatal(err)
	}
	return first, end
}

// files lists the segments of a partition.
func files(tb testing.TB, dir string, partition int) []string {
	tb.Helper()
	list, err := filepath.Glob(filepath.Join(dir, logFolder, "partitions", fmt.Sprintf("%s-%d", bus.TopicEvidence, partition), "*.dat"))
	if err != nil {
		tb.Fatal(err)
	}
	return list
}

func TestMessagesSurviveARestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "bus")
	s := open(t, Config{Dir: dir})
	for p := range partitions {
		s.write(t, p, 0, 4, 25)
	}
	s.close(t)
	s = open(t, Config{Dir: dir})
	for p := range partitions {
		if first, end := s.bounds(t, p); first != 0 || end != 100 {
			t.Errorf("partition %d has %d to %d after a restart, want 0 to 100", p, first, end)
		}
		s.check(t, p, 0, 100)
		s.write(t, p, 100, 1, 25)
		s.check(t, p, 0, 125)
	}
}

func TestAppendTimeIsTheBrokers(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	before := time.Now().Truncate(time.Millisecond)
	s.write(t, 0, 0, 2, 10)
	after := time.Now()
	for range 2 {
		reader := bus.NewPartition(s.client, bus.TopicEvidence, 0, func(m *bus.Message) (int, error) { return 0, nil }, bus.PartitionConfig{})
		chunk, err := reader.Next(deadline(t), 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range chunk.Messages {
			if m.Time.Before(before) || m.Time.After(after) {
				t.Errorf("message %d was appended at %v, not between %v and %v", m.Offset, m.Time, before, after)
			}
		}
		s.close(t)
		s = open(t, Config{Dir: dir})
	}
}

func TestASecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	_, err := Open(deadline(t), Config{Dir: dir})
	var locked *LockedError
	if !errors.As(err, &locked) {
		t.Fatalf("second open: %v, want a *LockedError", err)
	}
	for _, part := range []string{dir, "stop that one", "another data folder"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	s.close(t)
	open(t, Config{Dir: dir})
}

func TestAnotherFormatIsRefused(t *testing.T) {
	for name, prepare := range map[string]func(dir string) error{
		"newer":   func(dir string) error { return os.WriteFile(filepath.Join(dir, formatFile), []byte("2\n"), 0o600) },
		"missing": func(dir string) error { return os.Remove(filepath.Join(dir, formatFile)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			open(t, Config{Dir: dir}).close(t)
			if err := prepare(dir); err != nil {
				t.Fatal(err)
			}
			_, err := Open(deadline(t), Config{Dir: dir})
			var format *FormatError
			if !errors.As(err, &format) || !strings.Contains(err.Error(), dir) {
				t.Errorf("open: %v, want a *FormatError that names %s", err, dir)
			}
		})
	}
}

func TestItListensOnThisMachineAlone(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	for _, address := range s.ClientConfig().Brokers {
		host, port, err := net.SplitHostPort(address)
		if err != nil || host != "127.0.0.1" || port == "0" {
			t.Errorf("it listens on %s (%v)", address, err)
		}
	}
}

func TestNobodyElseMayReadTheFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bus")
	open(t, Config{Dir: dir})
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		t.Errorf("the folder's mode is %v", mode)
	}
}
