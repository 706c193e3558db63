package sinktest

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/bus"
)

// Run puts the sink through every test of the suite.
func Run[T any](t *testing.T, s *Subject[T]) {
	t.Run("empty", s.testEmpty)
	t.Run("delivery", s.testDelivery)
	t.Run("control records", s.testControls)
	t.Run("replay from any offset", s.testReplay)
	t.Run("duplicates", s.testDuplicates)
	t.Run("concurrent partitions", s.testConcurrent)
	t.Run("restart", s.testRestart)
	t.Run("crash without flush", s.testCrash)
	t.Run("cancel", s.testCancel)
}

// check compares what the sink holds and where it stands with a quiet
// delivery of everything.
func (s *Subject[T]) check(t *testing.T, sink bus.Sink[T]) {
	t.Helper()
	if diff := cmp.Diff(s.full(), s.positions(t, sink)); diff != "" {
		t.Errorf("positions after everything was flushed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(s.Want(t, s.full()), s.Holds(t, sink)); diff != "" {
		t.Errorf("what the sink holds (-want +got):\n%s", diff)
	}
}

func (s *Subject[T]) testEmpty(t *testing.T) {
	sink := s.Open(t, t.TempDir())
	defer s.Stop(t, sink, false)
	if sink.Name() == "" {
		t.Error("the sink has no name")
	}
	for p, at := range s.positions(t, sink) {
		if at != -1 {
			t.Errorf("partition %d: position %d of nothing, want -1", p, at)
		}
	}
	if err := sink.Flush(deadline(t), 0); err != nil {
		t.Errorf("flush of nothing: %v", err)
	}
	if held := s.Holds(t, sink); len(held) != 0 {
		t.Errorf("an empty sink holds %q", held)
	}
}

func (s *Subject[T]) testDelivery(t *testing.T) {
	for _, size := range []int64{1, 7, int64(s.Messages)} {
		sink := s.Open(t, t.TempDir())
		for p := range s.Partitions {
			if err := s.deliver(deadline(t), sink, p, 0, int64(s.Messages), size); err != nil {
				t.Fatalf("deliver in chunks of %d: %v", size, err)
			}
		}
		s.finish(t, sink)
		s.check(t, sink)
		s.Stop(t, sink, false)
	}
}

// testControls has control records pass: they move the position and leave
// nothing behind for readers of a view.
func (s *Subject[T]) testControls(t *testing.T) {
	sink := s.Open(t, t.TempDir())
	defer s.Stop(t, sink, false)
	s.finish(t, sink)
	end := int64(s.Messages)
	barrier := &bus.Control{Body: &bus.Control_Barrier{Barrier: &bus.Barrier{Id: make([]byte, 16)}}}
	data, err := barrier.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	c := &bus.Chunk[T]{
		Messages: []bus.Message{{Offset: end, Value: data}}, Values: make([]T, 1),
		Controls: []*bus.Control{barrier}, Errs: make([]error, 1), Next: end + 1, End: end + 1,
	}
	ctx := deadline(t)
	if err := errors.Join(sink.Write(ctx, 0, c), sink.Flush(ctx, 0)); err != nil {
		t.Fatal(err)
	}
	if at := s.positions(t, sink)[0]; at != end+1 {
		t.Errorf("position %d after a barrier at %d", at, end)
	}
}

// testReplay delivers again from every offset, all over.
func (s *Subject[T]) testReplay(t *testing.T) {
	sink := s.Open(t, t.TempDir())
	defer s.Stop(t, sink, false)
	s.finish(t, sink)
	step := int64(max(1, s.Messages/10))
	for from := int64(0); from < int64(s.Messages); from += step {
		for p := range s.Partitions {
			if err := s.deliver(deadline(t), sink, p, from, int64(s.Messages), 23); err != nil {
				t.Fatalf("replay of partition %d from %d: %v", p, from, err)
			}
		}
	}
	s.finish(t, sink)
	s.check(t, sink)
}

// testDuplicates delivers each chunk twice, and overlapping ones.
func (s *Subject[T]) testDuplicates(t *testing.T) {
	sink := s.Open(t, t.TempDir())
	defer s.Stop(t, sink, false)
	ctx, end := deadline(t), int64(s.Messages)
	for at := int64(0); at < end; at += 9 {
		for p := range s.Partitions {
			for _, from := range []int64{at, at, max(0, at-5)} {
				if err := sink.Write(ctx, p, s.chunk(p, from, min(at+9, end))); err != nil {
					t.Fatalf("write partition %d from %d: %v", p, from, err)
				}
			}
		}
	}
	s.finish(t, sink)
	s.check(t, sink)
}

func (s *Subject[T]) testConcurrent(t *testing.T) {
	sink := s.Open(t, t.TempDir())
	defer s.Stop(t, sink, false)
	ctx := deadline(t)
	errs := make([]error, s.Partitions)
	var wg sync.WaitGroup
	for p := range s.Partitions {
		wg.Go(func() {
			errs[p] = errors.Join(
				s.deliver(ctx, sink, p, 0, int64(s.Messages), int64(3+p)),
				sink.Flush(ctx, p),
			)
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	s.check(t, sink)
}

// testRestart opens again after a flush: everything must be there.
func (s *Subject[T]) testRestart(t *testing.T) {
	dir := t.TempDir()
	counts := make([]int64, s.Partitions)
	for round := range int64(4) {
		sink := s.Open(t, dir)
		if round > 0 {
			if diff := cmp.Diff(counts, s.positions(t, sink)); diff != "" {
				t.Fatalf("positions after restart %d (-want +got):\n%s", round, diff)
			}
			if diff := cmp.Diff(s.Want(t, counts), s.Holds(t, sink)); diff != "" {
				t.Fatalf("held after restart %d (-want +got):\n%s", round, diff)
			}
		}
		ctx := deadline(t)
		for p := range s.Partitions {
			counts[p] = min(int64(s.Messages), (round+1)*int64(s.Messages)/4)
			err := errors.Join(s.follow(ctx, sink, p, counts[p], 11), sink.Flush(ctx, p))
			if err != nil {
				t.Fatal(err)
			}
		}
		s.Stop(t, sink, round%2 == 1)
	}
	sink := s.Open(t, dir)
	defer s.Stop(t, sink, false)
	s.check(t, sink)
}

// testCrash stops without a flush, at many places. What Position tells of
// must be there, nothing before it is delivered again.
func (s *Subject[T]) testCrash(t *testing.T) {
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(1, 2))
	flushed := make([]int64, s.Partitions)
	for range 12 {
		sink := s.Open(t, dir)
		at := s.positions(t, sink)
		for p := range at {
			if max(at[p], 0) < flushed[p] || at[p] > int64(s.Messages) {
				t.Fatalf("partition %d: position %d after a crash, flushed was %d", p, at[p], flushed[p])
			}
		}
		ctx := deadline(t)
		for p := range s.Partitions {
			end := min(int64(s.Messages), max(at[p], 0)+random.Int64N(20))
			if err := s.follow(ctx, sink, p, end, 1+random.Int64N(7)); err != nil {
				t.Fatal(err)
			}
			if random.IntN(4) == 0 {
				if err := sink.Flush(ctx, p); err != nil {
					t.Fatal(err)
				}
				flushed[p] = end
			}
		}
		s.Stop(t, sink, true)
	}
	sink := s.Open(t, dir)
	defer s.Stop(t, sink, false)
	s.finish(t, sink)
	s.check(t, sink)
}

// testCancel cancels before, and during, the write at each step; the follower
// starts again at Position, as the bus does.
func (s *Subject[T]) testCancel(t *testing.T) {
	sink := s.Open(t, t.TempDir())
	defer s.Stop(t, sink, false)
	const size = 10
	for at := int64(0); at < int64(s.Messages); at += size {
		for p := range s.Partitions {
			s.cancelled(t, sink, p, at, size)
			if err := s.follow(deadline(t), sink, p, min(at+size, int64(s.Messages)), size); err != nil {
				t.Fatalf("deliver partition %d after cancel at %d: %v", p, at, err)
			}
		}
	}
	s.finish(t, sink)
	s.check(t, sink)
}

func (s *Subject[T]) cancelled(t *testing.T, sink bus.Sink[T], p int, at, size int64) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	end := min(at+size, int64(s.Messages))
	if err := sink.Write(ctx, p, s.chunk(p, at, end)); err != nil && !isContextError(err) {
		t.Errorf("write with a cancelled context: %v, want its error", err)
	}
	if err := sink.Flush(ctx, p); err != nil && !isContextError(err) {
		t.Errorf("flush with a cancelled context: %v, want its error", err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.follow(ctx, sink, p, end, 1) }()
	cancel()
	if err := <-done; err != nil && !isContextError(err) {
		t.Errorf("write cancelled on the way: %v, want the context's error", err)
	}
}
