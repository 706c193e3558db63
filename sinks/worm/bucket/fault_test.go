package bucket

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"earwitness/pipeline/amazon"
	"earwitness/sinks/worm"
)

// isPut says whether a request writes an object.
func isPut(r *http.Request) bool { return r.Method == http.MethodPut }

// cut ends the connection without an answer.
func cut(w http.ResponseWriter) {
	panic(http.ErrAbortHandler)
}

// A PUT succeeds and its answer is lost: the client's own second attempt, or
// the caller's, finds the name taken, by the same bytes.
func TestPutWhoseAnswerIsLost(t *testing.T) {
	for _, lost := range []int32{1, 2} {
		f, store := openFake(t, nil)
		var count atomic.Int32
		f.fail(func(w http.ResponseWriter, r *http.Request) bool {
			if !isPut(r) || count.Add(1) > lost {
				return false
			}
			data, _ := io.ReadAll(r.Body)
			f.mu.Lock()
			f.put(http.ResponseWriter(discard{}), r, fakeKey(testName), data)
			f.mu.Unlock()
			cut(w)
			return true
		})
		err := store.Put(t.Context(), testName, []byte("ours"))
		if lost == 2 {
			// Both attempts were in vain: that is an error like any other.
			if err == nil || errors.Is(err, worm.ErrExists) {
				t.Errorf("no answer at all gives %v", err)
			}
			err = store.Put(t.Context(), testName, []byte("ours"))
		}
		if !errors.Is(err, worm.ErrExists) {
			t.Errorf("a Put after one that had succeeded gives %v", err)
		}
		if got := read(t, store, testName); got != "ours" || len(f.keys[fakeKey(testName)]) != 1 {
			t.Errorf("the object holds %q in %d versions", got, len(f.keys[fakeKey(testName)]))
		}
	}
}

// discard is an answer that nobody hears.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

func TestConflictLooksWhoWon(t *testing.T) {
	for _, won := range []bool{true, false} {
		f, store := openFake(t, nil)
		f.fail(func(w http.ResponseWriter, r *http.Request) bool {
			if !isPut(r) {
				return false
			}
			if won {
				f.lay(fakeKey(testName), []byte("theirs"), false)
			}
			refuse(w, http.StatusConflict, "ConditionalRequestConflict", "The conditional request cannot succeed due to a conflicting operation")
			return true
		})
		err := store.Put(t.Context(), testName, []byte("ours"))
		if errors.Is(err, worm.ErrExists) != won || err == nil {
			t.Errorf("a conflict that another has won, %t, gives %v", won, err)
		}
		f.fail(nil)
		if err := store.Put(t.Context(), testName, []byte("ours")); errors.Is(err, worm.ErrExists) != won {
			t.Errorf("Put after a conflict gives %v", err)
		}
	}
}

// A server that hangs costs the time of its attempts, and is said to hang.
func TestServerThatHangs(t *testing.T) {
	f, store := openFake(t, func(c *Config) { c.Timeout = 50 * time.Millisecond })
	hang := func(_ http.ResponseWriter, r *http.Request) bool {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		return true
	}
	f.fail(hang)
	calls := map[string]func() error{
		"put":  func() error { return store.Put(t.Context(), testName, []byte("ours")) },
		"open": func() error { _, err := store.Open(t.Context(), testName); return err },
		"list": func() error { return store.List(t.Context(), "", "", nil) },
	}
	for name, call := range calls {
		err := call()
		var said *Error
		if !errors.As(err, &said) || !strings.Contains(said.Advice, "slow or cannot be reached") {
			t.Errorf("%s gives %v", name, err)
		}
	}
	f.fail(nil)
	if err := store.Put(t.Context(), testName, []byte("ours")); err != nil {
		t.Fatal(err)
	}
	f.fail(func(w http.ResponseWriter, r *http.Request) bool {
		if !r.URL.Query().Has("versionId") {
			return false
		}
		w.Header().Set("Content-Length", "4")
		_, _ = io.WriteString(w, "ou")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return true
	})
	object, err := store.Open(t.Context(), testName)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(object)
	var timeout *amazon.TimeoutError
	if !errors.As(err, &timeout) || string(data) != "ou" {
		t.Errorf("an object that stops coming gives %q and %v", data, err)
	}
	if err := object.Close(); err != nil {
		t.Error(err)
	}
}

// A server whose listing never gets on is left.
func TestListingThatNeverEnds(t *testing.T) {
	f, store := openFake(t, nil)
	f.fail(func(w http.ResponseWriter, _ *http.Request) bool {
		reply(w, `<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>archive/one/a</NextKeyMarker></ListVersionsResult>`)
		return true
	})
	if err := store.List(t.Context(), "", "", nil); err == nil || !strings.Contains(err.Error(), "it would never end") {
		t.Errorf("it gives %v", err)
	}
}

func TestClock(t *testing.T) {
	f, store := openFake(t, func(c *Config) { c.ClockSkew = time.Minute })
	for _, away := range []time.Duration{-2 * time.Minute, 2 * time.Minute} {
		f.mu.Lock()
		f.away = away
		f.mu.Unlock()
		var wrong *ClockError
		if _, err := Open(t.Context(), store.config); !errors.As(err, &wrong) {
			t.Fatalf("a clock that is %s away gives %v", away, err)
		}
		if off := wrong.Away - 2*time.Minute; off.Abs() > 10*time.Second {
			t.Errorf("a clock that is %s away is said to be %s away", away, wrong.Away)
		}
		for _, want := range []string{
			wrong.Here.UTC().Format(time.RFC3339) + " here", wrong.There.UTC().Format(time.RFC3339) + " there", "set the clock",
		} {
			if !strings.Contains(wrong.Error(), want) {
				t.Errorf("%q does not say %q", wrong, want)
			}
		}
		// One that goes wrong later is seen at the next answer, and stops
		// what comes after.
		if err := store.List(t.Context(), "", "", nil); err != nil {
			t.Fatal(err)
		}
		if err := store.Put(t.Context(), testName, nil); !errors.As(err, &wrong) {
			t.Errorf("Put with a clock that went wrong gives %v", err)
		}
		f.mu.Lock()
		f.away = 0
		f.mu.Unlock()
		if err := store.List(t.Context(), "", "", nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Put(t.Context(), testName, nil); err != nil {
		t.Errorf("Put with a clock that is right again gives %v", err)
	}
}

// A slow answer is no wrong clock.
func TestClockAllowsForSlowAnswers(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	tests := []struct {
		name           string
		sent, received time.Time
		away           time.Duration
	}{
		{"at once", at.Add(time.Second / 2), at.Add(time.Second / 2), 0},
		{"sent long ago", at.Add(-time.Hour), at.Add(time.Second), 0},
		{"received long after", at, at.Add(time.Hour), 0},
		{"behind", at.Add(-time.Hour), at.Add(-time.Minute), time.Minute},
		{"ahead", at.Add(time.Minute), at.Add(time.Hour), 59 * time.Second},
	}
	for _, test := range tests {
		c := clock{allowed: time.Second}
		if err := c.check(); err != nil {
			t.Errorf("before any answer: %v", err)
		}
		c.observe(test.sent, test.received, http.Header{"Date": {at.Format(http.TimeFormat)}})
		c.observe(test.sent, test.received, http.Header{"Date": {"no date"}})
		if got := c.last.Load().Away; got != test.away {
			t.Errorf("%s: %s away, want %s", test.name, got, test.away)
		}
		if err := c.check(); (err != nil) != (test.away > c.allowed) {
			t.Errorf("%s: check gives %v", test.name, err)
		}
	}
}
