package engine

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"time"

	"earwitness/cmd/earwitness/letters"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
	"earwitness/sinks/worm"
	"earwitness/sources/s3log"
)

// pieceKey names one piece of evidence at one place.
type pieceKey [16]byte

func keyOf(e *evidence.Evidence) pieceKey {
	buf := append(make([]byte, 0, 256), e.Id...)
	buf = append(buf, e.GetOrigin().GetUri()...)
	buf = binary.BigEndian.AppendUint64(buf, uint64(e.GetOrigin().GetOffset()))
	sum := sha256.Sum256(buf)
	return pieceKey(sum[:16])
}

// resending reads the archive and sends evidence again.
type resending struct {
	rebuild *Rebuild
	lines   *s3log.Decoder
	kept    *letters.Decoders
	// seen has all pieces so far, at about 40 bytes each; the correlator's
	// state of a request is several times that.
	seen map[pieceKey]struct{}
	// coverage is how far each source has delivered, as last stated.
	coverage map[string]int64
	out      *batches
}

// errEnd ends the reading of a log where the rebuild's own messages begin.
var errEnd = errors.New("end of what was there before")

// resend sends each piece that the archive holds again, as the present
// decoders and key patterns have it, and gives what was stated of coverage.
func (r *Rebuild) resend(ctx context.Context) (map[string]int64, error) {
	e := r.engine
	patterns, err := e.config.KeyPatterns()
	if err != nil {
		return nil, err
	}
	reader, err := worm.NewReader(e.worm.store, e.worm.known)
	if err != nil {
		return nil, err
	}
	kept, err := letters.NewDecoders(e.config)
	if err != nil {
		return nil, err
	}
	s := &resending{
		rebuild: r, kept: kept, lines: s3log.New(s3log.Config{Patterns: patterns}),
		seen: make(map[pieceKey]struct{}), coverage: make(map[string]int64), out: newBatches(e.evidence, e.config.Bus.Partitions),
	}
	for partition, end := range r.ends {
		log := worm.Log{Lineage: e.epoch.lineage(), Topic: bus.TopicEvidence, Partition: partition}
		last := int64(0)
		err := reader.Read(ctx, log, 0, func(record worm.Record) error {
			if record.Message.Offset >= end {
				return errEnd
			}
			last = record.Message.Offset + 1
			return s.take(ctx, &record, &last)
		})
		if err != nil && !errors.Is(err, errEnd) {
			return nil, err
		}
		r.advance(end - last)
	}
	return s.coverage, s.out.finish(ctx)
}

// advance counts messages that were passed.
func (r *Rebuild) advance(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.passed += n
}

func (r *Rebuild) count(fn func(*Rebuilt)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fn(&r.done)
}

// take deals with one leaf of a log.
func (s *resending) take(ctx context.Context, record *worm.Record, next *int64) error {
	m := &record.Message
	if record.Gap != nil {
		s.rebuild.count(func(d *Rebuilt) { d.Gaps++ })
		s.rebuild.advance(record.Gap.Next - record.Gap.First)
		*next = record.Gap.Next
		return nil
	}
	s.rebuild.advance(1)
	if bus.IsControl(m) {
		s.control(m)
		return nil
	}
	e, err := decodeEvidence(m)
	if err != nil {
		return nil //nolint:nilerr // it went to the dead letters when it came
	}
	e, reread, repeated := s.once(e)
	if repeated {
		s.rebuild.count(func(d *Rebuilt) { d.Repeated++ })
		return nil
	}
	s.rebuild.count(func(d *Rebuilt) {
		d.Pieces++
		if reread {
			d.Reread++
		}
	})
	value, err := e.MarshalVT()
	if err != nil {
		return err
	}
	return s.out.add(ctx, evidence.SubjectKey(nil, e.SubjectKind, e.SubjectId), value)
}

// control remembers what is stated of coverage; epochs and barriers have had
// their time.
func (s *resending) control(m *bus.Message) {
	c, err := bus.DecodeControl(m)
	if err != nil {
		return
	}
	if covered := c.GetCoverage(); covered != nil {
		s.coverage[covered.Source] = max(s.coverage[covered.Source], covered.UntilMs)
	}
}

// once reads a piece again, unless that was sent. A piece that could not be
// read may come a second time as one that could: a replay has read it.
func (s *resending) once(e *evidence.Evidence) (now *evidence.Evidence, reread, repeated bool) {
	key := keyOf(e)
	if _, repeated = s.seen[key]; repeated {
		return nil, false, true
	}
	now, reread = s.reread(e)
	if now.Grade == evidence.Grade_GRADE_RAW {
		key[0] = ^key[0]
		_, repeated = s.seen[key]
	}
	s.seen[key] = struct{}{}
	return now, reread, repeated
}

// reread reads a line again, and whatever could not be read. What could be
// once stays as it was read where that fails.
func (s *resending) reread(e *evidence.Evidence) (now *evidence.Evidence, reread bool) {
	switch {
	case e.Grade == evidence.Grade_GRADE_RAW:
		if again := s.kept.ReadKept(e); again.Evidence != nil {
			return again.Evidence, true
		}
	case e.Kind == evidence.Kind_KIND_ACCESS_LOG:
		if again, letter := s.lines.DecodeLine(e.Raw, e.Origin); letter == nil {
			return again, false
		}
	}
	return e, false
}

// cover states again what the sources have delivered.
func (r *Rebuild) cover(ctx context.Context, coverage map[string]int64) error {
	for _, name := range slices.Sorted(maps.Keys(coverage)) {
		if err := r.engine.cover(ctx, name, time.UnixMilli(coverage[name])); err != nil {
			return err
		}
	}
	return nil
}
