package worm

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
)

// logCheck goes through the segments of one log.
type logCheck struct {
	v      *verification
	report LogReport
	// end of the segment before, as far as it is trusted; known is false
	// behind a segment that was not, and then the next one's own word is
	// taken for what lies before it.
	end   end
	known bool
	kept  []Checkpoint
}

func (v *verification) log(ctx context.Context, log Log) error {
	l := &logCheck{
		v: v, end: emptyEnd(), known: true, kept: slices.Clone(v.kept[log]),
		report: LogReport{Log: log, First: -1, Next: -1, Root: emptyEnd().root, Kept: len(v.kept[log])},
	}
	for _, object := range v.objects[log] {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := l.segment(ctx, object); err != nil {
			return err
		}
		v.progress(object)
	}
	l.finish()
	v.report.Logs = append(v.report.Logs, l.report)
	return nil
}

// find notes a finding about an object as a whole.
func (l *logCheck) find(what Fault, object string, detail string) {
	l.findRecord(what, object, -1, -1, detail)
}

func (l *logCheck) findRecord(what Fault, object string, record, offset int64, detail string) {
	l.v.find(Finding{
		What: what, Log: l.report.Log.String(), Object: object, Record: record, Offset: offset, Detail: detail,
	})
}

// segment checks one object. Its error ends the whole check.
func (l *logCheck) segment(ctx context.Context, object Object) error {
	l.report.Segments++
	l.report.Bytes += object.Size
	stored, err := l.v.store.Open(ctx, object.Name)
	if err == nil {
		watched := &watchedReader{r: stored}
		l.contents(object.Name, bufio.NewReaderSize(watched, 16<<10), object.Size)
		err = errors.Join(watched.err, stored.Close())
	}
	if err == nil {
		return nil
	}
	l.known = false
	if ctx.Err() != nil {
		return ctx.Err()
	}
	l.v.report.Unread = append(l.v.report.Unread, &ReadError{Object: object.Name, Err: err})
	return nil
}

// watchedReader remembers an error of reading, so that it is never taken for
// a fault of the bytes.
type watchedReader struct {
	r   io.Reader
	err error
}

func (w *watchedReader) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

func (l *logCheck) contents(name string, r io.Reader, size int64) {
	h, encoded, signed, err := readHead(r)
	if err != nil {
		if errors.Is(err, errFormat) {
			l.find(FaultHead, name, err.Error())
		}
		l.known = false
		return
	}
	c, err := checkSigned(name, h, encoded, signed, l.v.known)
	trusted := err == nil
	if err != nil {
		l.find(signatureFault(err), name, err.Error())
		if h.log.Object(h.first) != name {
			// A segment from another place: what it holds says nothing here.
			l.known = false
			return
		}
	}
	if trusted {
		l.chain(name, h)
	}
	l.body(name, h, r, size, trusted)
	l.known = trusted
	if trusted {
		l.end = endOf(h, c.Head)
		l.count(h)
	}
}

func signatureFault(err error) Fault {
	var signature *SignatureError
	if errors.As(err, &signature) {
		return FaultSignature
	}
	return FaultHead
}

// chain holds a signed head against the segment before it.
func (l *logCheck) chain(name string, h *head) {
	before := l.end
	if !l.known {
		// All that may be asked is that it does not begin in the past.
		if before.next > h.first {
			l.find(FaultChain, name, fmt.Sprintf("it begins at offset %d, which an earlier segment covers", h.first))
		}
	} else if err := checkChain(before, h); err != nil {
		switch {
		case before.next >= 0 && h.first > before.next:
			l.findRecord(FaultMissing, l.report.Log.Object(before.next), -1, before.next,
				fmt.Sprintf("the offsets %d to %d, %d records, are missing before %s",
					before.next, h.first-1, h.sizeBefore-min(before.size, h.sizeBefore), name))
		case before.next < 0:
			l.find(FaultMissing, name, fmt.Sprintf("it is not the first of its log: %d records before offset %d are missing",
				h.sizeBefore, h.first))
		default:
			l.find(FaultChain, name, err.Error())
		}
	}
	if err := checkTree(l.v.trees, h); err != nil {
		l.find(FaultHead, name, err.Error())
	}
	l.held(name, h.sizeBefore, h.rootBefore)
	l.held(name, h.sizeAfter(), h.rootAfter)
}

func (l *logCheck) count(h *head) {
	if l.report.First < 0 {
		l.report.First = h.first
	}
	if h.kind == kindRecords {
		l.report.Records += uint64(h.count)
	}
	l.report.Size, l.report.Root, l.report.Next = h.sizeAfter(), h.rootAfter, h.next
	l.report.Filtered = h.filtered
}

// held compares a root, which is signed, with kept checkpoints of its size.
func (l *logCheck) held(name string, size uint64, root Hash) {
	for i := range l.kept {
		c := &l.kept[i]
		if c.Size == size && c.Root != root {
			l.find(FaultHistory, name, fmt.Sprintf("at %d records the tree has the root %s, the checkpoint kept elsewhere %s",
				size, encodeHash(root), encodeHash(c.Root)))
			c.Root = root // once
		}
	}
}

// heldInside says whether a kept checkpoint has a size inside the segment,
// which was cut otherwise when it was signed.
func (l *logCheck) heldInside(h *head) bool {
	for _, c := range l.kept {
		if c.Size > h.sizeBefore && c.Size < h.sizeAfter() {
			return true
		}
	}
	return false
}

// finish judges what only the end of the log shows. Behind an end that was
// not trusted or read there is nothing to judge.
func (l *logCheck) finish() {
	if !l.known {
		return
	}
	for _, c := range l.kept {
		if c.Size <= l.report.Size && c.Next <= l.report.Next {
			continue
		}
		ends := max(l.report.Next, 0)
		l.v.find(Finding{
			What: FaultTail, Log: l.report.Log.String(), Object: l.report.Log.Object(ends), Record: -1, Offset: ends,
			Detail: fmt.Sprintf("the log ends before this offset with %d records; a checkpoint kept elsewhere stands for %d records up to offset %d",
				l.report.Size, c.Size, c.Next-1),
		})
		return
	}
}
