package cloud_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/sources/genesys/cloud"
	"earwitness/sources/genesys/fakecloud"
)

// Whatever goes wrong is counted by what came back.
func TestStats(t *testing.T) {
	for name, test := range map[string]struct {
		trouble fakecloud.Trouble
		answer  string
		// tokens are fetched in all.
		tokens int64
	}{
		"a server error":     {fakecloud.ServerError, "500", 1},
		"not there":          {fakecloud.Unavailable, "503", 1},
		"a page":             {fakecloud.HTML, cloud.AnswerUnreadable, 1},
		"half an answer":     {fakecloud.Cut, cloud.AnswerNone, 1},
		"nothing":            {fakecloud.Hang, cloud.AnswerNone, 1},
		"too much is asked":  {fakecloud.Busy, "429", 1},
		"a token that dies":  {fakecloud.TokenDies, "401", 2},
		"a page of a server": {fakecloud.GatewayHTML, "502", 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, fakecloud.Config{Clock: func() time.Time { return time.Now().Add(time.Hour) }})
				b.fill(600)
				b.cloud.Inject(fakecloud.Fault{Path: "/results", Skip: 1, Times: 1, Trouble: test.trouble})
				b.wantAudits(cloud.Quality, 600)
				s := b.client.Stats()
				if s.Answers[test.answer] != 1 || s.Retries != 1 || s.Failed != 0 || s.Tokens != test.tokens || s.NoTokens != 0 {
					t.Errorf("%+v", s)
				}
				sum := int64(0)
				for _, n := range s.Answers {
					sum += n
				}
				if sum != s.Calls || s.Calls == 0 {
					t.Errorf("%d answers to %d calls: %v", sum, s.Calls, s.Answers)
				}
				if off := s.ClockOffset - time.Hour; off > 0 || off < -2*time.Second {
					t.Errorf("the clock is off by %s", s.ClockOffset)
				}
			})
		})
	}
}

// Who waits for the rate limit is counted, and for how long.
func TestStatsOfWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, fakecloud.Config{RatePerMinute: 10}, func(c *cloud.Config) { c.RatePerMinute = 10 })
		b.cloud.AddUser(fakecloud.User{ID: "u", Name: "Ada"})
		ask := func() {
			if _, err := b.client.User(t.Context(), "u"); err != nil {
				t.Error(err)
			}
		}
		for range 9 {
			ask()
		}
		for range 3 {
			go ask()
		}
		synctest.Wait()
		s := b.client.Stats()
		if diff := cmp.Diff([]int64{10, 0, 2, 2, 0}, []int64{int64(s.Allowed), int64(s.Left), int64(s.Waiting), s.Waits, int64(s.Waited)}); diff != "" {
			t.Errorf("allowed, left, waiting, waits, waited (-want +got):\n%s", diff)
		}
		<-time.After(2 * time.Minute)
		synctest.Wait()
		if s := b.client.Stats(); s.Waiting != 0 || s.Waits != 2 || s.Waited < 2*50*time.Second || s.Waited > 2*2*time.Minute {
			t.Errorf("%+v", s)
		}
	})
}

func TestStatsOfLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, fakecloud.Config{})
		b.cloud.Inject(fakecloud.Fault{Path: "/oauth/token", Times: 2, Trouble: fakecloud.ServerError})
		if _, err := b.client.ServiceMapping(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := b.client.Stats(); s.Tokens != 1 || s.NoTokens != 2 || s.Calls != 1 {
			t.Errorf("%+v", s)
		}
	})
}
