package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// told is what of an answer the limiter reads.
type told struct {
	status int
	header http.Header
}

func answerWith(status int, headers ...string) told {
	h := http.Header{}
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return told{status, h}
}

func (a told) end(l *limiter) { l.end(a.status, a.header) }

// waited is how long a call of a class waits.
func waited(t *testing.T, l *limiter, class Class) time.Duration {
	t.Helper()
	began := time.Now()
	if err := l.begin(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	return time.Since(began)
}

func TestLimiterWaitsForWhatItIsTold(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer told
		want   time.Duration
	}{
		{"no word", answerWith(200), 0},
		{"calls left", answerWith(200, "inin-ratelimit-count", "9", "inin-ratelimit-allowed", "10", "inin-ratelimit-reset", "30"), 0},
		{"none left", answerWith(200, "inin-ratelimit-count", "10", "inin-ratelimit-allowed", "10", "inin-ratelimit-reset", "30"), 30 * time.Second},
		{"none left, a gateway's words", answerWith(200, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "20"), 20 * time.Second},
		{"none left, no word when", answerWith(200, "X-RateLimit-Remaining", "0"), 61 * time.Second},
		{"429", answerWith(429, "Retry-After", "7"), 7 * time.Second},
		{"429 and none left", answerWith(429, "Retry-After", "7", "inin-ratelimit-count", "10", "inin-ratelimit-allowed", "10", "inin-ratelimit-reset", "50"), 50 * time.Second},
		{"429 without a word", answerWith(429), untold},
		{"nonsense", answerWith(200, "inin-ratelimit-count", "x", "inin-ratelimit-allowed", "-5", "inin-ratelimit-reset", "y", "Retry-After", "soon"), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLimiter(300, 0)
				if got := waited(t, l, Audits); got != 0 {
					t.Errorf("the first call waits %s", got)
				}
				test.answer.end(l)
				if got := waited(t, l, Audits); got != test.want {
					t.Errorf("the next call waits %s, want %s", got, test.want)
				}
			})
		})
	}
}

func TestLimiterReadsATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(300, 0)
		_ = waited(t, l, Audits)
		answerWith(503, "Retry-After", time.Now().UTC().Add(9*time.Second).Format(http.TimeFormat)).end(l)
		if got := waited(t, l, Audits); got != 0 {
			t.Errorf("what is no 429 puts off by %s", got)
		}
		answerWith(429, "Retry-After", time.Now().UTC().Add(9*time.Second).Format(http.TimeFormat)).end(l)
		if got := waited(t, l, Audits); got != 9*time.Second {
			t.Errorf("it waits %s", got)
		}
	})
}

// Without a word from the server no more begin in a minute than are allowed.
func TestLimiterKeepsItsOwnCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(5, 0)
		var begun []string
		start := time.Now()
		for range 12 {
			_ = waited(t, l, Audits)
			begun = append(begun, time.Since(start).String())
			l.end(0, nil)
		}
		want := []string{"0s", "0s", "0s", "0s", "0s", "1m1s", "1m1s", "1m1s", "1m1s", "1m1s", "2m2s", "2m2s"}
		if diff := cmp.Diff(want, begun); diff != "" {
			t.Errorf("calls begin at (-want +got):\n%s", diff)
		}
	})
}

// Where there are more lookups than the limit allows, audits have their turn,
// and the other way round.
func TestLimiterIsFair(t *testing.T) {
	for _, many := range []Class{Audits, Lookups} {
		synctest.Test(t, func(t *testing.T) {
			l := newLimiter(20, 0)
			var mu sync.Mutex
			var order []Class
			var work sync.WaitGroup
			call := func(class Class) {
				work.Go(func() {
					if err := l.begin(t.Context(), class); err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					order = append(order, class)
					mu.Unlock()
					l.end(0, nil)
				})
			}
			few := 1 - many
			call(few)
			synctest.Wait()
			for range 60 {
				call(many)
			}
			synctest.Wait()
			began := time.Now()
			// Two are kept for the few, although the many would take all.
			call(few)
			synctest.Wait()
			if time.Since(began) != 0 {
				t.Error("the few wait")
			}
			for range 10 {
				call(few)
			}
			work.Wait()
			if took := time.Since(began); took > 4*time.Minute {
				t.Errorf("72 calls at 20 a minute take %s", took)
			}
			last := 0
			for i, class := range order {
				if class == few {
					last = i
				}
			}
			// 17 of the many, two turns, then one after the other.
			if last > 42 {
				t.Errorf("the last of the few is call %d of %d: %v", last+1, len(order), order)
			}
		})
	}
}

func TestLimiterStopsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1, 0)
		_ = waited(t, l, Audits)
		gone := errors.New("gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		ended := make(chan error)
		go func() { ended <- l.begin(ctx, Audits) }()
		synctest.Wait()
		cancel(gone)
		if err := <-ended; !errors.Is(err, gone) {
			t.Errorf("it ends with %v", err)
		}
		l.end(0, nil)
		if got := waited(t, l, Audits); got != 61*time.Second {
			t.Errorf("who comes behind one that left waits %s", got)
		}
	})
}

func TestEndpoints(t *testing.T) {
	for region, want := range map[string][2]string{
		"eu-central-1": {"https://api.mypurecloud.de", "https://login.mypurecloud.de"},
		"eu-west-2":    {"https://api.euw2.pure.cloud", "https://login.euw2.pure.cloud"},
	} {
		got, err := Endpoint(region)
		if err != nil || got != want[0] || loginOf(got) != want[1] {
			t.Errorf("%s: %s, %s, %v", region, got, loginOf(got), err)
		}
	}
	if len(domains()) != 18 {
		t.Errorf("there are %d regions", len(domains()))
	}
	if _, err := Endpoint("eu"); err == nil || fmt.Sprint(err)[:4] != `"eu"` {
		t.Errorf("a region that is none: %v", err)
	}
}

// A bound of one's own holds below what the answers allow.
func TestLimiterHasABoundOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(300, 4)
		minutes := make(map[time.Duration]int)
		start := time.Now()
		for n := range 12 {
			_ = waited(t, l, Lookups)
			since := time.Since(start)
			window := since / time.Minute
			minutes[window]++
			answerWith(200, "inin-ratelimit-count", fmt.Sprint(n%4+1), "inin-ratelimit-allowed", "300",
				"inin-ratelimit-reset", fmt.Sprint(61-int(since%time.Minute/time.Second))).end(l)
		}
		for minute, n := range minutes {
			if n > 4 {
				t.Errorf("%d calls begin in minute %d", n, minute)
			}
		}
	})
}
