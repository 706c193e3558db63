package elastic

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/bus"
)

// deliver writes records to partition 0 and flushes.
func deliver(t *testing.T, s *Sink, records int) error {
	t.Helper()
	ctx := within(t)
	if err := s.Write(ctx, 0, makeChunk(t, 0, makeRecords(records)...)); err != nil {
		return err
	}
	return s.Flush(ctx, 0)
}

// TestWholeRequestsWait has a request refused some times before it is taken:
// each time the same bytes come again.
func TestWholeRequestsWait(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusInternalServerError, http.StatusRequestTimeout} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			f, m := newFake(t), newMemory()
			var bodies [][]byte
			f.intercept = func(w http.ResponseWriter, r *http.Request, body []byte) bool {
				if r.URL.Path != "/_bulk" {
					return false
				}
				bodies = append(bodies, body)
				if len(bodies) > 4 {
					return false
				}
				fail(w, status, "es_rejected_execution_exception", "rejected execution of coordinating operation")
				return true
			}
			cfg := testConfig(f.URL, m)
			cfg.Requests = 1
			s := openSink(t, cfg)
			if err := deliver(t, s, 90); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(wantHeld(makeRecords(90)...), f.held()); diff != "" {
				t.Errorf("held (-want +got):\n%s", diff)
			}
			for _, body := range bodies[1:5] {
				if string(body) != string(bodies[0]) {
					t.Error("another body came the next time")
				}
			}
			if got := s.Stats(); got.Retries != 4 || got.Stored != 90 || got.Waiting != nil || !got.WaitingSince.IsZero() {
				t.Errorf("stats %+v, want 4 retries, 90 stored, none waiting", got)
			}
		})
	}
}

// TestItemsAreJudged gives items other fates than their neighbours.
func TestItemsAreJudged(t *testing.T) {
	t.Parallel()
	f, m := newFake(t), newMemory()
	tries := map[string]int{}
	ids := map[string]int{}
	for n := range 60 {
		ids[fmt.Sprintf("%x", makeID("record", n))] = n
	}
	transient := map[int]int{3: 429, 7: 503, 11: 500, 12: 403, 13: 408}
	f.refuse = func(_, id string) (int, string) {
		n := ids[id]
		tries[id]++
		if status, ok := transient[n]; ok && tries[id] < 4 {
			return status, "es_rejected_execution_exception"
		}
		if n == 20 || n == 21 {
			return http.StatusBadRequest, "document_parsing_exception"
		}
		return 0, ""
	}
	m.failing = []error{errors.New("the bus is away"), errors.New("the bus is away")}
	s := openSink(t, testConfig(f.URL, m))
	if err := deliver(t, s, 60); err != nil {
		t.Fatal(err)
	}
	records := makeRecords(60)
	want := wantHeld(append(records[:20:20], records[22:]...)...)
	if diff := cmp.Diff(want, f.held()); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"refused kafka:earwitness.access/0@20", "refused kafka:earwitness.access/0@21"}, m.causes()); diff != "" {
		t.Errorf("dead letters (-want +got):\n%s", diff)
	}
	for id, n := range tries {
		want := 1
		if transient[ids[id]] != 0 {
			want = 4
		}
		if n != want {
			t.Errorf("record %d was sent %d times, want %d: only what failed comes again", ids[id], n, want)
		}
	}
	if at, _ := m.Load(t.Context(), 0); at != 60 {
		t.Errorf("position %d, want 60", at)
	}
	if diff := cmp.Diff(map[int]PartitionStats{0: {Done: 60, DeadLetters: 2}}, s.Stats().Partitions); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
	letter := m.letters[0]
	hasAll(t, letter.Detail, "400", "document_parsing_exception")
	if letter.Stage != Stage || len(letter.Id) != 16 || len(letter.Raw) == 0 {
		t.Errorf("dead letter %v is not whole", letter)
	}
}

// TestPositionWaitsForEveryResult holds one item of the middle back: the
// position does not pass it, whatever is stored behind.
func TestPositionWaitsForEveryResult(t *testing.T) {
	t.Parallel()
	f, m := newFake(t), newMemory()
	held := fmt.Sprintf("%x", makeID("record", 30))
	var release atomic.Bool
	f.refuse = func(_, id string) (int, string) {
		if id == held && !release.Load() {
			return http.StatusServiceUnavailable, "unavailable_shards_exception"
		}
		return 0, ""
	}
	s := openSink(t, testConfig(f.URL, m))
	records := makeRecords(60)
	ctx := within(t)
	for i := range records {
		if err := s.Write(ctx, 0, makeChunk(t, int64(i), records[i])); err != nil {
			t.Fatal(err)
		}
	}
	await(t, func() bool { return len(f.held()) == 59 })
	await(t, func() bool { at, _ := m.Load(ctx, 0); return at == 30 })
	if diff := cmp.Diff(map[int]PartitionStats{0: {Done: 30}}, s.Stats().Partitions); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
	if got := s.Stats(); got.Waiting != nil == got.WaitingSince.IsZero() {
		t.Errorf("it waits because of %v since %s", got.Waiting, got.WaitingSince)
	}
	if cause := s.Stats().Waiting; cause == nil {
		t.Error("nothing is said to wait")
	} else {
		hasAll(t, cause.Error(), "index a record into earwitness-access-2026.10", "503", "unavailable_shards_exception", f.URL)
	}
	release.Store(true)
	if err := s.Flush(ctx, 0); err != nil {
		t.Fatal(err)
	}
	if at, _ := m.Load(ctx, 0); at != 60 {
		t.Errorf("position %d after the flush, want 60", at)
	}
}

