package elastic

import (
	"context"
	"sync"
	"sync/atomic"
)

// partition is what the sink knows of one.
type partition struct {
	number int
	// storing is held by whoever stores the position.
	storing chan struct{}
	// buried are its dead letters.
	buried atomic.Uint64

	mu  sync.Mutex
	run *run
	// stored is what the keeper of positions was told last in this run.
	stored int64
}

// run is one delivery of a partition, from a position on. When the follower
// begins again, a new one takes its place, and what is still under way of the
// old one moves nothing any more.
type run struct {
	mu sync.Mutex
	// next is the offset that is wanted, done the one before which the
	// result of everything is known.
	next, done int64
	pieces     []*piece
	err        error
	// changed is closed, and replaced, when done or err changes.
	changed chan struct{}
}

// piece is a stretch of a run whose items go out together or apart.
type piece struct {
	run  *run
	to   int64
	left int
	// bytes of the room in memory that it holds.
	bytes int64
}

func newRun(from int64) *run {
	return &run{next: from, done: from, changed: make(chan struct{})}
}

// current is the run under way. Where nobody has asked for a position, the
// first chunk says where it begins.
func (p *partition) current(from int64) *run {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.run == nil {
		p.run, p.stored = newRun(from), -1
	}
	return p.run
}

// restart begins a run at a position.
func (p *partition) restart(from int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.run, p.stored = nil, from
	if from >= 0 {
		p.run = newRun(from)
	}
}

// settled is the offset before which the result of everything is known; -1
// where there is no run.
func (p *partition) settled() int64 {
	p.mu.Lock()
	r := p.run
	p.mu.Unlock()
	if r == nil {
		return -1
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.done
}

// wanted is the next offset, and why the run can't go on.
func (r *run) wanted() (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.next, r.err
}

// add puts a piece behind those before. One without items is done when all
// before it is.
func (r *run) add(p *piece) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next = p.to
	r.pieces = append(r.pieces, p)
	r.advance()
}

// settle takes n items of a piece as done and says whether these were its
// last.
func (p *piece) settle(n int) bool {
	r := p.run
	r.mu.Lock()
	defer r.mu.Unlock()
	p.left -= n
	if p.left > 0 {
		return false
	}
	r.advance()
	return true
}

// advance moves done over the pieces that are whole. A run that failed stays
// where it is: some of its items have no result and never get one. r.mu is
// held.
func (r *run) advance() {
	if r.err != nil {
		return
	}
	before := r.done
	for len(r.pieces) > 0 && r.pieces[0].left == 0 {
		r.done = r.pieces[0].to
		r.pieces[0] = nil
		r.pieces = r.pieces[1:]
	}
	if r.done != before {
		r.notify()
	}
}

func (r *run) notify() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// fail ends the run: the next write and flush report err.
func (r *run) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
		r.notify()
	}
}

// await waits until all before an offset is done.
func (r *run) await(ctx context.Context, offset int64, ended <-chan struct{}) error {
	for {
		r.mu.Lock()
		done, err, changed := r.done, r.err, r.changed
		r.mu.Unlock()
		if done >= offset {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-ended:
			return ErrClosed
		}
	}
}
