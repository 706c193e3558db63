package elastic

import (
	"context"
	"sync"
)

// indices knows which are ready to be written to.
type indices struct {
	client    *client
	names     names
	onlyCheck bool

	// turn lets one goroutine ask at a time.
	turn chan struct{}

	mu       sync.Mutex
	prepared bool
	ready    map[string]bool
}

func newIndices(c *client, n names, onlyCheck bool) *indices {
	return &indices{client: c, names: n, onlyCheck: onlyCheck, turn: make(chan struct{}, 1), ready: map[string]bool{}}
}

// prepare sees once to the templates and to all indices that are there:
// nothing new is written before those of an older version are extended.
func (x *indices) prepare(ctx context.Context) error {
	if x.isReady("") {
		return nil
	}
	if err := x.take(ctx); err != nil {
		return err
	}
	defer x.give()
	if x.isReady("") {
		return nil
	}
	s := &setup{client: x.client, names: x.names}
	if x.onlyCheck {
		if err := s.verify(ctx); err != nil {
			return err
		}
	} else if err := s.install(ctx); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.prepared = true
	return nil
}

// ensure makes an index that is not there yet.
func (x *indices) ensure(ctx context.Context, name string) error {
	if x.isReady(name) {
		return nil
	}
	if err := x.prepare(ctx); err != nil {
		return err
	}
	if err := x.take(ctx); err != nil {
		return err
	}
	defer x.give()
	if x.isReady(name) {
		return nil
	}
	s := &setup{client: x.client, names: x.names}
	if err := s.index(ctx, name); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ready[name] = true
	return nil
}

// forget has an index that turned out to be gone made again.
func (x *indices) forget(name string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.ready, name)
}

// isReady of the empty name asks for the templates.
func (x *indices) isReady(name string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if name == "" {
		return x.prepared
	}
	return x.ready[name]
}

func (x *indices) take(ctx context.Context) error {
	select {
	case x.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (x *indices) give() { <-x.turn }
