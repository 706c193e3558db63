package bus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
)

// topicLog is a topic in memory that judges whoever writes to it: a request
// that comes while another of its partition is under way is an error.
type topicLog struct {
	tb testing.TB
	// fault is asked before each request: whether it is applied, and what is
	// answered.
	fault func(partition int, values []string) (apply bool, err error)
	// pace is how long a request takes.
	pace time.Duration

	mu       sync.Mutex
	values   map[int][]string
	busy     map[int]bool
	requests int
}

func newTopicLog(tb testing.TB) *topicLog {
	return &topicLog{tb: tb, values: make(map[int][]string), busy: make(map[int]bool)}
}

func (l *topicLog) send(ctx context.Context, partition int, request []byte) (int64, error) {
	l.mu.Lock()
	if l.busy[partition] {
		l.tb.Errorf("two requests of partition %d at once", partition)
	}
	l.busy[partition] = true
	l.requests++
	l.mu.Unlock()
	// A producer must not change a request that may still be read.
	request = bytes.Clone(request)
	if l.pace > 0 {
		if err := pause(ctx, l.pace); err != nil {
			l.mu.Lock()
			l.busy[partition] = false
			l.mu.Unlock()
			return 0, err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy[partition] = false
	messages, err := readAll(request[4:])
	if err != nil {
		l.tb.Errorf("a batch can't be read: %v", err)
	}
	values := make([]string, len(messages))
	for i, m := range messages {
		values[i] = string(m.Value)
	}
	first, apply := int64(len(l.values[partition])), true
	if l.fault != nil {
		apply, err = l.fault(partition, values)
	}
	if apply {
		l.values[partition] = append(l.values[partition], values...)
	}
	return first, err
}

// with starts a producer of two partitions that writes to l.
func (l *topicLog) with(cfg ProducerConfig) *Producer {
	cfg.Send = l.send
	return NewProducer(NewClient(ClientConfig{}), "t", 2, cfg)
}

// numbered makes n records of a partition whose values count from from on.
func numbered(partition, from, n int) []Record {
	list := make([]Record, n)
	for i := range list {
		list[i] = Record{Partition: partition, Key: []byte("k"), Value: fmt.Append(nil, from+i)}
	}
	return list
}

func numbers(from, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint(from + i)
	}
	return list
}

var errBroken = errors.New("the connection broke")

func closeProducer(tb testing.TB, p *Producer) {
	tb.Helper()
	if err := p.Close(context.Background()); err != nil {
		tb.Error(err)
	}
}

func TestRetriesKeepTheOrder(t *testing.T) {
	for name, applied := range map[string]bool{"lost request": false, "lost answer": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newTopicLog(t)
				tries := 0
				l.fault = func(int, []string) (bool, error) {
					// Of three requests one comes through.
					if tries++; tries%3 == 0 {
						return true, nil
					}
					return applied, errBroken
				}
				p := l.with(ProducerConfig{BatchBytes: 2000})
				for from := 0; from < 1000; from += 50 {
					if err := p.Produce(t.Context(), numbered(1, from, 50), func(err error) {
						if err != nil {
							t.Errorf("records from %d on: %v", from, err)
						}
					}); err != nil {
						t.Fatal(err)
					}
				}
				closeProducer(t, p)
				if diff := cmp.Diff(numbers(0, 1000), withoutRepeats(l.values[1])); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if repeated := len(l.values[1]) > 1000; repeated != applied {
					t.Errorf("%d records lie in the topic", len(l.values[1]))
				}
			})
		})
	}
}

// withoutRepeats leaves out what was written before. A batch that comes again
// comes at once, so the first of each are in order only if nothing overtook.
func withoutRepeats(values []string) []string {
	seen := make(map[string]bool)
	var list []string
	for _, v := range values {
		if !seen[v] {
			list = append(list, v)
		}
		seen[v] = true
	}
	return list
}

func TestNothingBehindAFailureIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTopicLog(t)
		var up atomic.Bool
		l.fault = func(int, []string) (bool, error) {
			if up.Load() {
				return true, nil
			}
			return false, errBroken
		}
		p := l.with(ProducerConfig{RetryFor: time.Second, BatchBytes: 100})
		failures := make(chan error, 3)
		for from := 0; from < 30; from += 10 {
			if err := p.Produce(t.Context(), numbered(0, from, 10), func(err error) { failures <- err }); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			if err := <-failures; !errors.Is(err, errBroken) {
				t.Errorf("done: %v, want that the connection broke", err)
			}
		}
		up.Store(true)
		first, err := p.ProduceSync(t.Context(), 0, numbered(0, 100, 5))
		if err != nil || first != 0 {
			t.Errorf("afterwards: offset %d, %v", first, err)
		}
		closeProducer(t, p)
		if diff := cmp.Diff(numbers(100, 5), l.values[0]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// A batch that has to wait is told, with its cause and its beginning, until it
// is taken.
func TestAProducerTellsWhatItWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTopicLog(t)
		var up atomic.Bool
		l.fault = func(partition int, _ []string) (bool, error) {
			if partition == 0 || up.Load() {
				return true, nil
			}
			return false, errBroken
		}
		p := l.with(ProducerConfig{})
		began := time.Now()
		settled := make(chan error, 2)
		for partition := range 2 {
			if err := p.Produce(t.Context(), numbered(partition, 0, 1), func(err error) { settled <- err }); err != nil {
				t.Fatal(err)
			}
		}
		if err := <-settled; err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) //nolint:forbidigo // the clock of the bubble
		got := p.Stats()
		if got[0] != (ProducerStats{}) || !errors.Is(got[1].Waiting, errBroken) || got[1].Retries < 10 || got[1].Since.Sub(began) > time.Second {
			t.Errorf("after a minute without a broker it says %+v", got[:2])
		}
		up.Store(true)
		if err := <-settled; err != nil {
			t.Fatal(err)
		}
		if got := p.Stats()[1]; got.Waiting != nil || !got.Since.IsZero() || got.Retries < 10 {
			t.Errorf("when the broker is back it says %+v", got)
		}
		closeProducer(t, p)
	})
}

// Who is told of a failure may produce again at once.
func TestWhatComesAfterAFailureIsTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTopicLog(t)
		l.fault = func(_ int, values []string) (bool, error) {
			if values[0] == "0" {
				return false, errBroken
			}
			return true, nil
		}
		p := l.with(ProducerConfig{RetryFor: time.Nanosecond})
		again := make(chan error, 1)
		if err := p.Produce(t.Context(), numbered(0, 0, 1), func(error) {
			if err := p.Produce(t.Context(), numbered(0, 7, 1), func(err error) { again <- err }); err != nil {
				again <- err
			}
		}); err != nil {
			t.Fatal(err)
		}
		if err := <-again; err != nil {
			t.Errorf("the second call failed: %v", err)
		}
		closeProducer(t, p)
	})
}

func TestARefusalFailsItsBatchAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTopicLog(t)
		l.fault = func(_ int, values []string) (bool, error) {
			if values[0] == "10" {
				return false, kafka.MessageSizeTooLarge
			}
			return true, nil
		}
		l.pace = time.Second
		p := l.with(ProducerConfig{BatchBytes: 1, Linger: time.Nanosecond})
		var failures []error
		for _, from := range []int{0, 10, 20} {
			if err := p.Produce(t.Context(), numbered(0, from, 1), func(err error) { failures = append(failures, err) }); err != nil {
				t.Fatal(err)
			}
		}
		closeProducer(t, p)
		if len(failures) != 3 || failures[0] != nil || !errors.Is(failures[1], kafka.MessageSizeTooLarge) || failures[2] != nil {
			t.Errorf("the calls ended by %v", failures)
		}
		if diff := cmp.Diff([]string{"0", "20"}, l.values[0]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if l.requests != 3 {
			t.Errorf("%d requests were made: a refusal was tried again", l.requests)
		}
	})
}
