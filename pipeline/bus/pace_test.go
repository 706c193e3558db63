package bus

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"
)

// slowSink takes its time for each chunk, and ends the run at the last.
type slowSink struct {
	name  string
	pause func(chunk int) time.Duration
	until int64
	done  context.CancelFunc

	chunks int
	took   time.Duration
	began  time.Time
}

func (s *slowSink) Name() string                                 { return s.name }
func (s *slowSink) Position(context.Context, int) (int64, error) { return -1, nil }
func (s *slowSink) Flush(context.Context, int) error             { return nil }

func (s *slowSink) Write(ctx context.Context, _ int, chunk *Chunk[string]) error {
	if s.chunks == 0 {
		s.began = time.Now()
	}
	err := pause(ctx, s.pause(s.chunks))
	s.chunks++
	if chunk.Next >= s.until {
		s.took = time.Since(s.began)
		s.done()
	}
	return err
}

// followBoth follows 200 batches with two sinks that begin together.
func followBoth(t *testing.T, pauses ...func(chunk int) time.Duration) (l *brokerLog, sinks []*slowSink) {
	l = newBrokerLog(t, 200, 10)
	var decoded atomic.Int64
	p := l.partition(PartitionConfig{KeepBytes: 200}, &decoded) // about five chunks
	var group errgroup.Group
	for i, each := range pauses {
		ctx, cancel := context.WithCancel(t.Context())
		sink := &slowSink{name: string(rune('a' + i)), pause: each, until: 2000, done: cancel}
		sinks = append(sinks, sink)
		group.Go(func() error {
			defer cancel()
			return Follow(ctx, p, Sink[string](sink), 0, FollowConfig{})
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	return l, sinks
}

func every(d time.Duration) func(int) time.Duration { return func(int) time.Duration { return d } }

func TestReadersOfNearlyOneSpeedStayTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Now the one is faster, now the other, and on the whole the first.
		uneven := func(chunk int) time.Duration { return time.Duration(chunk%40) * time.Millisecond }
		l, _ := followBoth(t, every(18*time.Millisecond), uneven)
		if n := l.fetches.Load(); n > 210 {
			t.Errorf("%d fetches for 200 batches", n)
		}
	})
}

func TestSlowReaderDelaysOthersLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, sinks := followBoth(t, every(10*time.Millisecond), every(100*time.Millisecond))
		if alone, took := 2*time.Second, sinks[0].took; took > alone*5/4+paceMost+time.Second/10 {
			t.Errorf("it took %v, alone it takes %v", took, alone)
		}
		if alone, took := 20*time.Second, sinks[1].took; took > alone*21/20 {
			t.Errorf("the slow one took %v, alone it takes %v", took, alone)
		}
	})
}

func TestStuckReaderDelaysOthersOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := func(chunk int) time.Duration {
			if chunk == 3 {
				return time.Hour
			}
			return 0
		}
		_, sinks := followBoth(t, every(10*time.Millisecond), stuck)
		if took := sinks[0].took; took > 2*time.Second*5/4+paceMost+time.Second/10 {
			t.Errorf("it took %v, alone it takes 2 s", took)
		}
	})
}
