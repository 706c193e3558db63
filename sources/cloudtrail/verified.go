package cloudtrail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"

	"earwitness/pipeline/evidence"
)

// Reopen opens an object of Object.URI again, decompressed, from its start. It
// is asked only where an object was not read in one piece. The caller closes
// what it gives.
type Reopen func(ctx context.Context, uri string) (io.ReadCloser, error)

// Verified is a decoder that reads digest files too and holds the log files
// against them. What does not hold is raw evidence with a dead letter that
// names it, behind the records of the object with which it came to light. It
// is safe for concurrent use.
type Verified struct {
	decoder *Decoder
	chain   *Chain
	reopen  Reopen
}

var _ evidence.Decoder = (*Verified)(nil)

// NewVerified gives a decoder; chain stays the caller's to close.
func NewVerified(decoder *Decoder, chain *Chain, reopen Reopen) *Verified {
	return &Verified{decoder: decoder, chain: chain, reopen: reopen}
}

// Decode implements evidence.Decoder for log files, digests (told by their
// name) and files that hold a digest's signature in hex (its name and
// .signature), which in S3 is its metadata.
func (v *Verified) Decode(ctx context.Context, object evidence.Object, r io.Reader, emit func(evidence.Batch) error) error {
	name := nameOf(object.URI)
	switch {
	case strings.HasSuffix(object.URI, signatureSuffix):
		return v.whole(ctx, object, r, emit, func(content []byte) ([]Finding, error) {
			digest := strings.TrimSuffix(object.URI, signatureSuffix)
			return v.chain.signature(digest, string(content))
		})
	case strings.Contains(name, digestMark):
		return v.whole(ctx, object, r, emit, func(content []byte) ([]Finding, error) {
			return v.chain.digestFile(object.URI, content, object.Metadata["signature"])
		})
	case object.Growing:
		// It is held against its digest once it is whole.
		return v.decoder.Decode(ctx, object, r, emit)
	}
	return v.logFile(ctx, object, r, emit)
}

// whole reads an object at one go. While it grows nothing is said of it.
func (v *Verified) whole(
	ctx context.Context, object evidence.Object, r io.Reader, emit func(evidence.Batch) error, check func([]byte) ([]Finding, error),
) error {
	if object.Growing {
		_, err := io.Copy(io.Discard, r)
		return err
	}
	var content []byte
	if object.Offset > 0 {
		head, err := v.head(ctx, object)
		if err != nil {
			return fmt.Errorf("read %s: %w", object.URI, err)
		}
		content = head
	}
	rest, err := io.ReadAll(io.LimitReader(r, maxDigest+1-int64(len(content))))
	if err != nil {
		return fmt.Errorf("read %s: %w", object.URI, err)
	}
	content = append(content, rest...)
	left, err := io.Copy(io.Discard, r)
	if err != nil {
		return fmt.Errorf("read %s: %w", object.URI, err)
	}
	end := int64(len(content)) + left
	found, err := check(content)
	if err != nil {
		return err
	}
	batch := evidence.Batch{End: end}
	if !strings.HasSuffix(object.URI, signatureSuffix) && end > 0 {
		batch.Evidence = append(batch.Evidence, digestEvidence(object.URI, content))
		batch.Records = 1
	}
	v.add(&batch, object.URI, found)
	if err := emit(batch); err != nil {
		return fmt.Errorf("hand on %s: %w", object.URI, err)
	}
	return nil
}

// head gives what of an object was read before.
func (v *Verified) head(ctx context.Context, object evidence.Object) ([]byte, error) {
	if v.reopen == nil {
		return nil, errors.New("its beginning was read before, and it can't be opened again")
	}
	again, err := v.reopen(ctx, object.URI)
	if err != nil {
		return nil, err
	}
	defer func() { _ = again.Close() }()
	head := make([]byte, object.Offset)
	_, err = io.ReadFull(again, head)
	return head, err
}

// digestEvidence keeps a digest in the archive. It states nothing about a
// recording.
func digestEvidence(uri string, content []byte) *evidence.Evidence {
	sum := sha256.Sum256(content)
	id := evidence.PieceID(evidence.Kind_KIND_CLOUDTRAIL, sum)
	raw := content[:min(len(content), MaxRecord)]
	return &evidence.Evidence{
		Id: id[:], Kind: evidence.Kind_KIND_CLOUDTRAIL, Grade: evidence.Grade_GRADE_EXACT, Raw: raw,
		SubjectKind: evidence.SubjectKind_SUBJECT_KIND_RAW, SubjectId: hex.EncodeToString(sum[:]),
		Origin: &evidence.Origin{Uri: uri, Length: int64(len(content)), Sha256: sum[:]},
	}
}

