package index

import (
	"context"
	"fmt"
	"math"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
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
			x.take(rows, w.partition, w.chunk, next)
		}
	}
	if err := x.store.apply(context.Background(), rows, next); err != nil {
		x.fail(batch, fmt.Errorf("write to index %s: %w", x.cfg.Path, err))
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for n, offset := range next {
		x.partitions[n].next = offset
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

// take adds what a chunk holds from the partition's position on.
func (x *Index) take(rows *rows, n int, chunk *bus.Chunk[*access.Record], next map[int]int64) {
	from, ok := next[n]
	if !ok {
		x.mu.Lock()
		from = x.partitions[n].next
		x.mu.Unlock()
	}
	for i := range chunk.Messages {
		m := &chunk.Messages[i]
		if m.Offset < from || i < len(chunk.Controls) && chunk.Controls[i] != nil {
			continue
		}
		if err := takeRecord(rows, chunk, i); err != nil {
			// The bytes stay in the topic and in WORM; a view cannot do
			// more with them than say so.
			x.log.Error("leave record out of index", "partition", n, "offset", m.Offset, "error", err)
		}
	}
	if chunk.Next > from {
		next[n] = chunk.Next
	}
}

func takeRecord(rows *rows, chunk *bus.Chunk[*access.Record], i int) error {
	if i < len(chunk.Errs) && chunk.Errs[i] != nil {
		return fmt.Errorf("decode record: %w", chunk.Errs[i])
	}
	var r *access.Record
	if i < len(chunk.Values) {
		r = chunk.Values[i]
	}
	if r == nil {
		return fmt.Errorf("decode record: the message has no value")
	}
	data := chunk.Messages[i].Value
	if len(data) == 0 {
		var err error
		if data, err = r.MarshalVT(); err != nil {
			return fmt.Errorf("encode record: %w", err)
		}
	}
	if len(r.Id) != len(id{}) || r.Arrival == nil || r.Arrival.Revision > math.MaxInt64 {
		return fmt.Errorf("decode record: an identity of 16 bytes and a revision are needed, got %d bytes and %d",
			len(r.Id), r.GetArrival().GetRevision())
	}
	return rows.add(r, data)
}
