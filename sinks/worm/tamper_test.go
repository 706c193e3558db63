package worm

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tampering is a store of five segments of twenty records each, and what an
// adversary without the key does with it.
type tampering struct {
	t     *testing.T
	store *memory
	key   *Key
}

func (s tampering) name(segment int64) string { return testLog().Object(segment * 20) }

func newTampering(t *testing.T, compression Compression) tampering {
	s := tampering{t: t, store: newMemory(), key: newTestKey(t, "ours")}
	config := testConfig(t, s.store, s.key)
	config.Compression = compression
	archive := newTestArchive(t, config)
	for i := range int64(5) {
		write(t, archive, i*20, i*20+20)
		flush(t, archive)
	}
	return s
}

// parts of a segment: head with checkpoint, entries, index.
func (s tampering) parts(segment int64) (h *head, front []byte, entries [][]byte, index []byte) {
	s.t.Helper()
	object := s.store.objects[s.name(segment)]
	r := bytes.NewReader(object)
	h, _, _, err := readHead(r)
	if err != nil {
		s.t.Fatal(err)
	}
	front = object[:len(object)-r.Len()]
	body, err := loadBody(r, h)
	if err != nil {
		s.t.Fatal(err)
	}
	decoder, err := newDecoder(false)
	if err != nil {
		s.t.Fatal(err)
	}
	err = walkBody(body, h, decoder, func(entry []byte) error {
		entries = append(entries, bytes.Clone(entry))
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return h, bytes.Clone(front), entries, object[len(object)-h.indexLength():]
}

// rewrite changes the entries of the third segment. With cover the adversary also
// computes the head again, all of it but the signature.
func (s tampering) rewrite(cover bool, change func(entries [][]byte) [][]byte) {
	s.t.Helper()
	const segment = 2
	h, front, entries, index := s.parts(segment)
	b := s.build(h, change(entries))
	if !cover {
		b.closeBlock()
		s.store.objects[s.name(segment)] = slices.Concat(front, slices.Concat(b.blocks...), index)
		return
	}
	object, _, err := b.finish(s.before(h), s.key)
	if err != nil {
		s.t.Fatal(err)
	}
	// Put the old checkpoint in the place of the one that only we can make.
	r := bytes.NewReader(object)
	_, encoded, signed, err := readHead(r)
	if err != nil {
		s.t.Fatal(err)
	}
	_, _, old, err := readHead(bytes.NewReader(front))
	if err != nil {
		s.t.Fatal(err)
	}
	forged := binary.BigEndian.AppendUint32(encoded, uint32(len(old)))
	forged = append(append(forged, old...), object[len(encoded)+4+len(signed):]...)
	s.store.objects[s.name(segment)] = forged
}

func (s tampering) before(h *head) end {
	s.t.Helper()
	if h.sizeBefore == 0 {
		return emptyEnd()
	}
	before, _, _, _ := s.parts(h.first/20 - 1)
	return endOf(before, h.previous)
}

func (s tampering) build(h *head, entries [][]byte) *builder {
	s.t.Helper()
	c, err := newCodec()
	if err != nil {
		s.t.Fatal(err)
	}
	trees := newTree()
	b := &builder{
		codec: c, trees: trees, log: h.log, filtered: h.filtered, compression: h.compression, kind: h.kind,
		first: h.first, next: h.first, leaves: newLeafHasher(), segment: trees.empty(h.sizeBefore),
	}
	for _, entry := range entries {
		at := b.reserve()
		b.open = append(b.open, entry...)
		if err := b.closeEntry(at, 0); err != nil {
			s.t.Fatal(err)
		}
	}
	b.next = h.next
	return b
}

// foreign signs a segment anew with some other key.
func (s tampering) foreign(segment int64) {
	s.t.Helper()
	h, _, entries, _ := s.parts(segment)
	object, _, err := s.build(h, entries).finish(s.before(h), newTestKey(s.t, "theirs"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.store.objects[s.name(segment)] = object
}

func change(entries [][]byte) [][]byte {
	entries[7][len(entries[7])-1] ^= 1
	return entries
}

func drop(entries [][]byte) [][]byte { return slices.Delete(entries, 7, 8) }

func add(entries [][]byte) [][]byte { return slices.Insert(entries, 7, bytes.Clone(entries[3])) }

func move(entries [][]byte) [][]byte {
	entries[7], entries[12] = entries[12], entries[7]
	return entries
}

type tamperCase struct {
	name string
	do   func(s tampering)
	// kept: the checkpoint of the untouched store is known.
	kept bool
	// want is the beginning of each finding; LOG, S0 to S5 stand for names.
	want []string
}

func tamperCases() []tamperCase { return append(recordCases(), objectCases()...) }

// recordCases change the records of one segment.
func recordCases() []tamperCase {
	return []tamperCase{
		{"nothing", func(tampering) {}, true, nil},
		{"changed record", func(s tampering) { s.rewrite(false, change) }, false, []string{
			"record changed: S2: record 7: offset 47: its bytes are not those that were signed",
		}},
		{"dropped record", func(s tampering) { s.rewrite(false, drop) }, false, []string{
			"record dropped: S2: record 7: offset 47: it was signed in this place and is not there",
		}},
		{"added record", func(s tampering) { s.rewrite(false, add) }, false, []string{
			"record added: S2: record 7: offset 43: it stands in this place and was not signed",
		}},
		{"reordered records", func(s tampering) { s.rewrite(false, move) }, false, []string{
			"record moved: S2: record 7: offset 52: records 7 to 12 are not in the order in which they were signed",
		}},
		{"changed record, head made to fit", func(s tampering) { s.rewrite(true, change) }, false, []string{
			"head changed: S2: its head is not the one that was signed",
		}},
		{"dropped record, head made to fit", func(s tampering) { s.rewrite(true, drop) }, false, []string{
			"head changed: S2: its head is not the one that was signed",
			"record dropped: S2: record 7: offset 47: it was signed in this place and is not there",
		}},
		{"added record, head made to fit", func(s tampering) { s.rewrite(true, add) }, false, []string{
			"head changed: S2: its head is not the one that was signed",
			"record added: S2: record 7: offset 43: it stands in this place and was not signed",
		}},
		{"reordered records, head made to fit", func(s tampering) { s.rewrite(true, move) }, false, []string{
			"head changed: S2: its head is not the one that was signed",
			"record moved: S2: record 7: offset 52: records 7 to 12 are not in the order in which they were signed",
		}},
	}
}

// objectCases change which objects there are, or what they are.
func objectCases() []tamperCase {
	return []tamperCase{
		{"removed segment", func(s tampering) { delete(s.store.objects, s.name(2)) }, false, []string{
			"segment removed: S2: offset 40: the offsets 40 to 59, 20 records, are missing before S3",
		}},
		{"removed first segment", func(s tampering) { delete(s.store.objects, s.name(0)) }, false, []string{
			"segment removed: S1: it is not the first of its log: 20 records before offset 20 are missing",
		}},
		{"removed tail, nothing kept", func(s tampering) { delete(s.store.objects, s.name(4)) }, false, nil},
		{"removed tail", func(s tampering) { delete(s.store.objects, s.name(4)) }, true, []string{
			"tail removed or store rolled back: S4: offset 80: the log ends before this offset with 80 records; a checkpoint kept elsewhere stands for 100 records up to offset 99",
		}},
		{"store rolled back", func(s tampering) {
			for i := range int64(3) {
				delete(s.store.objects, s.name(2+i))
			}
		}, true, []string{
			"tail removed or store rolled back: S2: offset 40: the log ends before this offset with 40 records; a checkpoint kept elsewhere stands for 100 records",
		}},
		{"store emptied", func(s tampering) { clear(s.store.objects) }, true, []string{
			"tail removed or store rolled back: S0: offset 0: the log ends before this offset with 0 records",
		}},
		{"foreign signature", func(s tampering) { s.foreign(2) }, false, []string{
			"foreign signature: S2: its checkpoint: signed by theirs+",
		}},
		{"file that does not belong", func(s tampering) {
			s.store.objects["notes.txt"] = []byte("hello")
			s.store.objects[testLog().String()+"/5.seg"] = []byte("hello")
		}, false, []string{
			"does not belong: LOG/5.seg: it does not have the name of a segment",
			"does not belong: notes.txt: it does not have the name of a segment",
		}},
		{"segment under another name", func(s tampering) {
			s.store.objects[s.name(5)] = s.store.objects[s.name(2)]
		}, false, []string{"head changed: S5: it says of itself that it is S2"}},
		{"rubbish under a segment's name", func(s tampering) { s.store.objects[s.name(2)] = []byte("rubbish") }, false, []string{
			"head changed: S2: not a segment: the object ends inside its head",
		}},
		{"bytes behind the end", func(s tampering) {
			s.store.objects[s.name(2)] = append(bytes.Clone(s.store.objects[s.name(2)]), 0)
		}, false, []string{"bytes changed: S2: there are bytes behind its end"}},
		{"cut off", func(s tampering) {
			s.store.objects[s.name(2)] = s.store.objects[s.name(2)][:len(s.store.objects[s.name(2)])-1]
		}, false, []string{"bytes changed: S2: 1 bytes are cut off"}},
		{"delete marker", func(s tampering) {
			s.store.extra = []Object{{Name: s.name(2), Version: "v2", Marker: true}, {Name: s.name(2), Version: "v1", Noncurrent: true}}
		}, true, []string{
			"laid over: S2: a delete marker, version v2, lies over it; its first version, v1, is there and is what is checked",
		}},
		{"second version", func(s tampering) {
			s.store.extra = []Object{{Name: s.name(4), Version: "v2"}, {Name: s.name(4), Version: "v1", Noncurrent: true}}
		}, true, []string{"laid over: S4: version v2 lies over its first, v1, which is there and is what is checked"}},
		{"second version over a delete marker, first changed", func(s tampering) {
			s.rewrite(false, change)
			s.store.extra = []Object{
				{Name: s.name(2), Version: "v3"},
				{Name: s.name(2), Version: "v2", Marker: true, Noncurrent: true},
				{Name: s.name(2), Version: "v1", Noncurrent: true},
			}
		}, true, []string{
			"laid over: S2: version v3 lies over its first, v1",
			"laid over: S2: a delete marker, version v2, lies over it",
			"record changed: S2: record 7: offset 47: its bytes are not those that were signed",
		}},
		{"delete marker alone", func(s tampering) {
			delete(s.store.objects, s.name(2))
			s.store.extra = []Object{{Name: s.name(2), Version: "v2", Marker: true}}
		}, false, []string{
			"laid over: S2: a delete marker, version v2, stands in its place, and no version of it is left",
			"segment removed: S2: offset 40: the offsets 40 to 59, 20 records, are missing before S3",
		}},
	}
}

func TestVerifyNamesTampering(t *testing.T) {
	names := strings.NewReplacer(testLog().Object(0), "S0", testLog().Object(20), "S1", testLog().Object(40), "S2",
		testLog().Object(60), "S3", testLog().Object(80), "S4", testLog().Object(100), "S5", testLog().String(), "LOG")
	for _, compression := range []Compression{Zstandard, Uncompressed} {
		for _, test := range tamperCases() {
			t.Run(test.name, func(t *testing.T) {
				s := newTampering(t, compression)
				var kept [][]byte
				if test.kept {
					kept = keep(t, s.store, s.key)
				}
				test.do(s)
				var got []string
				for _, f := range verify(t, s.store, s.key, kept...).Findings {
					got = append(got, names.Replace(f.String()))
				}
				// Compare as much of each line as is wanted.
				for i := range min(len(got), len(test.want)) {
					got[i] = got[i][:min(len(got[i]), len(test.want[i]))]
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// keep gives the checkpoints that a careful user puts elsewhere.
func keep(t testing.TB, store Store, key *Key) [][]byte {
	t.Helper()
	known, err := key.Verifiers()
	if err != nil {
		t.Fatal(err)
	}
	heads, err := Heads(t.Context(), store, known)
	if err != nil {
		t.Fatal(err)
	}
	var kept [][]byte
	for _, c := range heads {
		kept = append(kept, c.Note)
	}
	return kept
}

// Whatever byte is flipped, it is found in its segment; in the body, by
// record.
func TestVerifyFindsEveryFlippedByte(t *testing.T) {
	for _, compression := range []Compression{Zstandard, Uncompressed} {
		s := newTampering(t, compression)
		object := s.store.objects[s.name(2)]
		h, front, _, _ := s.parts(2)
		step := 1
		if testing.Short() {
			step = 17
		}
		unnamed := 0
		for at := 0; at < len(object); at += step {
			flipped := bytes.Clone(object)
			flipped[at] ^= 1 << (at % 8)
			s.store.objects[s.name(2)] = flipped
			findings := verify(t, s.store, s.key).Findings
			if len(findings) == 0 {
				t.Fatalf("a flipped byte at %d is not found", at)
			}
			inBody := at >= len(front)+blockHead && at < len(front)+int(h.bodyLength)
			named := false
			for _, f := range findings {
				if f.Object != s.name(2) {
					t.Fatalf("a flipped byte at %d of %s gives %s", at, s.name(2), f)
				}
				named = named || f.Record >= 0
			}
			if inBody && !named {
				unnamed++
			}
		}
		// Of a compressed block a few bytes (its frame's header and checksum)
		// belong to no record.
		if most := map[Compression]int{Zstandard: 16, Uncompressed: 0}[compression]; unnamed > most {
			t.Errorf("%d flips in the body name no record", unnamed)
		}
	}
}

func TestVerifyTellsUnreadFromTampered(t *testing.T) {
	s := newTampering(t, Zstandard)
	kept := keep(t, s.store, s.key)
	for i := range int64(5) {
		s.store.fault = func(call, name string) (bool, error) {
			if call == "open" && name == s.name(i) {
				return false, errDisk
			}
			return true, nil
		}
		report := verify(t, s.store, s.key, kept...)
		if report.Tampered() || report.Holds() || len(report.Unread) != 1 || report.Unread[0].Object != s.name(i) {
			t.Errorf("an unreadable segment %d gives %+v", i, report)
		}
	}
}

// An older checkpoint holds also when the log was archived anew with other
// cuts; one of another history does not.
func TestVerifyHoldsAgainstOtherCuts(t *testing.T) {
	s := newTampering(t, Zstandard)
	kept := keep(t, s.store, s.key)
	clear(s.store.objects)
	archive := newTestArchive(t, testConfig(t, s.store, s.key))
	for _, cut := range []int64{33, 70, 111, 130} {
		write(t, archive, archive.partitions[0].peek(), cut)
		flush(t, archive)
	}
	verifyHolds(t, s.store, s.key, kept...)

	clear(s.store.objects)
	archive = newTestArchive(t, testConfig(t, s.store, s.key))
	chunk := testChunk(0, 130)
	chunk.Messages[64].Value = []byte("forged by one who has the key")
	if err := archive.Write(t.Context(), 0, chunk); err != nil {
		t.Fatal(err)
	}
	flush(t, archive)
	findings := verify(t, s.store, s.key, kept...).Findings
	if len(findings) != 1 || findings[0].What != FaultHistory {
		t.Errorf("another history gives %v", findings)
	}
}

func (p *partition) peek() int64 {
	if p == nil {
		return 0
	}
	return p.next()
}
