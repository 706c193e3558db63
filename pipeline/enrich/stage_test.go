package enrich_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/enrich"
	"earwitness/pipeline/evidence"
)

// inTime runs f in the time of synctest, and ends what it has started.
func inTime(t *testing.T, f func(t *testing.T, p *place)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		f(t, p)
		p.kill()
	})
}

func (p *place) want(what string, want, got []string) {
	p.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		p.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestAnswersComeUnderTheSubjectThatAsked(t *testing.T) {
	inTime(t, func(_ *testing.T, p *place) {
		p.knows(1, 3)
		p.answers["user u1"] = `{"id":"u1","name":"Una","email":"una@example.com","presence":{"x":1}}`
		p.answers["sidecar bucket/k/"+recordingID(2)+".opus_metadata.json"] = `{"recordingId":"` + recordingID(2) + `","mediaType":"Call","userIds":["u1","u2"],"queueIds":["q1"]}`
		p.answers["queue q1"] = `{"id":"q1","name":"Care"}`
		p.start()
		p.add(act(1, "u1"), act(1, "u1"))
		p.settle()
		p.want("told", []string{
			recordingID(1) + " under " + recordingID(1) + ": audio",
			"u1 under " + recordingID(1) + ": Una",
		}, slices.Sorted(slices.Values(p.told())))
		p.add(request(2), request(2), request(1))
		p.settle()
		p.want("told", []string{
			recordingID(1) + " under " + recordingID(1) + ": audio",
			recordingID(2) + " under " + recordingID(2) + ": Call",
			recordingID(2) + " under " + recordingID(2) + ": audio",
			"q1 under " + recordingID(2) + ": Care",
			"u1 under " + recordingID(1) + ": Una",
			"u1 under " + recordingID(2) + ": Una",
		}, slices.Sorted(slices.Values(p.told())))
		// The second sidecar is missing, and u2 unknown: nobody is told, and
		// nothing was asked twice.
		calls := slices.Sorted(slices.Values(p.calls()))
		p.want("asked", []string{
			"conversation " + conversationID(1), "conversation " + conversationID(2), "queue q1",
			"sidecar bucket/k/" + recordingID(1) + ".opus_metadata.json", "sidecar bucket/k/" + recordingID(2) + ".opus_metadata.json",
			"user u1", "user u2",
		}, calls)
	})
}

func TestContentIsToldOnce(t *testing.T) {
	inTime(t, func(t *testing.T, p *place) {
		p.knows(1, 2)
		p.start(func(c *enrich.Config) { c.Sources.Sidecars = nil })
		meet := func(wantCalls, wantTold int) {
			t.Helper()
			p.add(request(1))
			p.settle()
			if len(p.calls()) != wantCalls || len(p.told()) != wantTold {
				t.Errorf("after %d calls %d answers are published, want %d and %d", len(p.calls()), len(p.told()), wantCalls, wantTold)
			}
		}
		meet(1, 1)
		pass(23 * time.Hour)
		meet(1, 1)
		pass(2 * time.Hour)
		meet(2, 1) // the same again
		pass(25 * time.Hour)
		p.answers["conversation "+conversationID(1)] = recordings(1, "screen")
		meet(3, 2)
		// The fold has forgotten what it was told that long ago.
		pass(9 * 24 * time.Hour)
		meet(4, 3)
	})
}

func TestOneCallForAllWhoWait(t *testing.T) {
	inTime(t, func(t *testing.T, p *place) {
		p.answers["user u1"] = `{"id":"u1","name":"Una"}`
		p.hold = make(chan struct{})
		p.start(func(c *enrich.Config) { c.Sources.Recordings, c.Sources.Sidecars = nil, nil })
		for n := range 100 {
			p.add(act(n, "u1"))
		}
		p.pump()
		synctest.Wait()
		if stats := p.stage.Stats(); stats.Waiting != 100 || stats.Calls != 1 || stats.Shared != 99 || p.stage.Pending(0) != 100 {
			t.Errorf("while the call is under way: %+v", stats)
		}
		close(p.hold)
		p.hold = nil
		p.settle()
		if len(p.calls()) != 1 || len(p.told()) != 100 {
			t.Errorf("%d calls, %d told", len(p.calls()), len(p.told()))
		}
	})
}

// TestSiblings: a conversation tells of all its recordings, and is not asked
// again for one that came later.
func TestSiblings(t *testing.T) {
	inTime(t, func(_ *testing.T, p *place) {
		c := conversationID(1)
		p.answers["conversation "+c] = `[{"id":"` + recordingID(1) + `","media":"audio"},{"id":"` + recordingID(2) + `","media":"screen"}]`
		p.answers["recording "+c+"/"+recordingID(3)] = `{"id":"` + recordingID(3) + `","media":"email"}`
		p.start(func(c *enrich.Config) { c.Sources.Sidecars = nil })
		inFirst := func(r *evidence.StorageRequest) { r.ConversationId = c }
		for n := 1; n <= 3; n++ {
			p.add(request(n, inFirst))
			p.settle()
		}
		p.want("asked", []string{"conversation " + c, "recording " + c + "/" + recordingID(3)}, p.calls())
		if len(p.told()) != 3 {
			p.t.Errorf("told %v", p.told())
		}
	})
}

func TestNegativeEntries(t *testing.T) {
	for name, failure := range map[string]error{"missing": nil, "denied": enrich.ErrDenied} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, p *place) {
				p.failures["conversation "+conversationID(1)] = failure
				p.start(func(c *enrich.Config) { c.Sources.Sidecars = nil })
				for range 3 {
					p.add(request(1))
					p.settle()
					pass(10 * time.Minute)
				}
				if n := len(p.calls()); n != 1 {
					t.Errorf("asked %d times inside the time of a negative entry", n)
				}
				if stats := p.stage.Stats(); stats.Missing+stats.Denied != 1 {
					t.Errorf("it is not counted: %+v", stats)
				}
				p.knows(1, 2)
				p.failures["conversation "+conversationID(1)] = nil
				pass(time.Hour)
				p.add(request(1))
				p.settle()
				if len(p.calls()) != 2 || len(p.told()) != 1 {
					t.Errorf("afterwards: asked %v, told %v", p.calls(), p.told())
				}
			})
		})
	}
}

