//go:build servers

package bus_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"earwitness/pipeline/bus"
)

// load writes numbered records to each partition and follows each.
type load struct {
	producer *bus.Producer
	stop     context.CancelFunc
	writing  sync.WaitGroup
	follow   context.CancelFunc
	reading  sync.WaitGroup
	streams  [partitions]*stream
}

// stream is one partition of it.
type stream struct {
	t         *testing.T
	partition int

	mu sync.Mutex
	// sent and acked are how many records; came are numbers in the order of
	// their first coming, repeats those that came again.
	sent, acked, came, repeats int
	next                       int64
	// The longest waits since the last reset.
	ackedAt, cameAt       time.Time
	ackStall, comingStall time.Duration
}

func startLoad(t *testing.T, client *bus.Client) *load {
	l := &load{}
	// Small batches, and many of them waiting.
	l.producer = bus.NewProducer(client, bus.TopicEvidence, partitions, bus.ProducerConfig{BatchBytes: 500, BufferBytes: 64 << 10, Linger: time.Millisecond})
	var writing, following context.Context
	writing, l.stop = context.WithCancel(t.Context())
	following, l.follow = context.WithCancel(t.Context())
	for i := range l.streams {
		s := &stream{t: t, partition: i}
		l.streams[i] = s
		l.writing.Go(func() { s.write(writing, l.producer) })
		reader := bus.NewPartition(client, bus.TopicEvidence, i, text, bus.PartitionConfig{})
		l.reading.Go(func() {
			if err := bus.Follow(following, reader, bus.Sink[string](s), i, bus.FollowConfig{Logger: testLogger(t)}); err != nil {
				t.Errorf("follow: %v", err)
			}
		})
	}
	t.Cleanup(func() {
		l.stop()
		l.follow()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		l.producer.Close(ctx) //nolint:errcheck // it is closed in time when all goes well
		l.writing.Wait()
		l.reading.Wait()
	})
	l.resetStall()
	return l
}

func (s *stream) write(ctx context.Context, p *bus.Producer) {
	for ctx.Err() == nil {
		s.mu.Lock()
		from := s.sent
		s.sent += 5
		s.mu.Unlock()
		err := p.Produce(context.WithoutCancel(ctx), records(s.partition, from, 5), func(err error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if err != nil {
				s.t.Errorf("records from %d/%d on: %v", s.partition, from, err)
			}
			if from != s.acked {
				s.t.Errorf("records from %d/%d on were confirmed before those from %d on", s.partition, from, s.acked)
			}
			s.acked = from + 5
			s.ackStall = max(s.ackStall, time.Since(s.ackedAt))
			s.ackedAt = time.Now()
		})
		if err != nil {
			s.t.Errorf("produce from %d/%d on: %v", s.partition, from, err)
			return
		}
		wait(ctx, 5*time.Millisecond)
	}
}

func (s *stream) Name() string                                 { return "stream" }
func (s *stream) Position(context.Context, int) (int64, error) { return s.next, nil }
func (s *stream) Flush(context.Context, int) error             { return nil }

func (s *stream) Write(_ context.Context, _ int, chunk *bus.Chunk[string]) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, m := range chunk.Messages {
		if m.Offset != s.next {
			s.t.Errorf("partition %d: offset %d came, not %d", s.partition, m.Offset, s.next)
		}
		s.next = m.Offset + 1
		if bus.IsControl(&chunk.Messages[i]) {
			continue
		}
		var p, n int
		if _, err := fmt.Sscanf(chunk.Values[i], "%d/%d", &p, &n); err != nil || p != s.partition || n > s.came {
			s.t.Errorf("partition %d: %q came, not %d", s.partition, chunk.Values[i], s.came)
			s.came = n
		}
		if n < s.came {
			s.repeats++
			continue
		}
		s.came = n + 1
	}
	s.comingStall = max(s.comingStall, time.Since(s.cameAt))
	s.cameAt = time.Now()
	return nil
}

// resetStall gives the longest waits until now.
func (l *load) resetStall() (wrote, read time.Duration) {
	for _, s := range l.streams {
		s.mu.Lock()
		wrote, read = max(wrote, s.ackStall), max(read, s.comingStall)
		s.ackStall, s.comingStall = 0, 0
		s.ackedAt, s.cameAt = time.Now(), time.Now()
		s.mu.Unlock()
	}
	return wrote, read
}

// awaitProgress returns when more was confirmed, and came, in each partition.
func (l *load) awaitProgress(t *testing.T) {
	t.Helper()
	for _, s := range l.streams {
		s.mu.Lock()
		from := s.sent
		s.mu.Unlock()
		await(t, fmt.Sprint("partition ", s.partition), func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.acked > from+100 && s.came > from+100
		})
	}
}

// end checks that all that was confirmed came.
func (l *load) end(t *testing.T) {
	t.Helper()
	l.stop()
	l.writing.Wait()
	if err := l.producer.Close(within(t, time.Minute)); err != nil {
		t.Error(err)
	}
	for _, s := range l.streams {
		await(t, fmt.Sprint("partition ", s.partition), func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.came == s.sent
		})
		t.Logf("partition %d: %d records, %d came again", s.partition, s.came, s.repeats)
	}
	l.follow()
	l.reading.Wait()
}

func isCode(err error, code kafka.Error) bool {
	var found kafka.Error
	return errors.As(err, &found) && found == code
}
