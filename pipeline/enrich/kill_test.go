package enrich_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"earwitness/pipeline/enrich"
)

func onlyRecordings(c *enrich.Config) { c.Sources.Sidecars = nil }

// TestRestart: what was asked and told before is known, and what waited is
// asked for.
func TestRestart(t *testing.T) {
	inTime(t, func(t *testing.T, p *place) {
		p.knows(0, 20)
		p.start(onlyRecordings)
		for n := range 10 {
			p.add(request(n))
		}
		p.settle()
		p.hold = make(chan struct{})
		for n := 10; n < 20; n++ {
			p.add(request(n))
		}
		p.pump()
		synctest.Wait()
		pass(time.Minute) // positions are stored
		p.kill()
		if p.position != 20 { // behind ten requests and their answers
			t.Errorf("position %d was stored, want that of the first that waits", p.position)
		}
		p.hold = nil
		before := len(p.calls())
		p.start(onlyRecordings)
		for n := range 20 {
			p.add(request(n))
		}
		p.settle()
		if again := len(p.calls()) - before; again != 10 {
			t.Errorf("%d calls after the restart, want those for the ten that waited", again)
		}
		if n := len(p.told()); n != 20 {
			t.Errorf("%d answers are published, want one for each recording", n)
		}
	})
}

// TestKilled kills the stage at any moment, and lets its topics and positions
// fail: in the end everybody was told, and no answer that is durable was asked
// for again.
func TestKilled(t *testing.T) {
	seeds := uint64(60)
	if testing.Short() {
		seeds = 15
	}
	for seed := range seeds {
		inTime(t, func(t *testing.T, p *place) { killed(t, p, seed) })
	}
}

func killed(t *testing.T, p *place, seed uint64) {
	t.Helper()
	const recordings, users = 30, 5
	rng := rand.New(rand.NewPCG(seed, 6))
	p.knows(0, recordings)
	for u := range users {
		p.answers[fmt.Sprint("user u", u)] = fmt.Sprintf(`{"id":"u%d","name":"User %d"}`, u, u)
	}
	faults := rand.New(rand.NewPCG(seed, 7))
	p.slow = 3 * time.Second
	p.fault = func(string) error {
		if faults.IntN(8) == 0 {
			return errInjected
		}
		return nil
	}
	p.start(onlyRecordings)
	wanted := map[string]bool{}
	for range 60 {
		n, user := rng.IntN(recordings), fmt.Sprint("u", rng.IntN(users))
		if rng.IntN(2) == 0 {
			p.add(request(n))
		} else {
			p.add(act(n, user))
			wanted[fmt.Sprintf("%s under %s: User %s", user, recordingID(n), user[1:])] = true
		}
		wanted[fmt.Sprintf("%s under %s: audio", recordingID(n), recordingID(n))] = true
		switch rng.IntN(6) {
		case 0:
			p.pump()
			pass(time.Duration(rng.IntN(20)) * time.Second)
		case 1:
			p.pump()
			p.kill()
			p.start(onlyRecordings)
		case 2:
			p.pump()
		}
	}
	p.mu.Lock()
	p.fault = func(string) error { return nil }
	p.mu.Unlock()
	p.settle()
	for _, line := range p.told() {
		delete(wanted, line)
	}
	for line := range wanted {
		t.Errorf("seed %d: %s was never told", seed, line)
	}
	told := len(p.told())
	p.settle()
	for n := range recordings {
		p.add(request(n))
	}
	p.settle()
	if fresh := len(p.told()) - told; fresh > recordings {
		t.Errorf("seed %d: %d answers were told anew", seed, fresh)
	}
}
