package engine

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
	"earwitness/sinks/worm"
)

// mostWaiting is up to how many dead letters are counted, at about 100 bytes
// each.
const mostWaiting = 100_000

// LettersStatus counts the dead letters of one stage and cause that wait.
type LettersStatus struct {
	Stage   string `json:"stage"`
	Cause   string `json:"cause"`
	Waiting int64  `json:"waiting"`
}

// waitingLetters knows which dead letters wait in the partitions that this
// process follows: from the archive what was there, from the topic what comes.
// It may be told the same twice, and in any order. Safe for concurrent use.
type waitingLetters struct {
	mu      sync.Mutex
	letters map[letterAt]*openLetter
	// read are the partitions whose archive was read.
	read map[int]bool
}

type letterAt struct {
	partition int
	id        evidence.ID
}

// openLetter waits while it came behind what is settled.
type openLetter struct {
	class         letterClass
	came, settled int64
}

type letterClass struct{ stage, cause string }

// at gives a letter's entry; nil where there are too many.
func (w *waitingLetters) at(partition int, id []byte) *openLetter {
	if len(id) != len(evidence.ID{}) {
		return nil
	}
	key := letterAt{partition, evidence.ID(id)}
	l := w.letters[key]
	if l == nil && len(w.letters) < mostWaiting {
		l = &openLetter{came: -1, settled: -1}
		if w.letters == nil {
			w.letters = make(map[letterAt]*openLetter)
		}
		w.letters[key] = l
	}
	return l
}

func (w *waitingLetters) come(partition int, offset int64, letter *evidence.DeadLetter) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if l := w.at(partition, letter.Id); l != nil {
		l.class, l.came = letterClass{letter.Stage, letter.Cause}, max(l.came, offset)
	}
}

func (w *waitingLetters) settle(partition int, a *bus.Acknowledgement) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, letter := range a.GetLetters() {
		if l := w.at(partition, letter.Id); l != nil {
			l.settled = max(l.settled, letter.Through)
		}
	}
}

// begin forgets what the archive said of partitions that are followed anew.
func (w *waitingLetters) begin(partitions []int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for key := range w.letters {
		if !slices.Contains(partitions, key.partition) {
			delete(w.letters, key)
		}
	}
	w.read = make(map[int]bool, len(partitions))
	for _, partition := range partitions {
		w.read[partition] = false
	}
}

func (w *waitingLetters) known(partition int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.read[partition] = true
}

// status is nil until the archive of all partitions was read.
func (w *waitingLetters) status() []LettersStatus {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.read) == 0 {
		return nil
	}
	for _, read := range w.read {
		if !read {
			return nil
		}
	}
	counts := map[letterClass]int64{}
	for _, l := range w.letters {
		if l.came > l.settled {
			counts[l.class]++
		}
	}
	all := make([]LettersStatus, 0, len(counts))
	for class, n := range counts {
		all = append(all, LettersStatus{class.stage, class.cause, n})
	}
	slices.SortFunc(all, func(a, b LettersStatus) int {
		return cmp.Or(cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Cause, b.Cause))
	})
	return all
}

// readWaiting reads what the archive has of partitions. Without it only the
// count is missing.
func (e *Engine) readWaiting(ctx context.Context, partitions []int) {
	reader, err := worm.NewReader(e.worm.store, e.worm.known)
	for _, partition := range partitions {
		if err != nil {
			break
		}
		log := worm.Log{Lineage: e.epoch.lineage(), Topic: bus.TopicDeadLetter, Partition: partition}
		err = reader.Read(ctx, log, 0, func(record worm.Record) error {
			if record.Gap == nil {
				e.noteLetter(partition, &record.Message)
			}
			return nil
		})
		if err == nil {
			e.letters.known(partition)
		}
	}
	if err != nil && ctx.Err() == nil {
		e.log.LogAttrs(ctx, slog.LevelWarn, "dead letters that wait could not be counted; nothing else hangs on it", slog.Any("error", err))
	}
}

func (e *Engine) noteLetter(partition int, m *bus.Message) {
	if bus.IsControl(m) {
		if control, err := bus.DecodeControl(m); err == nil {
			e.letters.settle(partition, control.GetAcknowledgement())
		}
		return
	}
	if letter, err := bus.DecodeDeadLetter(m); err == nil {
		e.letters.come(partition, m.Offset, letter)
	}
}

// noted is the archive of dead letters, which are counted by the way.
type noted struct {
	*worm.Archive[*evidence.DeadLetter]
	engine *Engine
}

// Write implements bus.Sink.
func (n *noted) Write(ctx context.Context, partition int, chunk *bus.Chunk[*evidence.DeadLetter]) error {
	for i := range chunk.Messages {
		switch {
		case chunk.Controls[i].GetAcknowledgement() != nil:
			n.engine.letters.settle(partition, chunk.Controls[i].GetAcknowledgement())
		case chunk.Values[i] != nil:
			n.engine.letters.come(partition, chunk.Messages[i].Offset, chunk.Values[i])
		}
	}
	return n.Archive.Write(ctx, partition, chunk)
}
