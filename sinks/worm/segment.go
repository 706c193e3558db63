package worm

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/mod/sumdb/note"
)

// readSigned reads the head of an object and checks that it is signed and has
// the name it should have. What is wrong with the bytes is a *TamperError.
func readSigned(ctx context.Context, store Store, name string, known note.Verifiers) (*head, Checkpoint, error) {
	return readObject(ctx, store, name, known, func(*head, io.Reader) error { return nil })
}

// readObject reads the head as readSigned does, and gives the rest to follow,
// whose errors about bytes become a *TamperError too.
func readObject(ctx context.Context, store Store, name string, known note.Verifiers,
	follow func(h *head, rest io.Reader) error,
) (h *head, c Checkpoint, err error) {
	object, err := store.Open(ctx, name)
	if err != nil {
		return nil, Checkpoint{}, err
	}
	defer func() { err = errors.Join(err, object.Close()) }()
	h, encoded, signed, err := readHead(object)
	if err == nil {
		if c, err = checkSigned(name, h, encoded, signed, known); err != nil {
			return nil, Checkpoint{}, &TamperError{Object: name, Err: err}
		}
		err = follow(h, object)
	}
	if errors.Is(err, errFormat) {
		err = &TamperError{Object: name, Err: err}
	}
	return h, c, err
}

var errUnsigned = errors.New("its head is not the one that was signed")

// checkSigned says whether the note is signed by a known key and is about
// this head, and the head about this name.
func checkSigned(name string, h *head, encoded, signed []byte, known note.Verifiers) (Checkpoint, error) {
	if h.log.Object(h.first) != name {
		return Checkpoint{}, fmt.Errorf("it says of itself that it is %s", h.log.Object(h.first))
	}
	c, err := OpenCheckpoint(signed, known)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("its checkpoint: %w", err)
	}
	want := h.checkpoint(encoded)
	if c.text() != want.text() {
		return c, errUnsigned
	}
	return c, h.checkCount()
}

// checkChain says whether a head goes on from the end of the segment before.
func checkChain(before end, h *head) error {
	if before.next < 0 {
		before.next, before.filtered = h.first, h.filtered
	}
	switch {
	case h.first != before.next:
		return fmt.Errorf("it begins at offset %d, the segment before ends at %d", h.first, before.next)
	case h.previous != before.head:
		return errors.New("it was written behind another segment than the one before it")
	case h.sizeBefore != before.size || h.rootBefore != before.root:
		return errors.New("its tree does not go on from the one before it")
	case h.filtered != before.filtered:
		return fmt.Errorf("it is %s, the log %s", completeness(h.filtered), completeness(before.filtered))
	}
	return nil
}

// checkTree says whether the tree range of a head gives its root.
func checkTree(trees tree, h *head) error {
	whole, err := trees.fromHashes(0, h.sizeAfter(), h.treeRange)
	if err != nil {
		return err
	}
	root, err := rangeRoot(whole)
	if err == nil && root != h.rootAfter {
		err = errors.New("its tree range does not give its root")
	}
	return err
}

// loadBody reads what follows a signed head. Body and index are those that
// were signed, and nothing follows.
func loadBody(r io.Reader, h *head) ([]byte, error) {
	body, err := readAll(io.LimitReader(r, int64(h.bodyLength)), int64(h.bodyLength))
	if err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	if uint64(len(body)) != h.bodyLength || sha256.Sum256(body) != h.bodyHash {
		return nil, formatError("its body is not the one that was signed")
	}
	return body, readIndex(r, h)
}

// readAll is io.ReadAll with a guess of the size.
func readAll(r io.Reader, size int64) ([]byte, error) {
	buffer := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	_, err := buffer.ReadFrom(r)
	return buffer.Bytes(), err
}

// walkBody visits the entries of a body and holds them against the rules.
// visit may keep the entry. Its error comes back as it is.
func walkBody(body []byte, h *head, decoder *zstd.Decoder, visit func(entry []byte) error) error {
	rules := entryRules{head: h, want: h.first}
	blocks := newBlockReader(bytes.NewReader(body), h.compression, h.plainLength, decoder)
	for {
		blocks.stored, blocks.plain = nil, nil
		_, err := blocks.next(func(entry []byte) error {
			if err := rules.check(entry); err != nil {
				return formatError("%w", err)
			}
			return visit(entry)
		})
		var visited *visitError
		switch {
		case errors.Is(err, io.EOF):
			return rules.end(blocks.sum)
		case errors.As(err, &visited):
			return visited.err
		case err != nil:
			return err
		}
	}
}

func equalHashes(a, b []Hash) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// readIndex reads what stands behind the body and checks that it is the
// index, and that nothing follows.
func readIndex(r io.Reader, h *head) error {
	index := sha256.New()
	n, err := io.Copy(index, io.LimitReader(r, int64(h.indexLength())+1))
	if err != nil {
		return fmt.Errorf("read index: %w", err)
	}
	if n != int64(h.indexLength()) || Hash(index.Sum(nil)) != h.indexHash {
		return formatError("its index is not the one that was signed")
	}
	return nil
}

// entryRules are what the format asks of the entries of a segment.
type entryRules struct {
	head *head
	// want is the least offset of the next entry.
	want  int64
	count uint32
}

// end judges the number of entries and of plain bytes.
func (r *entryRules) end(plain uint64) error {
	if r.count != r.head.count || plain != r.head.plainLength {
		return formatError("it has %d entries of %d bytes, its head says %d of %d",
			r.count, plain, r.head.count, r.head.plainLength)
	}
	return nil
}

func (r *entryRules) check(entry []byte) error {
	record, err := parseEntry(entry)
	if err != nil {
		return err
	}
	offset := record.Message.Offset
	r.count++
	switch {
	case (record.Gap != nil) != (r.head.kind == kindGap):
		return fmt.Errorf("entry %d is of another kind than its segment", r.count-1)
	case record.Gap != nil && (offset != r.head.first || record.Gap.Next != r.head.next):
		return fmt.Errorf("the gap from %d to %d is not the range of its segment", offset, record.Gap.Next)
	case offset < r.want || offset >= r.head.next || (!r.head.filtered && offset != r.want):
		return fmt.Errorf("entry %d has offset %d where %d should follow", r.count-1, offset, r.want)
	}
	r.want = offset + 1
	return nil
}
