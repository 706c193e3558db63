package worm

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/transparency-dev/merkle/compact"
)

// maxGrown bounds how far beyond its signed length an object is read.
const maxGrown = 64 << 20

// body checks what follows the head. A trusted head is signed; of another one
// it names what can be named. An error of r is the caller's to notice. The
// object has about size bytes.
func (l *logCheck) body(name string, h *head, r io.Reader, size int64, trusted bool) {
	length := int64(h.bodyLength) + int64(h.indexLength())
	rest, err := readAll(io.LimitReader(r, length+maxGrown), min(size, length))
	if err != nil {
		return
	}
	body, index := divide(h, rest)
	bodySame := sha256.Sum256(body) == h.bodyHash
	indexSame := sha256.Sum256(index) == h.indexHash
	named := false
	err = l.entries(h, body, trusted, name)
	if err != nil || !bodySame || !trusted {
		named = l.name(name, h, body, index, indexSame)
	}
	switch {
	case named:
	case int64(len(rest)) < length:
		l.find(FaultBody, name, fmt.Sprintf("%d bytes are cut off", length-int64(len(rest))))
	case int64(len(rest)) > length:
		l.find(FaultBody, name, "there are bytes behind its end")
	case err != nil:
		l.find(FaultBody, name, err.Error())
	case !bodySame:
		l.find(FaultBody, name, "its body is not the one that was signed, though its entries are")
	case !indexSame:
		l.find(FaultBody, name, "its index is not the one that was signed")
	}
}

// divide says what of the rest of an object is body and what index. Where the
// lengths are not those of the head, the index is looked for at both places
// where it may be: behind the signed length of the body, and at the end.
func divide(h *head, rest []byte) (body, index []byte) {
	ends := []int{min(int(h.bodyLength), len(rest)), max(len(rest)-h.indexLength(), 0)}
	for _, end := range ends {
		index = rest[end:min(end+h.indexLength(), len(rest))]
		if sha256.Sum256(index) == h.indexHash {
			return rest[:end], index
		}
	}
	return rest[:ends[0]], rest[ends[0]:min(ends[0]+h.indexLength(), len(rest))]
}

// entries unpacks a body and holds it against the rules, the ranges of its
// head and the tree before it.
func (l *logCheck) entries(h *head, body []byte, trusted bool, name string) error {
	segment := l.v.trees.empty(h.sizeBefore)
	var inside *compact.Range
	if trusted && l.known && l.end.size == h.sizeBefore && l.heldInside(h) {
		var err error
		if inside, err = l.v.trees.fromHashes(0, l.end.size, l.end.tree); err != nil {
			return err
		}
	}
	rules, leaves := entryRules{head: h, want: h.first}, newLeafHasher()
	blocks := newBlockReader(bytes.NewReader(body), h.compression, h.plainLength, l.v.strict)
	for {
		_, err := blocks.next(func(entry []byte) error {
			if err := rules.check(entry); err != nil {
				return err
			}
			leaf := leaves.sum(entry)
			if inside != nil {
				if err := l.heldAt(name, inside, leaf); err != nil {
					return err
				}
			}
			if h.kind == kindGap && trusted {
				if record, err := parseEntry(entry); err == nil {
					l.report.Gaps = append(l.report.Gaps, *record.Gap)
				}
			}
			return segment.Append(leaf, nil)
		})
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if err := rules.end(blocks.sum); err != nil {
		return err
	}
	return l.fits(h, segment)
}

// heldAt extends the tree by one leaf and holds it against kept checkpoints.
func (l *logCheck) heldAt(name string, whole *compact.Range, leaf []byte) error {
	if err := whole.Append(leaf, nil); err != nil {
		return err
	}
	for _, c := range l.kept {
		if c.Size != whole.End() {
			continue
		}
		root, err := rangeRoot(whole)
		if err != nil {
			return err
		}
		l.held(name, whole.End(), root)
		break
	}
	return nil
}

// fits says whether the entries' leaves are those of the ranges of the head.
func (l *logCheck) fits(h *head, segment *compact.Range) error {
	if !equalHashes(rangeHashes(segment), h.segmentRange) {
		return errors.New("its entries are not those of the signed tree")
	}
	if !l.known || l.end.size != h.sizeBefore {
		return nil
	}
	whole, err := l.v.trees.fromHashes(0, l.end.size, l.end.tree)
	if err != nil {
		return err
	}
	if err := whole.AppendRange(segment, nil); err != nil {
		return err
	}
	if !equalHashes(rangeHashes(whole), h.treeRange) {
		return errors.New("its entries, behind those before, do not give its tree")
	}
	return nil
}
