package bus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
)

var (
	errSink  = errors.New("the disk is full")
	errFatal = errors.New("the archive was tampered with")
)

// memorySink keeps values. What was not flushed is gone when it fails, and a
// chunk that does not go on where the last one ended is an error.
type memorySink struct {
	tb testing.TB
	// fault is asked before each call by the call's name.
	fault func(call string) error
	// durableOnFault: a flush that fails has done its work.
	durableOnFault bool

	durable, written []string
	started          bool
	calls            []string
}

func (s *memorySink) Name() string { return "memory" }

func (s *memorySink) call(name string) error {
	s.calls = append(s.calls, name)
	if s.fault != nil {
		return s.fault(name)
	}
	return nil
}

func (s *memorySink) Position(context.Context, int) (int64, error) {
	if err := s.call("position"); err != nil {
		return 0, err
	}
	s.written = append([]string(nil), s.durable...)
	if !s.started {
		s.started = true
		return -1, nil
	}
	return int64(len(s.durable)), nil
}

func (s *memorySink) Write(_ context.Context, partition int, chunk *Chunk[string]) error {
	if first := chunk.Messages[0].Offset; partition != 3 || first != int64(len(s.written)) {
		s.tb.Errorf("partition %d: a chunk at %d came, %d was to come", partition, first, len(s.written))
	}
	if err := s.call("write"); err != nil {
		return err
	}
	for i := range chunk.Messages {
		s.written = append(s.written, string(chunk.Messages[i].Value))
	}
	return nil
}

func (s *memorySink) Flush(context.Context, int) error {
	err := s.call("flush")
	if err == nil || s.durableOnFault {
		s.durable = append([]string(nil), s.written...)
	}
	return err
}

// course is a follower over a log of two chunks of five messages, of which
// message 7 is a barrier. It ends when all was written.
type course struct {
	log      *brokerLog
	sink     *memorySink
	cfg      FollowConfig
	barriers []string
	progress []Progress
	// end stops the follower.
	end func()
	// fetchFault is asked before each fetch.
	fetchFault func(FetchRequest) error
	// idle is asked at the end whether a fetch comes back without a message.
	idle func() bool
	said bytes.Buffer
}

func newCourse(t *testing.T) *course {
	c := &course{log: newBrokerLog(t, 2, 5), sink: &memorySink{tb: t}}
	second := texts(5, numbers(5, 5)...)
	second[2].Key = nil
	second[2].Value = ControlRecord(3, &Control{Body: &Control_Barrier{Barrier: &Barrier{Id: []byte("all in")}}}).Value
	c.log.batches[1] = batchOf(t, true, 5, second...)
	c.cfg = FollowConfig{
		Logger:     slog.New(slog.NewTextHandler(&c.said, nil)),
		OnBarrier:  func(id []byte) { c.barriers = append(c.barriers, string(id)) },
		OnProgress: func(p Progress) { c.progress = append(c.progress, p) },
		Pause:      func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
	return c
}

func (c *course) run(t *testing.T) error {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c.end = cancel
	p := NewPartition(NewClient(ClientConfig{}), "t", 3, func(m *Message) (string, error) { return string(m.Value), nil }, PartitionConfig{
		Fetch: func(ctx context.Context, r FetchRequest) (FetchResult, error) {
			if c.fetchFault != nil {
				if err := c.fetchFault(r); err != nil {
					return FetchResult{}, err
				}
			}
			if r.Offset >= 10 && r.MaxBytes == 1 {
				return FetchResult{End: 10}, nil // it asks, and does not wait
			}
			if r.Offset >= 10 && c.idle != nil && c.idle() {
				return FetchResult{End: 10}, nil
			}
			if r.Offset >= 10 {
				cancel()
				return FetchResult{}, ctx.Err()
			}
			return c.log.fetch(ctx, r)
		},
	})
	return Follow(ctx, p, c.sink, 3, c.cfg)
}

// holds checks what the sink was given.
func (c *course) holds(t *testing.T, n int) {
	t.Helper()
	if len(c.sink.written) != n {
		t.Errorf("the sink holds %d messages, want %d", len(c.sink.written), n)
	}
}

func TestASinkGetsAllAndBarriersAreTold(t *testing.T) {
	c := newCourse(t)
	if err := c.run(t); err != nil {
		t.Fatalf("Follow: %v, want nil at the end of its context", err)
	}
	c.holds(t, 10)
	if diff := cmp.Diff([]string{"position", "write", "write", "flush"}, c.sink.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"all in"}, c.barriers); diff != "" {
		t.Errorf("barriers (-want +got):\n%s", diff)
	}
	appended := c.progress[len(c.progress)-1].Time
	at := func(next int64, given int) Progress {
		return Progress{Sink: "memory", Topic: "t", Partition: 3, Next: next, End: 10, Known: true, Time: appended, Given: given}
	}
	want := []Progress{{Sink: "memory", Topic: "t", Partition: 3}, at(0, 0), at(5, 5), at(5, 0), at(10, 5)}
	if diff := cmp.Diff(want, c.progress); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
	if lag := c.progress[2].Lag(); lag != 5 {
		t.Errorf("lag is %d, want 5", lag)
	}
}

