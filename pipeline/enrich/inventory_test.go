package enrich_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"earwitness/pipeline/enrich"
	"earwitness/pipeline/evidence"
)

// Inventory gives pages whose answers are named "inventory 0", "inventory 1"
// and so on.
func (p *place) Inventory(ctx context.Context, cursor string) (enrich.Answer, string, error) {
	at := 0
	if cursor != "" {
		if _, err := fmt.Sscan(cursor, &at); err != nil {
			return enrich.Answer{}, "", err
		}
	}
	answer, err := p.look(ctx, fmt.Sprint("inventory ", at))
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, more := p.answers[fmt.Sprint("inventory ", at+1)]; more {
		return answer, fmt.Sprint(at + 1), err
	}
	return answer, "", err
}

// lists lets the inventory have pages of recordings.
func (p *place) lists(pages ...[]int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for at, page := range pages {
		var entries []string
		for _, n := range page {
			entries = append(entries, fmt.Sprintf(`{"conversationId":%q,"recordingId":%q,"creationTime":"2026-08-01T12:00:00.000Z"}`,
				conversationID(n), strings.ToUpper(recordingID(n))))
		}
		p.answers[fmt.Sprint("inventory ", at)] = `{"entities":[` + strings.Join(entries, ",") + `]}`
	}
}

// byRecordingAlone is a request whose key does not tell the conversation.
func byRecordingAlone(n int) *evidence.Evidence {
	return request(n, func(r *evidence.StorageRequest) { r.ConversationId = "" })
}

func withInventory(c *enrich.Config) {
	c.Sources.Sidecars = nil
	c.Sources.Inventory = c.Sources.Recordings.(enrich.InventoryLookup)
}

// TestInventory: it is read once for all that ask, tells the conversation by
// which the API is asked, and what it listed besides is not asked for again.
func TestInventory(t *testing.T) {
	inTime(t, func(t *testing.T, p *place) {
		p.knows(1, 5)
		p.lists([]int{1, 2}, []int{3, 4})
		p.start(withInventory)
		p.add(byRecordingAlone(1), byRecordingAlone(4), byRecordingAlone(9))
		p.settle()
		p.want("asked", []string{
			"inventory 0", "inventory 1", "conversation " + conversationID(1), "conversation " + conversationID(4),
		}, sortedFrom(p.calls(), 2))
		// Twice about each of two: by the list, and by the API.
		if len(p.told()) != 4 {
			t.Errorf("told %v", p.told())
		}
		for _, e := range p.log {
			if m := e.GetMetadata(); m.GetSource() == evidence.MetadataSource_METADATA_SOURCE_INVENTORY &&
				(m.CreatedMs == 0 || m.ConversationId == "" || len(e.Raw) == 0) {
				t.Errorf("the inventory told %v", e)
			}
		}
		p.add(byRecordingAlone(2), byRecordingAlone(9))
		p.settle()
		if got := p.calls(); len(got) != 5 || got[4] != "conversation "+conversationID(2) {
			t.Errorf("then it asked %v", got[4:])
		}
		if stats := p.stage.Stats(); stats.Missing != 0 || stats.Waiting != 0 {
			t.Errorf("%+v", stats)
		}
	})
}

func sortedFrom(list []string, from int) []string {
	head, tail := list[:from:from], append([]string(nil), list[from:]...)
	if len(tail) == 2 && tail[0] > tail[1] {
		tail[0], tail[1] = tail[1], tail[0]
	}
	return append(head, tail...)
}

// TestInventoryRests: who asks while it is read, for what it has passed, waits
// for the next reading, which comes after a rest.
func TestInventoryRests(t *testing.T) {
	inTime(t, func(t *testing.T, p *place) {
		p.lists([]int{1}, []int{2}, []int{3})
		p.slow = time.Minute
		p.start(withInventory, func(c *enrich.Config) { c.Sources.Recordings = nil })
		p.add(byRecordingAlone(1))
		p.pump()
		pass(90 * time.Second) // the second page is under way
		p.add(byRecordingAlone(9), byRecordingAlone(2))
		p.pump()
		p.settle()
		first, second := p.askedAt["inventory 0"][0], p.askedAt["inventory 0"][1]
		if rest := second.Sub(first) - 3*time.Minute; len(p.askedAt["inventory 0"]) != 2 || rest < 27*time.Minute || rest > 28*time.Minute {
			t.Errorf("it was read at %v: a rest of %s", p.askedAt["inventory 0"], rest)
		}
		if len(p.told()) != 2 {
			t.Errorf("told %v", p.told())
		}
	})
}

