package worm

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// maxCheckpoint bounds a signed note of ours: four lines and a few
// signatures.
const maxCheckpoint = 16 << 10

// Checkpoint is what the end of a segment states and signs.
type Checkpoint struct {
	Log Log
	// Size of the tree in leaves, and its root.
	Size uint64
	Root Hash
	// First and Next are the offsets that the segment covers; Head is the
	// hash of its head.
	First, Next int64
	Head        Hash
	// Note is the signed form, as it stands in the segment.
	Note []byte
}

func (c *Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\nhead %d %d %s\n", c.Log.Origin(), c.Size,
		encodeHash(c.Root), c.First, c.Next,
		encodeHash(c.Head))
}

func (c *Checkpoint) sign(signer note.Signer) error {
	signed, err := note.Sign(&note.Note{Text: c.text()}, signer)
	if err != nil {
		return fmt.Errorf("sign checkpoint of %s: %w", c.Log, err)
	}
	c.Note = signed
	return nil
}

// SignatureError says that a checkpoint is not signed by a key that the
// verifier line names.
type SignatureError struct {
	// Signers are the keys that the note names: name and key hash.
	Signers []string
	Err     error
}

func (e *SignatureError) Error() string {
	if len(e.Signers) == 0 {
		return fmt.Sprintf("signature does not hold: %v", e.Err)
	}
	return fmt.Sprintf("signed by %s, which is not the key of the verifier line", strings.Join(e.Signers, ", "))
}

// Unwrap gives the reason that the note package had.
func (e *SignatureError) Unwrap() error { return e.Err }

// OpenCheckpoint checks the signature of a signed note and reads it. It fails
// with a *SignatureError when the signature is not by a known key.
func OpenCheckpoint(signed []byte, known note.Verifiers) (Checkpoint, error) {
	if len(signed) > maxCheckpoint {
		return Checkpoint{}, fmt.Errorf("checkpoint of %d bytes is longer than %d", len(signed), maxCheckpoint)
	}
	n, err := note.Open(signed, known)
	if err != nil {
		return Checkpoint{}, signatureError(err)
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	c.Note = append([]byte(nil), signed...)
	return c, nil
}

func signatureError(err error) error {
	var unverified *note.UnverifiedNoteError
	var invalid *note.InvalidSignatureError
	switch {
	case errors.As(err, &unverified):
		var signers []string
		for _, s := range unverified.Note.UnverifiedSigs {
			signers = append(signers, fmt.Sprintf("%s+%08x", s.Name, s.Hash))
		}
		return &SignatureError{Signers: signers, Err: err}
	case errors.As(err, &invalid):
		return &SignatureError{Err: err}
	}
	return fmt.Errorf("read checkpoint: %w", err)
}

var errCheckpoint = errors.New("not a checkpoint of a log: four lines are origin, size, root and head")

// parseCheckpoint reads the text of a note: exactly what text writes.
func parseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 5 || lines[4] != "" {
		return Checkpoint{}, errCheckpoint
	}
	var c Checkpoint
	var err error
	if c.Log, err = parseOrigin(lines[0]); err != nil {
		return Checkpoint{}, err
	}
	if c.Size, err = strconv.ParseUint(lines[1], 10, 64); err != nil {
		return Checkpoint{}, errCheckpoint
	}
	head := strings.Split(lines[3], " ")
	if len(head) != 4 || head[0] != "head" || !decodeHash(&c.Root, lines[2]) || !decodeHash(&c.Head, head[3]) {
		return Checkpoint{}, errCheckpoint
	}
	if c.First, err = strconv.ParseInt(head[1], 10, 64); err != nil {
		return Checkpoint{}, errCheckpoint
	}
	if c.Next, err = strconv.ParseInt(head[2], 10, 64); err != nil {
		return Checkpoint{}, errCheckpoint
	}
	if c.First < 0 || c.Next <= c.First || c.text() != text {
		return Checkpoint{}, errCheckpoint
	}
	return c, nil
}

func encodeHash(h Hash) string { return base64.StdEncoding.EncodeToString(h[:]) }

func decodeHash(dst *Hash, text string) bool {
	b, err := base64.StdEncoding.DecodeString(text)
	return err == nil && copy(dst[:], b) == len(dst) && len(b) == len(dst)
}