// A broker that was away is there again, also where no message comes.
func TestAnIdlePartitionIsNotWaitedFor(t *testing.T) {
	c := newCourse(t)
	failures, idle := 0, 0
	c.fetchFault = func(r FetchRequest) error {
		if r.Offset == 10 && failures < 2 {
			failures++
			return errBroken
		}
		return nil
	}
	c.idle = func() bool {
		idle++
		return idle < 4
	}
	if err := c.run(t); err != nil {
		t.Fatal(err)
	}
	last := c.progress[len(c.progress)-3:]
	if last[0].Waiting == nil || last[1].Waiting == nil || last[2].Waiting != nil || last[0].Retried+last[1].Retried != 2 {
		t.Errorf("the last reports are %+v, want two waits and one that they are over", last)
	}
	if said := c.said.String(); strings.Count(said, "a sink goes on") != 1 {
		t.Errorf("the end of the wait was not told once: %q", said)
	}
}

// What a sink can't take is waited for until it has taken it, and not only
// until it has begun again.
func TestASinkThatBeginsAgainStillWaits(t *testing.T) {
	c := newCourse(t)
	failures := 0
	c.sink.fault = func(call string) error {
		if call == "write" && failures < 3 {
			failures++
			return errSink
		}
		return nil
	}
	if err := c.run(t); err != nil {
		t.Fatal(err)
	}
	retried := 0
	for _, p := range c.progress {
		retried += p.Retried
		waits := retried > 0 && p.Next == 0
		if errors.Is(p.Waiting, errSink) != waits {
			t.Errorf("at %d, after %d retries, it waits because of %v", p.Next, retried, p.Waiting)
		}
	}
	if retried != 3 {
		t.Errorf("%d retries were told, want 3", retried)
	}
}

// The topic has told its end before anything is given, also where there is
// nothing.
func TestAnEmptyPartitionIsKnown(t *testing.T) {
	c := newCourse(t)
	c.sink.started, c.sink.durable = true, make([]string, 10)
	idle := 0
	c.idle = func() bool {
		idle++
		return idle < 3
	}
	if err := c.run(t); err != nil {
		t.Fatal(err)
	}
	at := func(known bool) Progress {
		return Progress{Sink: "memory", Topic: "t", Partition: 3, Next: 10, End: 10, Known: known}
	}
	if diff := cmp.Diff([]Progress{at(false), at(true)}, c.progress); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
}

