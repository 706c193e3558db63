package correlate

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
)

// Config of a fold.
type Config struct {
	Rules     Rules
	Partition int
	// Dir holds the state of this partition; it is made when it is missing.
	Dir string
	// BlockBytes is how much of the bodies lies in one compressed block, and
	// CachedBlocks how many stay unpacked; 16 KiB and 128.
	BlockBytes, CachedBlocks int
	// Logger; nil logs nothing.
	Logger *slog.Logger
}

// Fold is the state of one partition of the evidence topic and what follows
// from it. It is not safe for concurrent use.
type Fold struct {
	config  Config
	log     *slog.Logger
	state   *state
	next    int64
	skipped map[int64]bool
	// broken is why the fold can't go on: a panic has left it half done.
	broken error
}

// PoisonError says that a piece of evidence made the fold panic. State is
// half changed then: close the fold, open it again, and Skip the offset.
type PoisonError struct {
	Partition int
	Offset    int64
	Cause     string
}

func (e *PoisonError) Error() string {
	return fmt.Sprintf("apply evidence at offset %d of partition %d: %s", e.Offset, e.Partition, e.Cause)
}

// PositionError says that messages are missing before a chunk.
type PositionError struct {
	Partition int
	Want, Got int64
}

func (e *PositionError) Error() string {
	return fmt.Sprintf("apply evidence of partition %d: it starts at offset %d, but %d is the next", e.Partition, e.Got, e.Want)
}

// LineageError says that the log is another than the one that state was made
// of: the topics were made anew, or the folder is another's.
type LineageError struct {
	Partition    int
	State, Topic []byte
}

func (e *LineageError) Error() string {
	return fmt.Sprintf("apply epoch of partition %d: the topic is of lineage %x, its state of %x; restore the topic, or begin with another data folder",
		e.Partition, e.Topic, e.State)
}

// Next is the offset to apply next; 0 when nothing was applied.
func (f *Fold) Next() int64 { return f.next }

// Lineage of the topics by their epoch record; nil while none was applied.
func (f *Fold) Lineage() []byte { return f.state.lineage }

// Epoch in force; 0 while none was applied.
func (f *Fold) Epoch() uint64 { return f.state.epoch }

// Requests is how many lie inside the horizon.
func (f *Fold) Requests() int { return f.state.byID.len() }

// Skip makes Apply pass over the evidence at an offset.
func (f *Fold) Skip(offset int64) { f.skipped[offset] = true }

// Apply applies the messages of a chunk in memory, those before Next left
// out. Errors: *PositionError, after which the right chunk may follow;
// *PoisonError, *LineageError and those of the disk, after which the fold must
// be opened again.
func (f *Fold) Apply(chunk *bus.Chunk[*evidence.Evidence]) error {
	if f.broken != nil {
		return f.broken
	}
	for i := range chunk.Messages {
		m := &chunk.Messages[i]
		if m.Offset < f.next {
			continue
		}
		if m.Offset > f.next && f.next > 0 {
			return &PositionError{Partition: f.config.Partition, Want: f.next, Got: m.Offset}
		}
		if err := f.apply(m, chunk.Values[i], chunk.Controls[i]); err != nil {
			f.broken = err
			return err
		}
		f.next = m.Offset + 1
	}
	return nil
}

func (f *Fold) apply(m *bus.Message, e *evidence.Evidence, control *bus.Control) (err error) {
	defer f.recover(m.Offset, &err)
	s := f.state
	s.now = touch{revision: access.Revision(s.epoch, m.Offset), ms: m.Time.UnixMilli()}
	s.applied++
	s.passTime()
	switch {
	case control != nil:
		if err := f.control(control, m.Offset); err != nil {
			return err
		}
	case e == nil || f.skipped[m.Offset]:
	case e.GetRequest() != nil:
		s.applyRequest(s.subjectOf(e), e, m.Value)
	case e.GetAct() != nil:
		s.applyAct(s.subjectOf(e), e, m.Value)
	case e.GetKeyUse() != nil:
		s.applyKeyUse(e, m.Value)
	case e.GetMetadata() != nil:
		s.applyMetadata(e, m.Value)
	}
	s.reckon()
	return nil
}

func (f *Fold) recover(offset int64, err *error) {
	cause := recover()
	if cause == nil {
		return
	}
	var disk *diskError
	if failure, ok := cause.(error); ok && errors.As(failure, &disk) {
		*err = fmt.Errorf("apply offset %d of partition %d: %w", offset, f.config.Partition, disk.err)
		return
	}
	f.log.Error("evidence made the fold panic", slog.Int("partition", f.config.Partition), slog.Int64("offset", offset),
		slog.Any("cause", cause), slog.String("stack", string(debug.Stack())))
	*err = &PoisonError{Partition: f.config.Partition, Offset: offset, Cause: fmt.Sprint(cause)}
}

func (f *Fold) control(c *bus.Control, offset int64) error {
	switch {
	case c.GetEpoch() != nil:
		return f.begin(c.GetEpoch(), offset)
	case c.GetCoverage() != nil:
		f.state.cover(c.GetCoverage())
	}
	return nil
}

// begin opens an epoch. One that is not later than the present one is a
// repetition. A rebuild starts with nothing: all evidence comes again.
func (f *Fold) begin(e *bus.Epoch, offset int64) error {
	s := f.state
	if s.lineage != nil && !bytes.Equal(s.lineage, e.Lineage) {
		return &LineageError{Partition: f.config.Partition, State: s.lineage, Topic: e.Lineage}
	}
	if e.Number <= s.epoch {
		return nil
	}
	if e.Reason == ReasonRebuild {
		f.state = s.emptied()
		s = f.state
	}
	s.epoch, s.lineage, s.rulesHash, s.sources = e.Number, e.Lineage, e.RulesSha256, e.Sources
	s.now.revision = access.Revision(s.epoch, offset)
	s.touchAll()
	s.advance()
	return nil
}

// The reasons of an epoch.
const (
	ReasonNew     = "new"
	ReasonSources = "sources"
	ReasonRebuild = "rebuild"
)

// emptied is the state before any evidence, with what was said of the log.
func (s *state) emptied() *state {
	for _, f := range s.bodies.files {
		f.live = 0
	}
	s.bodies.live = 0
	return newState(s.rules, s.bodies)
}

func (s *state) touchAll() {
	s.eachGroup(func(g *group) {
		s.touchGroup(g)
		for _, x := range g.sessions {
			s.touchSession(x)
		}
	})
	for _, a := range s.acts {
		s.touchAct(a)
	}
}
