package worm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// maxNamed bounds how many records of one segment are named.
const maxNamed = 10

// trace is what is left of an entry: its tag, and its offset; -1 if it could
// not be read.
type trace struct {
	tag    uint64
	offset int64
}

// name says which records of a segment were changed, dropped, added or moved,
// by the index and, in a complete log, by the offsets. It returns whether it
// found any.
func (l *logCheck) name(object string, h *head, body, index []byte, indexSame bool) bool {
	// The head may be a lie: what is there bounds the effort.
	most := min(int64(h.count), int64(len(index)/tagLength))
	d := diagnosis{l: l, object: object, h: h, got: l.traces(h, body, most)}
	if indexSame {
		var want, got []uint64
		for tag := range slices.Chunk(index, tagLength) {
			want = append(want, binary.BigEndian.Uint64(tag))
		}
		for _, t := range d.got {
			got = append(got, t.tag)
		}
		if d.differ(got, want) {
			return true
		}
	}
	if h.filtered || h.kind == kindGap || h.next-h.first > 2*most+blockBytes {
		return false
	}
	var want, got []uint64
	for offset := h.first; offset < h.next; offset++ {
		want = append(want, uint64(offset))
	}
	for _, t := range d.got {
		got = append(got, uint64(t.offset))
	}
	return d.differ(got, want)
}

// traces gives what can still be made out of a damaged body, whose head says
// that it has count entries.
func (l *logCheck) traces(h *head, body []byte, count int64) []trace {
	var got []trace
	leaves := newLeafHasher()
	blocks := newBlockReader(bytes.NewReader(body), h.compression, maxPlain, l.v.lenient)
	for {
		before := len(got)
		entries, err := blocks.next(func(entry []byte) error {
			t := trace{binary.BigEndian.Uint64(leaves.sum(entry)), -1}
			if record, err := parseEntry(entry); err == nil {
				t.offset = record.Message.Offset
			}
			got = append(got, t)
			return nil
		})
		if errors.Is(err, io.EOF) {
			return got
		}
		lost := entries - (len(got) - before)
		if entries == 0 {
			// The block's own head is damaged: where the next one begins is
			// not known.
			lost = int(count) - len(got)
		}
		for err != nil && lost > 0 {
			got = append(got, trace{0, -1})
			lost--
		}
		if entries == 0 {
			return got
		}
	}
}

// diagnosis names the records of one object.
type diagnosis struct {
	l      *logCheck
	object string
	h      *head
	got    []trace
	named  int
}

// differ names what turns want into got; both stand for records by some key.
func (d *diagnosis) differ(got, want []uint64) bool {
	start := 0
	for start < len(got) && start < len(want) && got[start] == want[start] {
		start++
	}
	for len(got) > start && len(want) > start && got[len(got)-1] == want[len(want)-1] {
		got, want = got[:len(got)-1], want[:len(want)-1]
	}
	if len(got) == start && len(want) == start {
		return false
	}
	switch {
	case sameSet(got[start:], want[start:]):
		d.say(FaultMoved, start, d.got[start].offset,
			fmt.Sprintf("records %d to %d are not in the order in which they were signed", start, len(got)-1))
	case len(got) == len(want):
		for i := start; i < len(got); i++ {
			if got[i] != want[i] {
				d.say(FaultChanged, i, d.signedOffset(i), d.damage(i))
			}
		}
	default:
		d.lengths(got, want, start)
	}
	return true
}

// lengths names records where their number differs.
func (d *diagnosis) lengths(got, want []uint64, start int) {
	if dropped, ok := leftOut(got, want, start); ok {
		for _, i := range dropped {
			d.say(FaultDropped, i, d.signedOffset(i), "it was signed in this place and is not there")
		}
		return
	}
	if added, ok := leftOut(want, got, start); ok {
		for _, i := range added {
			d.say(FaultAdded, i, d.got[i].offset, "it stands in this place and was not signed")
		}
		return
	}
	d.say(FaultChanged, start, d.signedOffset(start),
		fmt.Sprintf("from here on %d records stand where %d were signed", len(got)-start, len(want)-start))
}

// leftOut gives the indexes in many of what few leaves out; false when few is
// not many with something left out.
func leftOut(few, many []uint64, start int) ([]int, bool) {
	if len(few) >= len(many) {
		return nil, false
	}
	var out []int
	f := start
	for m := start; m < len(many); m++ {
		if f < len(few) && few[f] == many[m] {
			f++
		} else {
			out = append(out, m)
		}
	}
	return out, f == len(few)
}

func sameSet(a, b []uint64) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func (d *diagnosis) damage(i int) string {
	if i >= len(d.got) || d.got[i].offset < 0 {
		return "it can no longer be unpacked"
	}
	return "its bytes are not those that were signed"
}

// signedOffset of the record that was signed at index i; in a filtered log
// what the record itself says.
func (d *diagnosis) signedOffset(i int) int64 {
	switch {
	case !d.h.filtered:
		return d.h.first + int64(i)
	case i < len(d.got):
		return d.got[i].offset
	}
	return -1
}

func (d *diagnosis) say(what Fault, i int, offset int64, detail string) {
	if d.named++; d.named <= maxNamed {
		d.l.findRecord(what, d.object, int64(i), offset, detail)
	}
}