// await polls for what other goroutines do.
func await(t *testing.T, done func() bool) {
	t.Helper()
	ctx := within(t)
	for !done() {
		if err := pause(ctx, time.Millisecond); err != nil {
			t.Fatal("it did not come about")
		}
	}
}

// TestTooLargeIsSplit has bodies refused by their length.
func TestTooLargeIsSplit(t *testing.T) {
	t.Parallel()
	f, m := newFake(t), newMemory()
	f.most = 20_000
	records := makeRecords(60)
	records[41].SubjectId = string(make([]byte, 25_000))
	s := openSink(t, testConfig(f.URL, m))
	ctx := within(t)
	if err := s.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Write(ctx, 0, makeChunk(t, 0, records...)), s.Flush(ctx, 0)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantHeld(append(records[:41:41], records[42:]...)...), f.held()); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"too-large kafka:earwitness.access/0@41"}, m.causes()); diff != "" {
		t.Errorf("dead letters (-want +got):\n%s", diff)
	}
	if got := s.Stats().Partitions[0].DeadLetters; got != 1 {
		t.Errorf("%d dead letters are counted, want 1", got)
	}
}

// TestReadOnlyIndex blocks one month: its records wait, and are taken when
// the block is gone.
func TestReadOnlyIndex(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusForbidden, http.StatusTooManyRequests} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			f, m := newFake(t), newMemory()
			s := openSink(t, testConfig(f.URL, m))
			if err := deliver(t, s, 3); err != nil {
				t.Fatal(err)
			}
			index := "earwitness-access-2026.10"
			f.change(func() { f.indices[index].block = status })
			ctx := within(t)
			if err := s.Write(ctx, 0, makeChunk(t, 3, makeRecords(30)[3:]...)); err != nil {
				t.Fatal(err)
			}
			await(t, func() bool { return s.Stats().Waiting != nil })
			hasAll(t, s.Stats().Waiting.Error(), "cluster_block_exception", index)
			f.change(func() { f.indices[index].block = 0 })
			if err := s.Flush(ctx, 0); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(wantHeld(makeRecords(30)...), f.held()); diff != "" {
				t.Errorf("held (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDownAndBack begins with nobody listening.
func TestDownAndBack(t *testing.T) {
	t.Parallel()
	f, m := newFake(t), newMemory()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	s := openSink(t, testConfig("http://"+address, m))
	ctx := within(t)
	if err := s.Write(ctx, 0, makeChunk(t, 0, makeRecords(60)...)); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return s.Stats().Waiting != nil })
	hasAll(t, s.Stats().Waiting.Error(), "http://"+address, "connection refused", "check that it runs")
	listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	back := &http.Server{Handler: f, ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- back.Serve(listener) }()
	if err := s.Flush(ctx, 0); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantHeld(makeRecords(60)...), f.held()); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
	if err := back.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}

// TestSlowAndLost has answers that come too late, though the request was
// carried out: what comes again is superseded, not doubled.
func TestSlowAndLost(t *testing.T) {
	t.Parallel()
	f, m := newFake(t), newMemory()
	var slow atomic.Int32
	slow.Store(3)
	f.intercept = func(_ http.ResponseWriter, r *http.Request, body []byte) bool {
		if r.URL.Path != "/_bulk" || slow.Add(-1) < 0 {
			return false
		}
		f.change(func() { f.bulk(discard{}, body) })
		<-r.Context().Done()
		return true
	}
	cfg := testConfig(f.URL, m)
	cfg.RequestTimeout, cfg.Requests = 100*time.Millisecond, 1
	s := openSink(t, cfg)
	if err := deliver(t, s, 60); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantHeld(makeRecords(60)...), f.held()); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
	if got := s.Stats(); got.Superseded == 0 || got.Stored+got.Superseded != 60 || got.DeadLetters != 0 {
		t.Errorf("stats %+v, want all 60 taken and some superseded", got)
	}
}

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