func TestASinkThatFailsBeginsAgain(t *testing.T) {
	for _, c := range []struct {
		name, call string
		durable    bool
		calls      string
		barriers   int
	}{
		{"position", "position", false, "position position write write flush", 1},
		{"write", "write", false, "position write position write write flush", 1},
		{"flush", "flush", false, "position write write flush position write write flush", 1},
		// The flush worked and its answer was lost: the barrier is told all
		// the same, once.
		{"flush that worked", "flush", true, "position write write flush position", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			course := newCourse(t)
			course.sink.durableOnFault = c.durable
			failed := false
			course.sink.fault = func(call string) error {
				if call == c.call && !failed {
					failed = true
					return errSink
				}
				return nil
			}
			if err := course.run(t); err != nil {
				t.Fatal(err)
			}
			course.holds(t, 10)
			if got := strings.Join(course.sink.calls, " "); got != c.calls {
				t.Errorf("calls are %q, want %q", got, c.calls)
			}
			if len(course.barriers) != c.barriers {
				t.Errorf("barriers told: %q, want %d", course.barriers, c.barriers)
			}
			waited := false
			for _, p := range course.progress {
				waited = waited || errors.Is(p.Waiting, errSink)
			}
			said := course.said.String()
			if !waited || !strings.Contains(said, "a sink waits") || !strings.Contains(said, "sink=memory topic=t partition=3") || !strings.Contains(said, errSink.Error()) {
				t.Errorf("nobody was told what it waits for: %q", said)
			}
		})
	}
}

// A sink that mended the cause itself goes on at once, however often, and
// nothing is said to wait.
func TestASinkThatMendedTheCauseIsNotWaitedFor(t *testing.T) {
	course := newCourse(t)
	course.cfg.Pause = func(context.Context, time.Duration) error {
		t.Error("there was a pause")
		return nil
	}
	left := 20
	course.sink.fault = func(call string) error {
		if call != "write" || left == 0 {
			return nil
		}
		left--
		return fmt.Errorf("%w: %w", ErrMended, errSink)
	}
	if err := course.run(t); err != nil {
		t.Fatal(err)
	}
	course.holds(t, 10)
	retried := 0
	for _, p := range course.progress {
		retried += p.Retried
		if p.Waiting != nil {
			t.Errorf("it is said to wait for %v", p.Waiting)
		}
	}
	if retried != 20 || strings.Contains(course.said.String(), "a sink waits") {
		t.Errorf("%d retries are told, want 20; said: %q", retried, course.said.String())
	}
}

// A barrier that the sink never gets, since another process has written all
// before it, is told from where barriers are wanted, and no earlier.
func TestASinkThatIsOvertakenStillTellsBarriers(t *testing.T) {
	zero, behind := int64(0), int64(8)
	for _, c := range []struct {
		name     string
		ahead    bool
		from     *int64
		barriers []string
	}{
		{"while it follows", false, nil, []string{"all in"}},
		{"from the beginning", true, &zero, []string{"all in"}},
		{"from the beginning, behind the barrier", true, &behind, nil},
		{"from the beginning, and nobody wants them", true, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			course := newCourse(t)
			course.cfg.Barriers = c.from
			all := make([]string, 10)
			if c.ahead {
				course.sink.started, course.sink.durable = true, all
			}
			course.sink.fault = func(call string) error {
				if call == "write" {
					course.sink.durable = all
					return errSink
				}
				return nil
			}
			if err := course.run(t); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.barriers, course.barriers); diff != "" {
				t.Errorf("barriers (-want +got):\n%s", diff)
			}
		})
	}
}

// A position beyond the end is said, and not waited for.
func TestASinkBeyondTheEndHearsNoBarriers(t *testing.T) {
	course, from := newCourse(t), int64(10)
	course.cfg.Barriers = &from
	course.sink.started, course.sink.durable = true, make([]string, 12)
	course.fetchFault = func(r FetchRequest) error {
		if r.Offset > 10 {
			return &BeyondEndError{Topic: "t", Partition: 3, Want: r.Offset, End: 10}
		}
		return nil
	}
	if err := course.run(t); !errors.As(err, new(*BeyondEndError)) {
		t.Errorf("Follow: %v", err)
	}
}

