package intaketest

import (
	"context"
	"errors"
	"sync"

	"earwitness/pipeline/evidence"
)

// ErrFull is what a Publisher answers behind its limit.
var ErrFull = errors.New("the publisher takes no more")

// Publisher is an intake.Publisher that keeps what it took. It answers from
// other goroutines and, two by two, in reverse order. It is safe for
// concurrent use.
type Publisher struct {
	// Limit is how many batches are acknowledged; those behind fail. A
	// negative one has no limit.
	Limit int

	mu      sync.Mutex
	batches []evidence.Batch
	taken   int
	held    func()
	work    sync.WaitGroup
}

// Publish implements intake.Publisher.
func (p *Publisher) Publish(ctx context.Context, batch evidence.Batch, done func(error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken++
	var outcome error
	if p.Limit >= 0 && p.taken > p.Limit {
		outcome = ErrFull
	} else {
		p.batches = append(p.batches, batch)
	}
	answer := func() { done(outcome) }
	if p.held == nil {
		p.held = answer
		// The held one is answered by the next, or when no other comes.
		p.work.Go(p.release)
		return nil
	}
	earlier := p.held
	p.held = nil
	p.work.Go(func() {
		answer()
		earlier()
	})
	return nil
}

// release answers the held batch unless its successor did.
func (p *Publisher) release() {
	p.mu.Lock()
	held := p.held
	p.held = nil
	p.mu.Unlock()
	if held != nil {
		held()
	}
}

// Taken gives what was acknowledged, after all is answered.
func (p *Publisher) Taken() []evidence.Batch {
	p.work.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.batches
}
