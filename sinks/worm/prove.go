package worm

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// ErrNotArchived says that a log does not hold the record that was asked for.
var ErrNotArchived = errors.New("record is not in the log")

// Find gives the first record of a log that match is true for, reading it
// from its start; ErrNotArchived when there is none.
func (r *Reader) Find(ctx context.Context, log Log, match func(Record) bool) (Record, error) {
	var found Record
	errFound := errors.New("found")
	err := r.Read(ctx, log, 0, func(record Record) error {
		if match(record) {
			found = record
			return errFound
		}
		return nil
	})
	switch {
	case errors.Is(err, errFound):
		return found, nil
	case err != nil:
		return Record{}, err
	}
	return Record{}, fmt.Errorf("find record in %s: %w", log, ErrNotArchived)
}

// Prove makes the proof of the record at an offset of the topic, to the
// latest checkpoint of its log. With since, a signed note kept from before,
// the proof also shows that the log has only grown since then. It reads all
// heads of the log and the bodies that it needs, two at most.
func (r *Reader) Prove(ctx context.Context, log Log, offset int64, since []byte) (Proof, error) {
	w := witness{r: r, nodes: make(map[compact.NodeID][]byte)}
	var older Checkpoint
	if len(since) > 0 {
		var err error
		if older, err = OpenCheckpoint(since, r.known); err != nil {
			return Proof{}, fmt.Errorf("read older checkpoint: %w", err)
		}
		if older.Log != log {
			return Proof{}, fmt.Errorf("prove record: the older checkpoint is of %s, not %s", older.Log, log)
		}
	}
	if err := w.climb(ctx, log, offset, older.Size); err != nil {
		return Proof{}, fmt.Errorf("prove offset %d of %s: %w", offset, log, err)
	}
	if w.entry == nil {
		return Proof{}, fmt.Errorf("prove offset %d of %s: %w", offset, log, ErrNotArchived)
	}
	p := Proof{
		Format: ProofFormat, Object: w.object, Index: w.index, Entry: w.entry,
		Checkpoint: string(w.latest.Note), Since: string(since),
	}
	nodes, err := proof.Inclusion(w.index, w.latest.Size)
	if err == nil {
		p.Inclusion, err = w.hashes(nodes)
	}
	if err == nil && older.Size > 0 && older.Size <= w.latest.Size {
		if nodes, err = proof.Consistency(older.Size, w.latest.Size); err == nil {
			p.Consistency, err = w.hashes(nodes)
		}
	}
	if err != nil {
		return Proof{}, fmt.Errorf("prove offset %d of %s: %w", offset, log, err)
	}
	// What cannot be checked is not handed out: an older checkpoint of
	// another history is found here.
	if _, err := CheckProof(r.known, p); err != nil {
		return Proof{}, err
	}
	return p, nil
}

// witness gathers the nodes of a tree from the heads of its segments, and
// below them from the bodies of those that are looked into.
type witness struct {
	r      *Reader
	nodes  map[compact.NodeID][]byte
	latest Checkpoint
	// What was looked for.
	object string
	index  uint64
	entry  []byte
}

func (w *witness) climb(ctx context.Context, log Log, offset int64, size uint64) error {
	names, err := w.r.segments(ctx, log, 0)
	if err != nil {
		return err
	}
	whole, before := w.r.trees.empty(0), emptyEnd()
	for _, name := range names {
		h, c, err := readObject(ctx, w.r.store, name, w.r.known, func(h *head, rest io.Reader) error {
			if err := checkChain(before, h); err != nil {
				return formatError("%w", err)
			}
			inside := h.first <= offset && offset < h.next || h.sizeBefore < size && size < h.sizeAfter()
			if !inside {
				return nil
			}
			return w.look(h, name, rest, offset)
		})
		if err != nil {
			return err
		}
		if err := w.add(whole, h, name); err != nil {
			return err
		}
		before, w.latest = endOf(h, c.Head), c
	}
	return nil
}

// add merges a segment's range into the tree, keeping all nodes on the way.
func (w *witness) add(whole *compact.Range, h *head, name string) error {
	segment, err := w.r.trees.fromHashes(h.sizeBefore, h.sizeAfter(), h.segmentRange)
	if err != nil {
		return &TamperError{Object: name, Err: err}
	}
	for i, id := range compact.RangeNodes(h.sizeBefore, h.sizeAfter(), nil) {
		w.keep(id, h.segmentRange[i][:])
	}
	if err := whole.AppendRange(segment, w.keep); err != nil {
		return err
	}
	root, err := rangeRoot(whole)
	if err != nil {
		return err
	}
	if root != h.rootAfter {
		return &TamperError{Object: name, Err: errors.New("its ranges do not give its root")}
	}
	return nil
}

func (w *witness) keep(id compact.NodeID, hash []byte) { w.nodes[id] = hash }

// look keeps the nodes below the ranges of a segment, and the entry that
// covers offset.
func (w *witness) look(h *head, name string, rest io.Reader, offset int64) error {
	body, err := loadBody(rest, h)
	if err != nil {
		return err
	}
	leaves, segment := newLeafHasher(), w.r.trees.empty(h.sizeBefore)
	return walkBody(body, h, w.r.decoder, func(entry []byte) error {
		record, err := parseEntry(entry)
		if err != nil {
			return formatError("%w", err)
		}
		if record.Message.Offset == offset || record.Gap != nil && record.Gap.First <= offset && offset < record.Gap.Next {
			w.object, w.index, w.entry = name, segment.End(), entry
		}
		return segment.Append(leaves.sum(entry), w.keep)
	})
}

func (w *witness) hashes(nodes proof.Nodes) ([][]byte, error) {
	hashes := make([][]byte, len(nodes.IDs))
	for i, id := range nodes.IDs {
		hash, ok := w.nodes[id]
		if !ok {
			return nil, fmt.Errorf("node %d of level %d is missing", id.Index, id.Level)
		}
		hashes[i] = hash
	}
	return nodes.Rehash(hashes, rfc6962.DefaultHasher.HashChildren)
}
