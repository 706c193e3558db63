package engine

import (
	"context"
	"sync"
	"time"

	"earwitness/pipeline/evidence"
	"earwitness/sources/intake"
)

// metered passes on what one source publishes, and knows how much that is of
// late and since when the bus has acknowledged none of it.
type metered struct {
	to intake.Publisher

	mu   sync.Mutex
	rate rate
	// open batches are not answered for yet; stalled is when the first of
	// them came, or one was acknowledged last.
	open    int
	stalled time.Time
	// refused says that the last answer was an error: what is published
	// then is tried again, and waits no shorter for that.
	refused bool
}

var _ intake.Publisher = (*metered)(nil)

// Publish implements intake.Publisher.
func (m *metered) Publish(ctx context.Context, batch evidence.Batch, done func(error)) error {
	m.begin()
	pieces := len(batch.Evidence) // the batch itself is not to be kept until it is answered for
	err := m.to.Publish(ctx, batch, func(err error) {
		m.end(pieces, err)
		done(err)
	})
	if err != nil {
		m.end(0, err)
	}
	return err
}

func (m *metered) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open == 0 && !m.refused {
		m.stalled = time.Now()
	}
	m.open++
}

func (m *metered) end(pieces int, err error) {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open--
	if m.refused = err != nil; !m.refused {
		m.stalled = now
		m.rate.add(pieces, now)
	}
}

// stallAfter is how long the bus may usually take to acknowledge.
const stallAfter = 2 * time.Second

// look gives the pieces a second, and since when the bus acknowledges
// nothing; zero where it does, or nothing is under way.
func (m *metered) look(now time.Time) (perSecond float64, stalled time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open > 0 && now.Sub(m.stalled) >= stallAfter {
		stalled = m.stalled
	}
	return m.rate.get(now), stalled
}