// TestInventoryFails: it goes on at the page that failed, and begins anew
// where that page fails again.
func TestInventoryFails(t *testing.T) {
	inTime(t, func(t *testing.T, p *place) {
		p.knows(1, 3)
		p.lists([]int{1}, []int{2})
		p.failures["inventory 1"] = errInjected
		p.start(withInventory)
		p.add(byRecordingAlone(2))
		p.pump()
		pass(6 * time.Second)
		synctest.Wait()
		p.want("after a failure", []string{"inventory 0", "inventory 1"}, p.calls()[:2])
		pass(8 * time.Second)
		p.mu.Lock()
		delete(p.failures, "inventory 1")
		p.mu.Unlock()
		p.settle()
		calls := p.calls()
		p.want("it was tried again at the page, then anew", []string{"inventory 0", "inventory 1", "inventory 1", "inventory 0"}, calls[:4])
		if len(p.told()) != 2 {
			t.Errorf("told %v after %v", p.told(), calls)
		}
	})
}

// TestInventoryIsNoInventory: an answer that is none, or is refused, is as if
// nothing were listed.
func TestInventoryIsNoInventory(t *testing.T) {
	for name, spoil := range map[string]func(*place){
		"denied":   func(p *place) { p.failures["inventory 0"] = enrich.ErrDenied },
		"no JSON":  func(p *place) { p.answers["inventory 0"] = `<html>` },
		"no list":  func(p *place) { p.answers["inventory 0"] = `{"entities":{}}` },
		"no ids":   func(p *place) { p.answers["inventory 0"] = `{"entities":[{"conversationId":"c"},7,{"recordingId":8}]}` },
		"an empty": func(p *place) { p.answers["inventory 0"] = `{}` },
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, p *place) {
				spoil(p)
				p.start(withInventory)
				p.add(byRecordingAlone(1))
				p.settle()
				p.add(byRecordingAlone(1))
				p.settle()
				if len(p.calls()) != 1 || len(p.told()) != 0 {
					t.Errorf("asked %v, told %v", p.calls(), p.told())
				}
			})
		})
	}
}

// TestInventoryIsBounded: questions that wait for one reading are as many as
// calls may be.
func TestInventoryIsBounded(t *testing.T) {
	inTime(t, func(t *testing.T, p *place) {
		p.lists([]int{1, 2, 3, 4, 5, 6})
		p.start(withInventory, func(c *enrich.Config) { c.Sources.Recordings, c.Waiting = nil, 3 })
		for n := 1; n <= 6; n++ {
			p.add(byRecordingAlone(n))
		}
		done := make(chan struct{})
		go func() { defer close(done); p.pump() }()
		pass(time.Second)
		if waiting := p.stage.Stats().Waiting; waiting > 3 {
			t.Errorf("%d questions wait, more than 3", waiting)
		}
		<-done
		p.settle()
		if len(p.told()) != 6 {
			t.Errorf("told %v", p.told())
		}
	})
}

// TestInventoryOfAProcessThatDies: the next one reads it again.
func TestInventoryOfAProcessThatDies(t *testing.T) {
	inTime(t, func(t *testing.T, p *place) {
		p.lists([]int{1}, []int{2})
		p.slow = time.Minute
		p.start(withInventory, func(c *enrich.Config) { c.Sources.Recordings = nil })
		p.add(byRecordingAlone(2))
		p.pump()
		pass(90 * time.Second)
		p.kill()
		p.start(withInventory, func(c *enrich.Config) { c.Sources.Recordings = nil })
		p.settle()
		if len(p.told()) != 1 {
			t.Errorf("told %v after %v", p.told(), p.calls())
		}
	})
}
