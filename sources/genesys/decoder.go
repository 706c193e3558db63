package genesys

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"
	"unsafe"

	"earwitness/pipeline/evidence"
)

// Stage is the stage that dead letters of this package name.
const Stage = "genesys"

// The causes of this package's dead letters: a closed set.
const (
	// CauseBroken: it is not JSON.
	CauseBroken = "broken"
	// CauseUnreadable: it is JSON, but no audit with an id and a time.
	CauseUnreadable = "unreadable"
	// CauseTooLong: the item is longer than MaxRecord.
	CauseTooLong = "too-long"
)

const (
	// MaxRecord is the length in bytes up to which an item is read.
	MaxRecord = 512 << 10
	// KeptOfLong is how many bytes are kept of a longer one.
	KeptOfLong = 64 << 10

	// A batch ends with the item that reaches one of these.
	batchItems = 500
	batchBytes = 512 << 10
)

// Config of a Decoder.
type Config struct {
	// Clock gives the time of dead letters; nil is the time of day.
	Clock func() time.Time
}

// Decoder turns objects of audits into evidence. It is safe for concurrent
// use.
type Decoder struct{ clock func() time.Time }

var _ evidence.Decoder = (*Decoder)(nil)

// New gives a decoder.
func New(config Config) *Decoder {
	if config.Clock == nil {
		config.Clock = time.Now
	}
	return &Decoder{clock: config.Clock}
}

// Decode implements evidence.Decoder for decompressed objects of audits.
func (d *Decoder) Decode(ctx context.Context, object evidence.Object, r io.Reader, emit func(evidence.Batch) error) error {
	src := newItems(r, object.Offset, object.Growing)
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
	for {
		it, ok := src.next()
		if !ok {
			break
		}
		d.add(&batch, object.URI, &it)
		if batch.Records >= batchItems || src.safe-end >= batchBytes {
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

func (d *Decoder) add(batch *evidence.Batch, uri string, it *item) {
	origin := &evidence.Origin{Uri: uri, Offset: it.offset, Length: it.length, Sha256: it.sha[:]}
	e, letter := d.read(redact(it.data, false), evidence.Kind_KIND_UNKNOWN, origin, it.cause)
	batch.Records++
	batch.Evidence = append(batch.Evidence, e)
	if letter != nil {
		batch.DeadLetters = append(batch.DeadLetters, letter)
	}
}

// DecodeRecord makes evidence of one item that was kept: raw is as
// Evidence.Raw holds it, and origin says where it was, how long, and what it
// hashed to as it came (without that, raw's own hash is taken). An unknown
// kind is decided by the item's shape. The evidence keeps raw and origin;
// nobody may write to them any more. The dead letter is nil where the item
// can be read.
func (d *Decoder) DecodeRecord(raw []byte, kind evidence.Kind, origin *evidence.Origin) (*evidence.Evidence, *evidence.DeadLetter) {
	if len(origin.GetSha256()) != sha256.Size {
		sum := sha256.Sum256(raw)
		origin = &evidence.Origin{
			Uri: origin.GetUri(), Offset: origin.GetOffset(), Length: origin.GetLength(), Sha256: sum[:],
		}
	}
	cause := ""
	if max(origin.Length, int64(len(raw))) > MaxRecord {
		cause = CauseTooLong
	}
	return d.read(redact(raw, true), kind, origin, cause)
}

// read makes evidence of raw, which holds no secret and which it keeps.
func (d *Decoder) read(raw []byte, kind evidence.Kind, origin *evidence.Origin, cause string) (*evidence.Evidence, *evidence.DeadLetter) {
	e := &evidence.Evidence{Raw: raw, Origin: origin, Kind: kind, Grade: evidence.Grade_GRADE_EXACT}
	if origin.Length > MaxRecord {
		return d.refuse(e, CauseTooLong, fmt.Sprintf("it has %d bytes, more than %d; its beginning is kept", origin.Length, MaxRecord))
	}
	if cause != "" || !json.Valid(raw) {
		return d.refuse(e, CauseBroken, fmt.Sprintf("the %d bytes at %d are not JSON", origin.Length, origin.Offset))
	}
	// Nobody writes to raw any more, so that its parts serve as text.
	body := unsafe.String(unsafe.SliceData(raw), len(raw))
	a, shape := readAudit(body[skipSpace(body, 0):])
	if kind == evidence.Kind_KIND_UNKNOWN {
		e.Kind = shape
	}
	when := first(a.eventDate, a.eventTime)
	if a.hasEventTime {
		when = first(a.eventTime, a.eventDate)
	}
	ms, ok := parseTime(when)
	switch {
	case a.act.AuditId == "":
		return d.refuse(e, CauseUnreadable, "the audit has no id")
	case !ok:
		return d.refuse(e, CauseUnreadable, "the audit has no eventDate or eventTime of the form 2006-01-02T15:04:05Z")
	}
	a.act.TimeMs = ms
	e.Fact = &evidence.Evidence_Act{Act: a.act}
	evidence.SetActSubject(e)
	id := evidence.PieceID(e.Kind, [sha256.Size]byte(origin.Sha256))
	e.Id = id[:]
	return e, nil
}

// refuse makes e raw evidence and says so in a dead letter.
func (d *Decoder) refuse(e *evidence.Evidence, cause, detail string) (*evidence.Evidence, *evidence.DeadLetter) {
	sha := [sha256.Size]byte(e.Origin.Sha256)
	piece, letter := evidence.PieceID(e.Kind, sha), evidence.DeadLetterID(Stage, cause, sha)
	e.Id, e.Grade, e.Why = piece[:], evidence.Grade_GRADE_RAW, detail
	e.SubjectKind, e.SubjectId = evidence.SubjectKind_SUBJECT_KIND_RAW, hex.EncodeToString(sha[:])
	return e, &evidence.DeadLetter{
		Id: letter[:], Stage: Stage, Cause: cause, Detail: detail, Origin: e.Origin, Raw: e.Raw,
		TimeMs: d.clock().UnixMilli(), Kind: e.Kind,
	}
}