func TestWhatAsksForNothing(t *testing.T) {
	inTime(t, func(_ *testing.T, p *place) {
		p.start(func(c *enrich.Config) {
			c.Own = func(e *evidence.Evidence) bool { return e.GetRequest().GetRequester() == "us" }
		})
		raw := request(1)
		raw.Grade = evidence.Grade_GRADE_RAW
		answer := request(1)
		answer.Kind, answer.Fact = evidence.Kind_KIND_METADATA, &evidence.Evidence_Metadata{Metadata: &evidence.Metadata{AboutId: "u", AgentIds: []string{"u"}}}
		nothing := request(1, func(r *evidence.StorageRequest) { r.RecordingId, r.Key = "", "" })
		p.add(request(1, func(r *evidence.StorageRequest) { r.Requester = "us" }), raw, answer, nothing)
		p.control(&bus.Control{Body: &bus.Control_Epoch{Epoch: &bus.Epoch{Reason: "rebuild"}}})
		p.add(request(1))
		p.settle()
		p.want("asked", nil, p.calls())
		p.control(&bus.Control{Body: &bus.Control_Barrier{Barrier: &bus.Barrier{}}})
		p.add(request(1))
		p.settle()
		if len(p.calls()) != 2 {
			p.t.Errorf("behind a rebuild: asked %v", p.calls())
		}
	})
}

func TestFailuresAreTriedAgain(t *testing.T) {
	inTime(t, func(t *testing.T, p *place) {
		p.knows(1, 3)
		broken := "conversation " + conversationID(1)
		p.failures[broken] = errInjected
		p.start(func(c *enrich.Config) { c.Sources.Sidecars = nil })
		p.add(request(1), request(2))
		p.pump()
		pass(10 * time.Minute)
		synctest.Wait()
		stats := p.stage.Stats()
		if stats.Trouble == nil || stats.Failed < 5 || stats.Failed > 15 || stats.Waiting != 1 || stats.Oldest.IsZero() {
			t.Errorf("while it fails: %+v", stats)
		}
		if err := p.stage.Flush(t.Context(), 0); err != nil || p.position > 0 {
			t.Errorf("the position moved over what waits: %d, %v", p.position, err)
		}
		p.mu.Lock()
		delete(p.failures, broken)
		p.mu.Unlock()
		p.settle()
		if stats := p.stage.Stats(); stats.Trouble != nil || len(p.told()) != 2 {
			t.Errorf("afterwards: %+v, told %v", stats, p.told())
		}
		if err := p.stage.Flush(t.Context(), 0); err != nil || p.position != int64(len(p.log)) {
			t.Errorf("position %d of %d, %v", p.position, len(p.log), err)
		}
	})
}

func TestGivingUp(t *testing.T) {
	inTime(t, func(t *testing.T, p *place) {
		p.failures["conversation "+conversationID(1)] = errInjected
		p.start(func(c *enrich.Config) { c.Sources.Sidecars = nil })
		p.add(request(1))
		p.settle()
		if stats := p.stage.Stats(); stats.GivenUp != 1 || stats.Waiting != 0 {
			t.Errorf("%+v", stats)
		}
	})
}

// TestFull: a stage in which too much waits reads no further.
func TestFull(t *testing.T) {
	inTime(t, func(t *testing.T, p *place) {
		p.knows(0, 50)
		p.hold = make(chan struct{})
		p.start(func(c *enrich.Config) { c.Sources.Sidecars, c.Waiting = nil, 10 })
		for n := range 50 {
			p.add(request(n))
		}
		written := make(chan struct{})
		go func() {
			p.pump()
			close(written)
		}()
		synctest.Wait()
		if stats := p.stage.Stats(); stats.Calls != 10 {
			t.Errorf("%d calls wait, want 10", stats.Calls)
		}
		close(p.hold)
		<-written
		p.settle()
		if len(p.told()) != 50 {
			t.Errorf("%d are told", len(p.told()))
		}
	})
}