// logFile decodes a log file and hashes it by the way. The last batch waits
// for what comes of that.
func (v *Verified) logFile(ctx context.Context, object evidence.Object, r io.Reader, emit func(evidence.Batch) error) error {
	tee := &hashing{r: r, hash: sha256.New()}
	hashed := v.hashHead(ctx, object, tee.hash) == nil
	last := evidence.Batch{End: object.Offset}
	waits := false
	err := v.decoder.Decode(ctx, object, tee, func(b evidence.Batch) error {
		if waits {
			if err := emit(last); err != nil {
				return err
			}
		}
		last, waits = b, true
		return nil
	})
	if err != nil && (tee.err == nil || ctx.Err() != nil) {
		return err // the batch that waits comes again
	}
	// A file that can't be read to its end is not the one that was delivered
	// either: the hash of what there is says so.
	found, kept := v.seen(object.URI, tee.hash, hashed)
	if kept != nil {
		return errors.Join(err, kept)
	}
	if v.add(&last, object.URI, found); waits || len(found) > 0 {
		if handed := emit(last); handed != nil {
			return fmt.Errorf("hand on %s up to byte %d: %w", object.URI, last.End, handed)
		}
	}
	return err
}

func (v *Verified) seen(uri string, sum hash.Hash, hashed bool) ([]Finding, error) {
	if !hashed {
		return []Finding{{
			Cause: CauseUnverified, Object: uri,
			Detail: "the log file was read in two pieces, and can't be opened again to be hashed; it was not held against its digest",
		}}, nil
	}
	return v.chain.logFile(uri, [sha256.Size]byte(sum.Sum(nil)))
}

// hashHead hashes what of an object was read before.
func (v *Verified) hashHead(ctx context.Context, object evidence.Object, into hash.Hash) error {
	if object.Offset == 0 {
		return nil
	}
	if v.reopen == nil {
		return errors.New("it can't be opened again")
	}
	again, err := v.reopen(ctx, object.URI)
	if err != nil {
		return err
	}
	defer func() { _ = again.Close() }()
	_, err = io.CopyN(into, again, object.Offset)
	return err
}

// Missing gives what has not come within grace as a batch; reported is to be
// called when that is durable. The batch is empty where nothing is missing.
func (v *Verified) Missing(grace time.Duration) (batch evidence.Batch, reported func() error) {
	found := v.chain.Missing(grace)
	v.add(&batch, "", found)
	return batch, func() error { return v.chain.Reported(found) }
}

// Skipped is Decoder.Skipped.
func (v *Verified) Skipped() int64 { return v.decoder.Skipped() }

// add puts findings behind the records of a batch.
func (v *Verified) add(batch *evidence.Batch, uri string, found []Finding) {
	for _, f := range found {
		p := &piece{}
		raw := f.statement()
		p.sha = sha256.Sum256(raw)
		p.origin.Uri, p.origin.Offset, p.origin.Sha256 = first(uri, f.Object), batch.End, p.sha[:]
		p.evidence.Origin, p.evidence.Kind, p.evidence.Raw = &p.origin, evidence.Kind_KIND_CLOUDTRAIL, raw
		p.id = evidence.PieceID(evidence.Kind_KIND_CLOUDTRAIL, p.sha)
		p.evidence.Id = p.id[:]
		letter := v.decoder.refuse(p, f.Cause, f.Object+": "+f.Detail)
		batch.Records++
		batch.Evidence = append(batch.Evidence, &p.evidence)
		batch.DeadLetters = append(batch.DeadLetters, letter)
	}
}

// statement is a finding in bytes: the same finding gives the same.
func (f *Finding) statement() []byte {
	text, err := json.Marshal(struct {
		Finding string `json:"finding"`
		Object  string `json:"object"`
		By      string `json:"by,omitempty"`
		Want    string `json:"want,omitempty"`
		Seen    string `json:"seen,omitempty"`
	}{f.Cause, f.Object, f.By, f.Want, f.Seen})
	if err != nil {
		return []byte(f.Cause + " " + f.Object)
	}
	return text
}

// hashing is a reader that hashes what it gives, and keeps why it failed.
type hashing struct {
	r    io.Reader
	hash hash.Hash
	err  error
}

func (h *hashing) Read(b []byte) (int, error) {
	n, err := h.r.Read(b)
	_, _ = h.hash.Write(b[:n])
	if err != nil && !errors.Is(err, io.EOF) {
		h.err = err
	}
	return n, err
}
