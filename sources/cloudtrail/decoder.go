package cloudtrail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"earwitness/pipeline/evidence"
)

// Stage is the stage that dead letters of this package name.
const Stage = "cloudtrail"

// The causes of this package's dead letters: a closed set.
const (
	// CauseBroken: it is not JSON.
	CauseBroken = "broken"
	// CauseUnreadable: it is JSON, but no event of CloudTrail.
	CauseUnreadable = "unreadable"
	// CauseTooLong: the record is longer than MaxRecord.
	CauseTooLong = "too-long"
	// CauseTampered: a log file is not the one that a digest tells of.
	CauseTampered = "tampered"
	// CauseMissing: a log file or a digest that a digest tells of is not there.
	CauseMissing = "missing"
	// CauseSignature: the signature of a digest does not hold.
	CauseSignature = "signature"
	// CauseUnknownKey: the key of a digest's signature is not configured.
	CauseUnknownKey = "unknown-key"
	// CauseLink: a digest is not the one that the next was linked to.
	CauseLink = "link"
	// CauseDigest: a digest can't be read.
	CauseDigest = "digest"
	// CauseUnverified: a log file could not be read a second time, so its hash
	// is not known.
	CauseUnverified = "unverified"
)

// IsFinding says whether a cause is one that the digests show: its dead letter
// holds a statement, and no record that could be read again.
func IsFinding(cause string) bool {
	switch cause {
	case CauseTampered, CauseMissing, CauseSignature, CauseUnknownKey, CauseLink, CauseDigest, CauseUnverified:
		return true
	}
	return false
}

const (
	// MaxRecord is the length in bytes up to which a record is read.
	MaxRecord = 512 << 10
	// KeptOfLong is how many bytes are kept of a longer one.
	KeptOfLong = 64 << 10

	// A batch ends with the record that reaches one of these.
	batchRecords = 500
	batchBytes   = 512 << 10
)

// Config of a Decoder.
type Config struct {
	// Patterns map keys; nil has the built-in ones alone.
	Patterns *evidence.KeyPatterns
	// Buckets are patterns of path.Match; events of other buckets are passed
	// over. Empty: all are kept.
	Buckets []string
	// Clock gives the time of dead letters; nil is the time of day.
	Clock func() time.Time
}

// Decoder turns log files of CloudTrail into evidence. It is safe for
// concurrent use.
type Decoder struct {
	config  Config
	skipped atomic.Int64
}

var _ evidence.Decoder = (*Decoder)(nil)

// New gives a decoder. The error names a pattern that can't be one.
func New(config Config) (*Decoder, error) {
	for _, pattern := range config.Buckets {
		if _, err := path.Match(pattern, ""); err != nil {
			return nil, fmt.Errorf("read bucket pattern %q: %w (allowed: * ? [a-z])", pattern, err)
		}
	}
	if config.Clock == nil {
		config.Clock = time.Now
	}
	return &Decoder{config: config}, nil
}

// Skipped is how many events were passed over since New: of other services,
// of other buckets, insights, aggregates. It is safe to call at any time.
func (d *Decoder) Skipped() int64 { return d.skipped.Load() }

