package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/cmd/earwitness/engine"
)

// lookOn asks for the status again and again until the answer is called, which
// gives the states that were seen.
func lookOn(status func() engine.Status) (end func() map[string]bool) {
	quit, seen := make(chan struct{}), make(chan map[string]bool)
	go func() {
		states := make(map[string]bool)
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		for {
			s := status()
			for _, reason := range s.NotReady(time.Minute) {
				states[reason] = true
			}
			select {
			case <-quit:
				seen <- states
				return
			case <-ticker.C:
			}
		}
	}()
	return func() map[string]bool {
		close(quit)
		return <-seen
	}
}

// places are the stages of a status, with the partitions that each follows.
func places(s *engine.Status) []string {
	var all []string
	for _, stage := range s.Stages {
		all = append(all, fmt.Sprintf("%s %s %d", stage.Stage, stage.Topic, len(stage.Partitions)))
	}
	return all
}

// A run and a rebuild can be looked at while they work, and at their end each
// stage has everything and keeps it.
func TestStatus(t *testing.T) {
	c := storedWorlds(t)[0].settings(t, t.TempDir())
	var steps []string
	e, err := engine.Open(t.Context(), c, quiet(), engine.Options{Once: true, Opening: func(step string) { steps = append(steps, step) }})
	if err != nil {
		t.Fatal(err)
	}
	if s := e.Status(); s.Following || len(s.NotReady(time.Minute)) != 1 {
		t.Errorf("before it follows anything it says %q", s.NotReady(time.Minute))
	}
	end := lookOn(e.Status)
	result, err := e.Once(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	end()
	s := e.Status()
	want := []string{
		"correlate earwitness.evidence 3", "index earwitness.access 3",
		"worm earwitness.evidence 3", "worm earwitness.access 3", "worm earwitness.deadletter 3",
	}
	if diff := cmp.Diff(want, places(&s)); diff != "" {
		t.Errorf("stages (-want +got):\n%s", diff)
	}
	for _, stage := range s.Stages {
		for n, p := range stage.Partitions {
			if p.Partition != n || p.State != engine.StateFollowing || p.Position <= 0 || p.Position != p.End || p.Durable != p.End || p.Lag != 0 || p.LagSeconds != 0 || p.Records < p.Position || p.Retries != 0 {
				t.Errorf("%s at %s is %+v", stage.Stage, stage.Topic, p)
			}
		}
	}
	records := int64(0)
	for _, source := range s.Sources {
		records += source.Records
	}
	if records != result.Records() || s.Correlator.Published == 0 || len(s.Correlator.Partitions) != 3 || s.Archives[0].Segments == 0 || s.Archives[0].Gathered != 0 {
		t.Errorf("status %+v of a run of %d records", s, result.Records())
	}
	if reasons := s.NotReady(time.Minute); len(reasons) > 0 {
		t.Errorf("it is not ready: %q", reasons)
	}
	if err := e.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.Status()
	if len(steps) != 6 || steps[0] != "settling the epoch" || steps[5] != "opening the sources" {
		t.Errorf("it said that it was %q", steps)
	}

	r, err := engine.OpenRebuild(t.Context(), c, quiet(), nil)
	if err != nil {
		t.Fatal(err)
	}
	end = lookOn(r.Status)
	rebuilt, err := r.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if seen := end(); !seen["a rebuild goes on"] {
		t.Errorf("a rebuild counts as ready: %v", seen)
	}
	if s := r.Status(); s.Rebuilding || s.Epoch != rebuilt.Epoch || s.Correlator == nil {
		t.Errorf("at its end a rebuild of epoch %d says %+v", rebuilt.Epoch, s)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}
