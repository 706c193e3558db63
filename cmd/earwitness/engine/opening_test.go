package engine_test

import (
	"context"
	"errors"
	"testing"

	"earwitness/cmd/earwitness/engine"
)

// Whatever an engine is about to open when it is told to stop, it says that
// this is why it did not open, and leaves nothing behind that runs or is
// locked.
func TestToldToStopWhileOpening(t *testing.T) {
	c := storedWorlds(t)[0].settings(t, t.TempDir())
	var steps []string
	for n := 0; n <= len(steps); n++ {
		ctx, cancel := context.WithCancel(t.Context())
		seen := 0
		opening := func(step string) {
			if n == 0 {
				steps = append(steps, step)
			}
			if seen++; seen == n {
				cancel()
			}
		}
		e, err := engine.Open(ctx, c, quiet(), engine.Options{Opening: opening})
		cancel()
		switch {
		case err == nil:
			// The last step asks nobody here, and does not hear of it.
			if n > 0 && n < len(steps) {
				t.Errorf("told to stop when it was %q it opened", steps[n-1])
			}
			if err := e.Close(t.Context()); err != nil {
				t.Error(err)
			}
		case n == 0 || !errors.Is(err, context.Canceled):
			t.Errorf("told to stop at step %d of %q: %v", n, steps, err)
		}
	}
}