func TestABrokerThatFailsIsAskedAgain(t *testing.T) {
	c := newCourse(t)
	failures := 0
	c.fetchFault = func(r FetchRequest) error {
		if r.Offset == 5 && failures < 20 {
			failures++
			return errors.Join(errBroken, kafka.NotLeaderForPartition)
		}
		return nil
	}
	var delays []time.Duration
	c.cfg.Pause = func(_ context.Context, d time.Duration) error {
		delays = append(delays, d)
		return nil
	}
	if err := c.run(t); err != nil {
		t.Fatal(err)
	}
	c.holds(t, 10)
	if got := strings.Join(c.sink.calls, " "); got != "position write write flush" {
		t.Errorf("the sink was disturbed: %q", got)
	}
	if len(delays) != 20 || delays[0] > followDelay || delays[19] > followDelayMost || delays[19] < followDelayMost/2 {
		t.Errorf("the pauses were %v", delays)
	}
	if !strings.Contains(c.said.String(), "a sink goes on") {
		t.Errorf("its recovery was not told: %q", c.said.String())
	}
}

func TestWhatNoRetryMendsEndsTheFollower(t *testing.T) {
	for name, cause := range map[string]error{
		"gap":        &GapError{Topic: "t", Partition: 3, Want: 0, First: 4},
		"beyond end": &BeyondEndError{Topic: "t", Partition: 3, Want: 9, End: 4},
		"hole":       &HoleError{Topic: "t", Partition: 3, Want: 0, Got: 4},
		"damage":     &CorruptError{Topic: "t", Partition: 3, Err: errSink},
		"refusal":    kafka.TopicAuthorizationFailed,
	} {
		t.Run(name, func(t *testing.T) {
			c := newCourse(t)
			c.fetchFault = func(FetchRequest) error { return cause }
			err := c.run(t)
			if !errors.Is(err, cause) || !strings.Contains(err.Error(), "follow t/3 with memory") {
				t.Errorf("Follow: %v", err)
			}
		})
	}
	t.Run("sink", func(t *testing.T) {
		c := newCourse(t)
		c.cfg.Fatal = func(err error) bool { return errors.Is(err, errFatal) }
		c.sink.fault = func(call string) error {
			if call == "write" {
				return errFatal
			}
			return nil
		}
		if err := c.run(t); !errors.Is(err, errFatal) {
			t.Errorf("Follow: %v", err)
		}
	})
}

func TestADeadlineEndsTheFollower(t *testing.T) {
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	p := NewPartition(NewClient(ClientConfig{}), "t", 3, func(m *Message) (string, error) { return string(m.Value), nil }, PartitionConfig{
		Fetch: func(ctx context.Context, _ FetchRequest) (FetchResult, error) { return FetchResult{}, ctx.Err() },
	})
	// A deadline that passed is, to a request, an error that may get better.
	if err := Follow(ctx, p, &memorySink{tb: t}, 3, FollowConfig{}); err != nil {
		t.Errorf("the follower ends with %v", err)
	}
}

func TestAnAcceptedGapIsLeftBehind(t *testing.T) {
	gap := &GapError{Topic: "t", Partition: 3, Want: 0, First: 5}
	c := newCourse(t)
	c.sink.written = numbers(0, 5)
	c.fetchFault = func(r FetchRequest) error {
		if r.Offset < 5 {
			return gap
		}
		return nil
	}
	var asked atomic.Int64
	c.cfg.AcceptGap = func(_ context.Context, g *GapError) error {
		asked.Add(1)
		if g != gap {
			t.Errorf("asked about %v", g)
		}
		// What a sink does that notes the gap.
		c.sink.written = numbers(0, 5)
		return nil
	}
	if err := c.run(t); err != nil || asked.Load() != 1 {
		t.Errorf("Follow: %v, asked %d times", err, asked.Load())
	}
	c.holds(t, 10)

	c = newCourse(t)
	c.fetchFault = func(FetchRequest) error { return gap }
	c.cfg.AcceptGap = func(context.Context, *GapError) error { return errSink }
	if err := c.run(t); !errors.Is(err, gap) || !errors.Is(err, errSink) {
		t.Errorf("Follow: %v, want the gap and why it was not accepted", err)
	}
}
