package letters

import (
	"context"
	"errors"
	"fmt"
	"time"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
	"earwitness/sinks/worm"
)

// How a letter was settled.
const (
	// Replayed: its record went the way that it should have gone.
	Replayed = "replayed"
	// Superseded: it fails by another cause now, which is a letter of its own.
	Superseded = "superseded"
	// Dismissed: somebody has looked, and nothing more will be done.
	Dismissed = "dismissed"
)

// Letter is a dead letter where it lies.
type Letter struct {
	*evidence.DeadLetter
	Log    worm.Log
	Offset int64
	// Settled is nil while it waits.
	Settled *Settlement
}

// Settlement is what became of a letter.
type Settlement struct {
	// How is Replayed, Superseded or Dismissed.
	How    string
	Reason string
	At     time.Time
}

// Tail gives what the topic of dead letters holds behind the archive.
type Tail interface {
	// Logs are those of the topic's partitions.
	Logs() []worm.Log
	// Read calls fn for the messages of a partition from an offset on, or from
	// the first that is there, in order, to the end that the topic has at the
	// call. fn may keep them.
	Read(ctx context.Context, partition int, from int64, fn func(*bus.Message) error) error
}

// Ledger is what there is at one moment. It is safe for concurrent use.
type Ledger struct {
	reader *worm.Reader
	tail   Tail
	logs   []worm.Log
	tailed map[worm.Log]bool
	// ends bound each log at that moment.
	ends     map[worm.Log]int64
	settled  map[mark]settled
	lineages map[evidence.ID]formerly
	messages int64
}

// mark is a letter in a log.
type mark struct {
	log worm.Log
	id  evidence.ID
}

type settled struct {
	Settlement
	through int64
}

// formerly is a settlement in one lineage: it stands for what earlier ones
// hold of the same letter, whose logs nothing is added to any more.
type formerly struct {
	Settlement
	lineage [16]byte
}

// Open reads through once: what waits is known when the last acknowledgement
// is. tail may be nil. Errors are the archive's and the topic's.
func Open(ctx context.Context, reader *worm.Reader, tail Tail) (*Ledger, error) {
	l := &Ledger{
		reader: reader, tail: tail, tailed: map[worm.Log]bool{}, ends: map[worm.Log]int64{},
		settled: map[mark]settled{}, lineages: map[evidence.ID]formerly{},
	}
	all, err := reader.Logs(ctx)
	if err != nil {
		return nil, err
	}
	for _, log := range all {
		if log.Topic == bus.TopicDeadLetter {
			l.logs = append(l.logs, log)
			l.ends[log] = 0
		}
	}
	if tail != nil {
		for _, log := range tail.Logs() {
			if _, archived := l.ends[log]; !archived {
				l.logs = append(l.logs, log)
			}
			l.tailed[log] = true
		}
	}
	for _, log := range l.logs {
		end := int64(0)
		err := l.read(ctx, log, func(m *bus.Message) error {
			end = m.Offset + 1
			l.messages++
			return l.acknowledge(log, m)
		})
		if err != nil {
			return nil, err
		}
		l.ends[log] = end
	}
	return l, nil
}

// read gives the messages of a log, the archived ones first.
func (l *Ledger) read(ctx context.Context, log worm.Log, fn func(*bus.Message) error) error {
	next := int64(0)
	err := l.reader.Read(ctx, log, 0, func(record worm.Record) error {
		if record.Gap != nil {
			next = record.Gap.Next
			return nil
		}
		next = record.Message.Offset + 1
		return fn(&record.Message)
	})
	if err != nil {
		return err
	}
	if !l.tailed[log] {
		return nil
	}
	return l.tail.Read(ctx, log.Partition, next, fn)
}

func (l *Ledger) acknowledge(log worm.Log, m *bus.Message) error {
	if !bus.IsControl(m) {
		return nil
	}
	control, err := bus.DecodeControl(m)
	if err != nil {
		return fmt.Errorf("read %s: %w", log, err)
	}
	a := control.GetAcknowledgement()
	for _, letter := range a.GetLetters() {
		if len(letter.Id) != len(evidence.ID{}) {
			return fmt.Errorf("read %s: the acknowledgement at offset %d names a letter by %d bytes", log, m.Offset, len(letter.Id))
		}
		now := Settlement{How: a.How, Reason: a.Reason, At: m.Time}
		at := mark{log, evidence.ID(letter.Id)}
		if before := l.settled[at]; letter.Through >= before.through {
			l.settled[at] = settled{now, letter.Through}
		}
		l.lineages[at.id] = formerly{now, log.Lineage}
	}
	return nil
}

// Messages is how many Each passes.
func (l *Ledger) Messages() int64 { return l.messages }

var errEnd = errors.New("end of what was there")

// Each calls fn with every letter that was there at Open, log by log in their
// order, and passed with how many messages it has passed; passed may be nil. A
// failure that came several times is given as often.
func (l *Ledger) Each(ctx context.Context, passed func(int64), fn func(*Letter) error) error {
	done := int64(0)
	for _, log := range l.logs {
		err := l.read(ctx, log, func(m *bus.Message) error {
			if m.Offset >= l.ends[log] {
				return errEnd
			}
			if done++; passed != nil {
				passed(done)
			}
			if bus.IsControl(m) {
				return nil
			}
			letter, err := bus.DecodeDeadLetter(m)
			if err == nil && len(letter.Id) != len(evidence.ID{}) {
				err = fmt.Errorf("its id has %d bytes", len(letter.Id))
			}
			if err != nil {
				return fmt.Errorf("read %s: %w", log, err)
			}
			return fn(&Letter{DeadLetter: letter, Log: log, Offset: m.Offset, Settled: l.settlement(log, letter, m.Offset)})
		})
		if err != nil && !errors.Is(err, errEnd) {
			return err
		}
	}
	return nil
}

func (l *Ledger) settlement(log worm.Log, letter *evidence.DeadLetter, offset int64) *Settlement {
	id := evidence.ID(letter.Id)
	if here, ok := l.settled[mark{log, id}]; ok && offset <= here.through {
		return &here.Settlement
	}
	if there, ok := l.lineages[id]; ok && there.lineage != log.Lineage {
		return &there.Settlement
	}
	return nil
}
