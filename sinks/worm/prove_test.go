package worm

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

// proving is a log of uneven segments with the checkpoint of each.
type proving struct {
	reader *Reader
	known  note.Verifiers
	heads  []Checkpoint
}

func newProving(t *testing.T) proving {
	store, key := newMemory(), newTestKey(t, "test")
	archive := newTestArchive(t, testConfig(t, store, key))
	known, err := key.Verifiers()
	if err != nil {
		t.Fatal(err)
	}
	p := proving{known: known}
	first := int64(0)
	for _, next := range []int64{1, 2, 9, 25, 26, 57, 60} {
		if next == 26 {
			if err := archive.AcceptGap(t.Context(), 0, 25, 26, "lost"); err != nil {
				t.Fatal(err)
			}
		} else {
			write(t, archive, first, next)
			flush(t, archive)
		}
		first = next
		heads, err := Heads(t.Context(), store, known)
		if err != nil {
			t.Fatal(err)
		}
		p.heads = append(p.heads, heads...)
	}
	if p.reader, err = NewReader(store, known); err != nil {
		t.Fatal(err)
	}
	return p
}

// Every record, with every older checkpoint: the proof must hold for
// transparency-dev's own functions, with leaf hashes made here.
func TestProofsHold(t *testing.T) {
	p := newProving(t)
	latest := p.heads[len(p.heads)-1]
	for offset := range int64(60) {
		for _, older := range p.heads {
			got, err := p.reader.Prove(t.Context(), testLog(), offset, older.Note)
			if err != nil {
				t.Fatal(err)
			}
			leaf := rfc6962.DefaultHasher.HashLeaf(got.Entry)
			if err := proof.VerifyInclusion(rfc6962.DefaultHasher, got.Index, latest.Size, leaf, got.Inclusion, latest.Root[:]); err != nil {
				t.Fatalf("offset %d: %v", offset, err)
			}
			err = proof.VerifyConsistency(rfc6962.DefaultHasher, older.Size, latest.Size, got.Consistency, older.Root[:], latest.Root[:])
			if err != nil {
				t.Fatalf("from %d records: %v", older.Size, err)
			}
			text, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			var read Proof
			if err := json.Unmarshal(text, &read); err != nil {
				t.Fatal(err)
			}
			proven, err := CheckProof(p.known, read)
			if err != nil || proven.Record.Message.Offset != offset || proven.Since.Size != older.Size {
				t.Fatalf("offset %d: %+v, %v", offset, proven, err)
			}
		}
	}
}

func TestProveFindsAndRefuses(t *testing.T) {
	p := newProving(t)
	record, err := p.reader.Find(t.Context(), testLog(), func(r Record) bool { return r.Index == 30 })
	if err != nil || record.Message.Offset != 30 {
		t.Errorf("found %+v, %v", record, err)
	}
	if _, err := p.reader.Find(t.Context(), testLog(), func(Record) bool { return false }); !errors.Is(err, ErrNotArchived) {
		t.Errorf("nothing found gives %v", err)
	}
	for _, offset := range []int64{-1, 60, 1 << 40} {
		if _, err := p.reader.Prove(t.Context(), testLog(), offset, nil); !errors.Is(err, ErrNotArchived) {
			t.Errorf("offset %d gives %v", offset, err)
		}
	}
	if _, err := p.reader.Prove(t.Context(), testLog(), 1, []byte("no note")); err == nil {
		t.Error("a checkpoint that is none is taken")
	}
}

func TestCheckProofRefuses(t *testing.T) {
	p := newProving(t)
	good, err := p.reader.Prove(t.Context(), testLog(), 20, p.heads[2].Note)
	if err != nil {
		t.Fatal(err)
	}
	other, err := newTestKey(t, "other").Verifiers()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		spoil func(*Proof)
		known note.Verifiers
	}{
		{"format", func(p *Proof) { p.Format = "earwitness-proof/2" }, p.known},
		{"entry", func(p *Proof) { p.Entry[30] ^= 1 }, p.known},
		{"entry cut", func(p *Proof) { p.Entry = p.Entry[:5] }, p.known},
		{"index", func(p *Proof) { p.Index++ }, p.known},
		{"object", func(p *Proof) { p.Object = testLog().Object(21) }, p.known},
		{"inclusion", func(p *Proof) { p.Inclusion[0][0] ^= 1 }, p.known},
		{"inclusion cut", func(p *Proof) { p.Inclusion = p.Inclusion[1:] }, p.known},
		{"consistency", func(p *Proof) { p.Consistency[0][0] ^= 1 }, p.known},
		{"consistency cut", func(p *Proof) { p.Consistency = nil }, p.known},
		{"checkpoint", func(p *Proof) { p.Checkpoint = p.Since }, p.known},
		{"older checkpoint", func(p *Proof) { p.Since = "earwitness/x\n1\n\n" }, p.known},
		{"key", func(*Proof) {}, other},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text, err := json.Marshal(good)
			if err != nil {
				t.Fatal(err)
			}
			var spoiled Proof
			if err := json.Unmarshal(text, &spoiled); err != nil {
				t.Fatal(err)
			}
			test.spoil(&spoiled)
			if _, err := CheckProof(test.known, spoiled); err == nil {
				t.Error("the spoiled proof holds")
			}
		})
	}
}
