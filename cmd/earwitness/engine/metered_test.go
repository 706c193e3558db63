package engine

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"earwitness/pipeline/evidence"
)

// pending keeps what is published until it is answered for.
type pending struct {
	done    []func(error)
	refuses error
}

func (p *pending) Publish(_ context.Context, _ evidence.Batch, done func(error)) error {
	if p.refuses == nil {
		p.done = append(p.done, done)
	}
	return p.refuses
}

// A source waits for the bus when that has acknowledged nothing for a while,
// and not because much is under way.
func TestASourceThatWaitsForTheBus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := &pending{}
		m := &metered{to: bus}
		answered := 0
		publish := func() {
			t.Helper()
			batch := evidence.Batch{Evidence: make([]*evidence.Evidence, 30)}
			if err := m.Publish(t.Context(), batch, func(error) { answered++ }); !errors.Is(err, bus.refuses) {
				t.Errorf("Publish gives %v", err)
			}
		}
		stalled := func(want time.Duration) {
			t.Helper()
			_, since := m.look(time.Now())
			if got := time.Since(since); since.IsZero() != (want == 0) || want > 0 && got != want {
				t.Errorf("it waits since %s, want for %s", since, want)
			}
		}
		pass := func(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // the clock of the bubble
		stalled(0)
		publish()
		publish()
		pass(time.Second)
		stalled(0)
		bus.done[0](nil)
		pass(5 * time.Second)
		stalled(5 * time.Second)
		bus.refuses = errors.New("closed")
		publish()
		stalled(5 * time.Second)
		bus.done[1](nil)
		stalled(0)
		bus.refuses = nil
		publish()
		pass(2 * time.Minute)
		bus.done[2](errors.New("tried for two minutes"))
		stalled(0)
		publish()
		stalled(2 * time.Minute)
		bus.done[3](nil)
		if rate, _ := m.look(time.Now()); rate <= 0 || answered != 4 {
			t.Errorf("%d batches were answered for, the rate is %v", answered, rate)
		}
	})
}