// Decode implements evidence.Decoder for decompressed log files. Events that
// are passed over are not counted in Batch.Records.
func (d *Decoder) Decode(ctx context.Context, object evidence.Object, r io.Reader, emit func(evidence.Batch) error) error {
	src := newRecords(r, object.Offset, object.Growing)
	var batch evidence.Batch
	end := object.Offset
	flush := func() error {
		if src.safe == end {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("decode %s at byte %d: %w", object.URI, end, err)
		}
		end = src.safe
		batch.End = end
		full := batch
		batch = evidence.Batch{}
		if err := emit(full); err != nil {
			return fmt.Errorf("hand on %s up to byte %d: %w", object.URI, end, err)
		}
		return nil
	}
	var e event
	p := new(piece)
	for {
		it, ok := src.next(&e, p)
		if !ok {
			break
		}
		if d.add(&batch, object.URI, &it, &e, p) {
			p = new(piece)
		}
		if batch.Records >= batchRecords || src.safe-end >= batchBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	if err := src.failure(); err != nil {
		return fmt.Errorf("read %s at byte %d: %w", object.URI, src.offset, err)
	}
	return nil
}

// add puts a record into the batch, and says whether it did.
func (d *Decoder) add(batch *evidence.Batch, uri string, it *item, e *event, p *piece) bool {
	p.sha = it.sha
	p.origin.Uri, p.origin.Offset, p.origin.Length, p.origin.Sha256 = uri, it.offset, it.length, p.sha[:]
	p.evidence.Origin = &p.origin
	raw := it.data
	if e.secret || it.cause != "" || mayHoldSecret(raw) {
		if raw = redact(raw, false); it.cause == "" {
			p.reset()
			e.read(raw, p)
		}
	}
	letter, kept := d.read(p, raw, e, it.cause)
	if !kept {
		d.skipped.Add(1)
		return false
	}
	batch.Records++
	batch.Evidence = append(batch.Evidence, &p.evidence)
	if letter != nil {
		batch.DeadLetters = append(batch.DeadLetters, letter)
	}
	return true
}

// DecodeRecord makes evidence of one record that was kept: raw is as
// Evidence.Raw holds it, and origin says where it was, how long, and what it
// hashed to as it came (without that, raw's own hash is taken). The evidence
// keeps raw and origin; nobody may write to them any more. The dead letter is
// nil where the record can be read, and both are where the event says nothing
// about the buckets.
func (d *Decoder) DecodeRecord(raw []byte, origin *evidence.Origin) (*evidence.Evidence, *evidence.DeadLetter) {
	p := new(piece)
	if len(origin.GetSha256()) == sha256.Size {
		p.sha = [sha256.Size]byte(origin.Sha256)
	} else {
		p.sha = sha256.Sum256(raw)
	}
	p.origin.Uri, p.origin.Offset, p.origin.Length = origin.GetUri(), origin.GetOffset(), origin.GetLength()
	p.origin.Sha256 = p.sha[:]
	p.evidence.Origin = &p.origin
	cause := ""
	if max(p.origin.Length, int64(len(raw))) > MaxRecord {
		cause = CauseTooLong
	}
	raw = redact(raw, true)
	var e event
	if e.read(raw, p); e.failed() || len(bytes.TrimLeft(raw[e.i:], " \t\r\n")) > 0 {
		cause = first(cause, CauseBroken)
	}
	letter, kept := d.read(p, raw, &e, cause)
	if !kept {
		return nil, nil
	}
	return &p.evidence, letter
}

// read makes evidence of raw, which holds no secret and which p keeps, and of
// e, which was read from it. kept is false where it says nothing about the
// buckets.
func (d *Decoder) read(p *piece, raw []byte, e *event, cause string) (letter *evidence.DeadLetter, kept bool) {
	ev := &p.evidence
	p.id = evidence.PieceID(evidence.Kind_KIND_CLOUDTRAIL, p.sha)
	ev.Id, ev.Kind, ev.Raw = p.id[:], evidence.Kind_KIND_CLOUDTRAIL, raw
	length, offset := p.origin.Length, p.origin.Offset
	switch {
	case cause == CauseTooLong:
		return d.refuse(p, cause, fmt.Sprintf("the record has %d bytes, more than %d; its beginning is kept", length, MaxRecord)), true
	case cause != "":
		return d.refuse(p, cause, fmt.Sprintf("the %d bytes at %d are not JSON", length, offset)), true
	case !e.known:
		return d.refuse(p, CauseUnreadable, "it has no eventVersion, as all events of CloudTrail do"), true
	case e.source == "" && e.isCall():
		return d.refuse(p, CauseUnreadable, "the event has no eventSource"), true
	case !d.concerns(e):
		return nil, false
	}
	ms, ok := parseTime(e.time)
	switch {
	case !ok:
		return d.refuse(p, CauseUnreadable, "the event has no eventTime of the form 2006-01-02T15:04:05Z"), true
	case p.trail.EventId == "" || e.name == "":
		return d.refuse(p, CauseUnreadable, "the event has no eventID or no eventName"), true
	}
	ev.Grade = evidence.Grade_GRADE_EXACT
	if !strings.HasPrefix(p.trail.EventVersion, "1.") {
		// Members of another major version may mean something else.
		ev.Grade = evidence.Grade_GRADE_RECOVERED
	}
	if e.source == sourceKMS {
		p.setKeyUse(e, ms, d.config.Patterns)
	} else {
		p.setRequest(e, ms, d.config.Patterns)
	}
	return nil, true
}

const (
	sourceS3  = "s3.amazonaws.com"
	sourceKMS = "kms.amazonaws.com"
)

// isCall says whether an event tells of one call: insights, aggregates and
// network activity do not.
func (e *event) isCall() bool {
	switch e.trail.EventCategory {
	case "", "Data", "Management":
		return true
	}
	return false
}

// concerns says whether an event is about one of the buckets.
func (d *Decoder) concerns(e *event) bool {
	if !e.isCall() {
		return false
	}
	bucket := ""
	switch e.source {
	case sourceS3:
		bucket = e.bucket()
	case sourceKMS:
		bucket, _ = splitARN(e.contextARN)
	}
	if bucket == "" || len(d.config.Buckets) == 0 {
		return bucket != ""
	}
	for _, pattern := range d.config.Buckets {
		if ok, err := path.Match(pattern, bucket); err == nil && ok {
			return true
		}
	}
	return false
}

// refuse makes p raw evidence and says so in a dead letter.
func (d *Decoder) refuse(p *piece, cause, detail string) *evidence.DeadLetter {
	e := &p.evidence
	e.Grade, e.Why = evidence.Grade_GRADE_RAW, detail
	e.SubjectKind, e.SubjectId = evidence.SubjectKind_SUBJECT_KIND_RAW, hex.EncodeToString(p.sha[:])
	id := evidence.DeadLetterID(Stage, cause, p.sha)
	return &evidence.DeadLetter{
		Id: id[:], Stage: Stage, Cause: cause, Detail: detail, Origin: e.Origin, Raw: e.Raw,
		TimeMs: d.config.Clock().UnixMilli(), Kind: e.Kind,
	}
}
