package correlate_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// quietStage has taken two of three messages, so that a record is held back.
func quietStage(t *testing.T, bulk bool) (*correlate.Stage, *stageRun) {
	t.Helper()
	laid := newTopic()
	laid.epoch(1, []string{"all"})
	laid.add(0, request("r", "10:00:00"), nil)
	laid.add(0, request("s", "10:00:01"), nil)
	r := newStageRun(t, smallRules(), laid, rand.New(rand.NewPCG(1, 1)))
	s := correlate.NewStage(correlate.StageConfig{
		Rules: r.rules, Dir: func(int) string { return filepath.Join(r.dir, "quiet") }, Access: &r.access, DeadLetters: &r.dead,
		Bulk: bulk, HoldFor: time.Hour,
	})
	if at, err := s.Position(t.Context(), 0); at != 0 || err != nil {
		t.Fatalf("position %d, %v", at, err)
	}
	if err := s.Write(t.Context(), 0, r.chunk(0, 0, 2)); err != nil {
		t.Fatal(err)
	}
	if n := len(r.access.take(0)); n != 0 {
		t.Fatalf("%d records were not held back", n)
	}
	return s, r
}

// TestStageTends: what is held back while evidence waits comes when none does,
// and state is saved in time; in bulk only the end and a snapshot bring it.
func TestStageTends(t *testing.T) {
	for _, bulk := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s, r := quietStage(t, bulk)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- s.Run(ctx) }()
			<-time.After(2500 * time.Millisecond)
			synctest.Wait()
			if n := len(r.access.take(0)); (n == 0) != bulk {
				t.Errorf("bulk %v: after 2.5 s %d records are there", bulk, n)
			}
			if at := s.Saved(0); at != 0 {
				t.Errorf("bulk %v: state is saved at %d too early", bulk, at)
			}
			<-time.After(30 * time.Second)
			synctest.Wait()
			if n, at := len(r.access.take(0)), s.Saved(0); n == 0 || at != 2 {
				t.Errorf("bulk %v: after the time of a snapshot %d records are there, and state is saved at %d", bulk, n, at)
			}
			want := correlate.Stats{
				Published: int64(len(r.access.take(0))), Partitions: map[int]correlate.PartitionStats{0: {Requests: 1, SavedAt: 2, Saved: s.Stats().Partitions[0].Saved}},
			}
			if diff := cmp.Diff(want, s.Stats()); diff != "" || time.Since(want.Partitions[0].Saved) > 5*time.Second {
				t.Errorf("bulk %v: stats (-want +got):\n%s", bulk, diff)
			}
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("Run = %v", err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestStageTendFails: a failure while nothing comes is told by the next Write
// and Flush, and mended by Position.
func TestStageTendFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := quietStage(t, false)
		broken := true
		r.access.fault = func() (before, after bool) { return broken, false }
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		<-time.After(1500 * time.Millisecond)
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v", err)
		}
		if err := s.Flush(t.Context(), 0); !errors.Is(err, errInjected) {
			t.Errorf("Flush = %v, want what failed", err)
		}
		if err := s.Write(t.Context(), 0, r.chunk(0, 2, 3)); !errors.Is(err, errInjected) {
			t.Errorf("Write = %v, want what failed", err)
		}
		broken = false
		if at, err := s.Position(t.Context(), 0); at != 0 || err != nil {
			t.Fatalf("position %d, %v", at, err)
		}
		if err := errors.Join(s.Write(t.Context(), 0, r.chunk(0, 0, 3)), s.Flush(t.Context(), 0), s.Close()); err != nil {
			t.Fatal(err)
		}
		records := r.view().records()
		checkLine(t, records, "r access=group")
		checkLine(t, records, "s access=group")
	})
}

// TestStageFlush brings out what is held back, and makes state durable.
func TestStageFlush(t *testing.T) {
	t.Parallel()
	s, r := quietStage(t, true)
	if err := errors.Join(s.Flush(t.Context(), 0), s.Flush(t.Context(), 1), s.Close()); err != nil {
		t.Fatal(err)
	}
	if at := s.Saved(0); at != 2 || len(r.access.take(0)) == 0 {
		t.Errorf("state is saved at %d, and %d records are there", at, len(r.access.take(0)))
	}
	if at, err := s.Position(t.Context(), 0); at != 2 || err != nil {
		t.Errorf("after it position is %d, %v", at, err)
	}
}

// refusingArchive stands for one that can't be read.
type refusingArchive struct{}

func (refusingArchive) Replay(context.Context, int, int64, func(*bus.Chunk[*evidence.Evidence]) error) error {
	return errors.New("the request failed")
}

// TestStageStoppedWhileOpening: who is told to stop while a partition is opened
// has nothing to flush; a failure of another kind is told.
func TestStageStoppedWhileOpening(t *testing.T) {
	t.Parallel()
	_, r := quietStage(t, true)
	s := correlate.NewStage(correlate.StageConfig{
		Rules: r.rules, Dir: func(int) string { return filepath.Join(r.dir, "refused") }, Access: &r.access, DeadLetters: &r.dead,
		Archive: refusingArchive{},
	})
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := s.Position(ended, 0); err == nil {
		t.Error("a partition is open without what the archive holds")
	}
	if err := s.Flush(t.Context(), 0); err != nil {
		t.Errorf("Flush = %v after the stop, want nil", err)
	}
	if _, err := s.Position(t.Context(), 0); err == nil {
		t.Error("a partition is open without what the archive holds")
	}
	if err := s.Flush(t.Context(), 0); err == nil {
		t.Error("Flush = nil after a failure")
	}
	// A stop does not hide a failure before it.
	if _, err := s.Position(ended, 0); err == nil {
		t.Error("a partition is open without what the archive holds")
	}
	if err := s.Flush(t.Context(), 0); err == nil {
		t.Error("Flush = nil after a failure and a stop")
	}
}

// TestStageReplayIsSilent: what the topic has lost was published; what it
// holds may not have been, though it is archived.
func TestStageReplayIsSilent(t *testing.T) {
	t.Parallel()
	_, r := quietStage(t, true)
	r.trimmed[0] = 2
	if at, err := r.stage.Position(t.Context(), 0); at != 2 || err != nil {
		t.Fatalf("position %d, %v", at, err)
	}
	if n := len(r.access.take(0)); n != 0 {
		t.Errorf("%d records of what the topic has lost were published again", n)
	}
	if err := errors.Join(r.stage.Write(t.Context(), 0, r.chunk(0, 2, 3)), r.stage.Flush(t.Context(), 0)); err != nil {
		t.Fatal(err)
	}
	checkLine(t, r.view().records(), "s access=group")
}
