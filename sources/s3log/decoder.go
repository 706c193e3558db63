package s3log

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"sync"
	"time"

	"earwitness/pipeline/evidence"
)

// Stage is the stage that dead letters of this package name.
const Stage = "s3log"

// The causes of this package's dead letters: a closed set.
const (
	// CauseUnreadable: a field is not what it should be.
	CauseUnreadable = "unreadable"
	// CauseTooLong: the line is longer than MaxLine.
	CauseTooLong = "too-long"
)

// The bounds of a batch: it ends with the line that reaches one.
const (
	batchLines = 500
	batchBytes = 512 << 10
)

// Config of a Decoder.
type Config struct {
	// Patterns map keys; nil has the built-in ones alone.
	Patterns *evidence.KeyPatterns
	// Clock gives the time of dead letters; nil is the time of day.
	Clock func() time.Time
}

// Decoder turns access log objects into evidence. It is safe for concurrent
// use.
type Decoder struct {
	patterns *evidence.KeyPatterns
	clock    func() time.Time
	// spaces to read into, for most objects are much smaller than one.
	spaces sync.Pool
}

var _ evidence.Decoder = (*Decoder)(nil)

// New gives a decoder.
func New(config Config) *Decoder {
	d := &Decoder{patterns: config.Patterns, clock: config.Clock, spaces: sync.Pool{New: func() any { return new([readSize]byte) }}}
	if d.clock == nil {
		d.clock = time.Now
	}
	return d
}

// Decode implements evidence.Decoder for decompressed log objects.
func (d *Decoder) Decode(ctx context.Context, object evidence.Object, r io.Reader, emit func(evidence.Batch) error) error {
	space, _ := d.spaces.Get().(*[readSize]byte)
	defer d.spaces.Put(space) // evidence keeps copies
	src := newLines(r, object.Offset, object.Growing, space)
	var batch evidence.Batch
	redact := redactor{space: new([]byte)}
	end := object.Offset
	flush := func() error {
		if src.offset == end {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("decode %s at byte %d: %w", object.URI, end, err)
		}
		batch.End = src.offset
		end = src.offset
		full := batch
		batch = evidence.Batch{}
		if err := emit(full); err != nil {
			return fmt.Errorf("hand on %s up to byte %d: %w", object.URI, end, err)
		}
		return nil
	}
	for {
		line, ok := src.next()
		if !ok {
			break
		}
		if line.length > 0 {
			d.add(&batch, object.URI, &line, redact)
		}
		if batch.Records >= batchLines || src.offset-end >= batchBytes {
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

// add decodes a line; redact lends its space from one to the next.
func (d *Decoder) add(batch *evidence.Batch, uri string, line *rawLine, redact redactor) {
	p := &piece{sha: line.sha}
	p.origin.Uri, p.origin.Offset, p.origin.Length = uri, line.offset, line.length
	p.origin.Sha256 = p.sha[:]
	p.evidence.Origin = &p.origin
	raw := redact.redact(line.data)
	letter := d.read(p, append(make([]byte, 0, len(raw)), raw...))
	batch.Records++
	batch.Evidence = append(batch.Evidence, &p.evidence)
	if letter != nil {
		batch.DeadLetters = append(batch.DeadLetters, letter)
	}
}

// DecodeLine makes evidence of one line that was kept: raw is as Evidence.Raw
// holds it, with sha256: in the place of secrets, and origin says where it
// was, how long, and what the line as it came hashed to (without that, raw's
// own hash is taken). The evidence keeps raw and origin; nobody may write to
// them any more. The dead letter is nil where the line can be read.
func (d *Decoder) DecodeLine(raw []byte, origin *evidence.Origin) (*evidence.Evidence, *evidence.DeadLetter) {
	p := &piece{}
	if origin == nil {
		origin = &p.origin
	}
	if len(origin.GetSha256()) == sha256.Size {
		p.sha = [sha256.Size]byte(origin.Sha256)
	} else {
		p.sha = sha256.Sum256(raw)
		p.origin.Uri, p.origin.Offset, p.origin.Length = origin.Uri, origin.Offset, origin.Length
		p.origin.Sha256 = p.sha[:]
		origin = &p.origin
	}
	p.evidence.Origin = origin
	letter := d.read(p, redactor{stored: true}.redact(raw))
	return &p.evidence, letter
}

// read fills p from raw, which holds no secret and which p keeps.
func (d *Decoder) read(p *piece, raw []byte) *evidence.DeadLetter {
	e := &p.evidence
	p.id = evidence.PieceID(evidence.Kind_KIND_ACCESS_LOG, p.sha)
	e.Id, e.Kind, e.Raw = p.id[:], evidence.Kind_KIND_ACCESS_LOG, raw
	if e.Origin.Length > MaxLine {
		return d.refuse(e, p.sha, CauseTooLong,
			fmt.Sprintf("the line has %d bytes, more than %d; its beginning is kept", e.Origin.Length, MaxLine))
	}
	var line Line
	grade, err := line.Scan(raw)
	if err != nil {
		return d.refuse(e, p.sha, CauseUnreadable, err.Error())
	}
	e.Grade = grade
	p.setRequest(&line, d.patterns)
	return nil
}

// refuse makes e raw evidence and says so in a dead letter.
func (d *Decoder) refuse(e *evidence.Evidence, sha [sha256.Size]byte, cause, detail string) *evidence.DeadLetter {
	e.Grade, e.Why = evidence.Grade_GRADE_RAW, detail
	e.SubjectKind, e.SubjectId = evidence.SubjectKind_SUBJECT_KIND_RAW, hex.EncodeToString(sha[:])
	id := evidence.DeadLetterID(Stage, cause, sha)
	return &evidence.DeadLetter{
		Id: id[:], Stage: Stage, Cause: cause, Detail: detail, Origin: e.Origin, Raw: e.Raw,
		TimeMs: d.clock().UnixMilli(), Kind: evidence.Kind_KIND_ACCESS_LOG,
	}
}
