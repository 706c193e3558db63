package index

import (
	"context"
	"fmt"
)

// commit writes the chunks of a batch and their positions in one transaction.
// It uses no cancellable context: the transaction is short, and ended by
// itself.
func (x *Index) commit(batch []work) {
	if len(batch) == 0 {
		return
	}
	rows := x.store.rows
	rows.reset(x.store.floor)
	next := map[int]int64{}
	for i := range batch {
		if w := &batch[i]; x.stands(w) {
			rows.addChunk(w.chunk)
			next[w.partition] = max(next[w.partition], w.chunk.next)
		}
	}
	if err := x.store.apply(context.Background(), rows, next); err != nil { //nolint:forbidigo // see above
		x.fail(batch, fmt.Errorf("write to index %s: %w", x.cfg.Path, err))
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for n, offset := range next {
		x.partitions[n].next = max(x.partitions[n].next, offset)
	}
}

// stands says whether a chunk was queued since its partition last failed.
func (x *Index) stands(w *work) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.partitions[w.partition].run == w.run
}

func (x *Index) fail(batch []work, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range batch {
		p := &x.partitions[batch[i].partition]
		if p.run == batch[i].run {
			p.run, p.err = p.run+1, err
		}
	}
}
