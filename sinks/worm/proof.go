package worm

import (
	"errors"
	"fmt"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

// ProofFormat stands in every proof.
const ProofFormat = "earwitness-proof/1"

// Proof shows that one record was archived. Its JSON form is laid down in
// docs/formats/worm.md.
type Proof struct {
	Format string `json:"format"`
	// Object is the segment that holds the record.
	Object string `json:"object"`
	// Index of the leaf, and the entry as it was archived.
	Index uint64 `json:"index"`
	Entry []byte `json:"entry"`
	// Checkpoint that Inclusion leads to.
	Checkpoint string   `json:"checkpoint"`
	Inclusion  [][]byte `json:"inclusion"`
	// Since is an older checkpoint, and Consistency shows that Checkpoint
	// only added to it.
	Since       string   `json:"since,omitempty"`
	Consistency [][]byte `json:"consistency,omitempty"`
}

// Proven is what a proof shows.
type Proven struct {
	Record     Record
	Checkpoint Checkpoint
	// Since is nil when the proof has no older checkpoint.
	Since *Checkpoint
}

// CheckProof needs nothing but the verifiers. An error says what does not
// hold.
func CheckProof(known note.Verifiers, p Proof) (Proven, error) {
	if p.Format != ProofFormat {
		return Proven{}, fmt.Errorf("check proof: format %q is not %q", p.Format, ProofFormat)
	}
	checkpoint, err := OpenCheckpoint([]byte(p.Checkpoint), known)
	if err != nil {
		return Proven{}, fmt.Errorf("check proof: its checkpoint: %w", err)
	}
	record, err := parseEntry(p.Entry)
	if err != nil {
		return Proven{}, fmt.Errorf("check proof: its entry: %w", err)
	}
	record.Index, record.Object = p.Index, p.Object
	if log, first, err := parseObject(p.Object); err != nil || log != checkpoint.Log || first > record.Message.Offset {
		return Proven{}, errors.New("check proof: its object is not a segment of the checkpoint's log before the record")
	}
	leaf := newLeafHasher().sum(p.Entry)
	err = proof.VerifyInclusion(rfc6962.DefaultHasher, p.Index, checkpoint.Size, leaf, p.Inclusion, checkpoint.Root[:])
	if err != nil {
		return Proven{}, fmt.Errorf("check proof: the record is not in the tree of its checkpoint: %w", err)
	}
	proven := Proven{Record: record, Checkpoint: checkpoint}
	if p.Since == "" {
		return proven, nil
	}
	since, err := OpenCheckpoint([]byte(p.Since), known)
	if err != nil {
		return Proven{}, fmt.Errorf("check proof: its older checkpoint: %w", err)
	}
	if since.Log != checkpoint.Log {
		return Proven{}, errors.New("check proof: its checkpoints are of different logs")
	}
	if err := checkConsistency(since, checkpoint, p.Consistency); err != nil {
		return Proven{}, err
	}
	proven.Since = &since
	return proven, nil
}

func checkConsistency(older, newer Checkpoint, path [][]byte) error {
	if older.Size == 0 && newer.Size > 0 {
		if older.Root != emptyEnd().root || len(path) != 0 {
			return errors.New("check proof: the older checkpoint is of no records, but has a root")
		}
		return nil
	}
	err := proof.VerifyConsistency(rfc6962.DefaultHasher, older.Size, newer.Size, path, older.Root[:], newer.Root[:])
	if err != nil {
		return fmt.Errorf("check proof: the newer checkpoint has another history than the older: %w", err)
	}
	return nil
}
