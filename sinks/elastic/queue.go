package elastic

import "sync"

// bulk is the body of one request and what it holds.
type bulk struct {
	body  []byte
	items []item
}

// queue gathers items into bulks and keeps those that are ready to be sent.
// How much lies in it is bounded by the room that whoever adds has taken.
type queue struct {
	limit int

	mu     sync.Mutex
	wake   *sync.Cond
	open   *bulk
	ready  []*bulk
	spare  []*bulk
	closed bool
}

func newQueue(limit int) *queue {
	q := &queue{limit: limit, open: &bulk{}}
	q.wake = sync.NewCond(&q.mu)
	return q
}

// add copies the items of a piece into the open bulk.
func (q *queue) add(p *piece, e *encoder) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range e.items {
		it := e.items[i]
		lines := e.body[it.start:it.end]
		if len(q.open.items) > 0 && len(q.open.body)+len(lines) > q.limit {
			q.sealLocked()
		}
		it.piece = p
		q.open.add(it, lines)
	}
	if len(q.open.body) >= q.limit {
		q.sealLocked()
	}
}

// seal sends what is there.
func (q *queue) seal() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sealLocked()
}

func (q *queue) sealLocked() {
	if len(q.open.items) == 0 || q.closed {
		return
	}
	q.ready = append(q.ready, q.open)
	q.open = &bulk{}
	if n := len(q.spare); n > 0 {
		q.open, q.spare = q.spare[n-1], q.spare[:n-1]
	}
	q.wake.Signal()
}

// lower makes later bulks no larger than limit.
func (q *queue) lower(limit int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if limit >= q.limit {
		return false
	}
	q.limit = limit
	return true
}

// next waits for a bulk; nil when the queue was closed.
func (q *queue) next() *bulk {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.ready) == 0 && !q.closed {
		q.wake.Wait()
	}
	if q.closed {
		return nil
	}
	b := q.ready[0]
	q.ready[0] = nil
	q.ready = q.ready[1:]
	return b
}

// mostSpare is how many empty bulks are kept for their memory.
const mostSpare = 4

// recycle takes back a bulk that was sent.
func (q *queue) recycle(b *bulk) {
	b.clear()
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.spare) < mostSpare {
		q.spare = append(q.spare, b)
	}
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wake.Broadcast()
}

// add appends an item with its lines.
func (b *bulk) add(it item, lines []byte) {
	it.start = len(b.body)
	b.body = append(b.body, lines...)
	it.end = len(b.body)
	b.items = append(b.items, it)
}

func (b *bulk) clear() {
	clear(b.items)
	b.body, b.items = b.body[:0], b.items[:0]
}

// keep leaves those items that still have no result, and moves their lines
// together.
func (b *bulk) keep(waiting []item) {
	body := b.body[:0]
	items := b.items[:0]
	for _, it := range waiting {
		start := len(body)
		body = append(body, b.body[it.start:it.end]...)
		it.start, it.end = start, len(body)
		items = append(items, it)
	}
	clear(b.items[len(items):])
	b.body, b.items = body, items
}

// cut gives the items from i on to a bulk of their own.
func (b *bulk) cut(i int) *bulk {
	rest := &bulk{}
	for _, it := range b.items[i:] {
		rest.add(it, b.body[it.start:it.end])
	}
	b.body = b.body[:b.items[i-1].end]
	clear(b.items[i:])
	b.items = b.items[:i]
	return rest
}