// TestRefusedAsAWhole is what waiting does not mend: Write and Flush say so,
// and a new delivery begins at the position.
func TestRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	f, m := newFake(t), newMemory()
	s := openSink(t, testConfig(f.URL, m))
	if err := deliver(t, s, 10); err != nil {
		t.Fatal(err)
	}
	f.change(func() { f.authorization = "Basic bmV3" })
	ctx := within(t)
	records := makeRecords(20)
	err := s.Write(ctx, 0, makeChunk(t, 10, records[10:]...))
	if err == nil {
		err = s.Flush(ctx, 0)
	}
	var e *RequestError
	if !errors.As(err, &e) || e.Status != http.StatusUnauthorized {
		t.Fatalf("got %v, want a refusal by 401", err)
	}
	hasAll(t, err.Error(), "index 10 records", f.URL, "unable to authenticate", "check the user and password")
	if err := s.Write(ctx, 0, makeChunk(t, 20, makeRecord(20, 21))); !errors.As(err, &e) {
		t.Errorf("the next write gives %v, want the refusal", err)
	}
	f.change(func() { f.authorization = "" })
	at, err := s.Position(ctx, 0)
	if err != nil || at != 10 {
		t.Fatalf("position %d, %v, want 10", at, err)
	}
	if err := errors.Join(s.Write(ctx, 0, makeChunk(t, 10, records[10:]...)), s.Flush(ctx, 0)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantHeld(records...), f.held()); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
}

// TestStrangeAnswers come from what is no Elasticsearch, or not always.
func TestStrangeAnswers(t *testing.T) {
	t.Parallel()
	f, m := newFake(t), newMemory()
	bodies := []string{"<html>", `{"items":[]}`, `{"items":[{}]}`, `{"items":null}`, `null`, `[]`}
	f.intercept = func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
		if r.URL.Path != "/_bulk" || len(bodies) == 0 {
			return false
		}
		_, _ = w.Write([]byte(bodies[0])) // the client reads it
		bodies = bodies[1:]
		return true
	}
	cfg := testConfig(f.URL, m)
	cfg.Requests = 1
	s := openSink(t, cfg)
	if err := deliver(t, s, 1); err != nil {
		t.Fatal(err)
	}
	if got := s.Stats(); got.Retries != 6 || got.Stored != 1 {
		t.Errorf("stats %+v, want 6 retries and one stored", got)
	}
}

// TestBackpressure has nothing taken: Write must block, with bounded bytes
// under way, and end with its context.
func TestBackpressure(t *testing.T) {
	t.Parallel()
	f, m := newFake(t), newMemory()
	f.intercept = func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
		fail(w, http.StatusTooManyRequests, "es_rejected_execution_exception", "full")
		return true
	}
	cfg := testConfig(f.URL, m)
	cfg.InFlightBytes, cfg.BulkBytes = 60_000, 20_000
	s := openSink(t, cfg)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	written := 0
	for n := range 1000 {
		if err := s.Write(ctx, 0, makeChunk(t, int64(n), makeRecord(n, 1))); err != nil {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("write: %v, want the context's error", err)
			}
			break
		}
		written++
	}
	if written < 5 || written > 60 {
		t.Errorf("%d records were taken with room for 60 kB", written)
	}
	// The same sink goes on when there is room.
	f.change(func() { f.intercept = nil })
	ctx = within(t)
	for n := written; n < 200; n++ {
		if err := s.Write(ctx, 0, makeChunk(t, int64(n), makeRecord(n, 1))); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Flush(ctx, 0); err != nil {
		t.Fatal(err)
	}
	if got := len(f.held()); got != 200 {
		t.Errorf("%d records are held, want 200", got)
	}
}

// TestUndecodable has messages that are no records, beside good ones.
func TestUndecodable(t *testing.T) {
	t.Parallel()
	f, m := newFake(t), newMemory()
	records := makeRecords(8)
	records[1].Id = nil
	records[2].Arrival = nil
	records[3].Kind = 0
	records[4].Arrival.Revision = 1 << 63
	records[5].TimeMs, records[5].Act = -1e15, nil
	chunk := makeChunk(t, 0, records...)
	chunk.Errs[6] = errors.New("no record")
	chunk.Values[6] = nil
	chunk.Controls[7] = &bus.Control{}
	s := openSink(t, testConfig(f.URL, m))
	ctx := within(t)
	m.failing = []error{errors.New("the bus is away")}
	if err := s.Write(ctx, 0, chunk); err == nil {
		t.Fatal("Write hides that dead letters could not be handed over")
	}
	if _, err := s.Position(ctx, 0); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Write(ctx, 0, chunk), s.Flush(ctx, 0)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantHeld(records[0]), f.held()); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
	var want []string
	for n := 1; n <= 6; n++ {
		want = append(want, fmt.Sprintf("undecodable kafka:earwitness.access/0@%d", n))
	}
	if diff := cmp.Diff(want, m.causes()); diff != "" {
		t.Errorf("dead letters (-want +got):\n%s", diff)
	}
	if at, _ := m.Load(ctx, 0); at != 8 {
		t.Errorf("position %d, want 8", at)
	}
}
