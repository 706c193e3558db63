package correlate_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

var errInjected = errors.New("injected")

// memoryTopic keeps what is produced to it, by partition.
type memoryTopic struct {
	mu         sync.Mutex
	partitions [testPartitions][]bus.Record
	// fault, when set, says whether the next call fails before or after it
	// has written: who called can't tell which.
	fault func() (before, after bool)
}

func (m *memoryTopic) ProduceSync(ctx context.Context, partition int, records []bus.Record) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	before, after := false, false
	if m.fault != nil {
		before, after = m.fault()
	}
	if before {
		return 0, errInjected
	}
	first := int64(len(m.partitions[partition]))
	for _, r := range records {
		m.partitions[partition] = append(m.partitions[partition], bus.Record{
			Partition: r.Partition, Key: bytes.Clone(r.Key), Value: bytes.Clone(r.Value),
		})
	}
	if after {
		return 0, errInjected
	}
	return first, nil
}

func (m *memoryTopic) take(partition int) []bus.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.partitions[partition]
}

// stageRun is a topic on its way through stages that fail and die.
type stageRun struct {
	t      *testing.T
	rules  correlate.Rules
	laid   *topic
	rng    *rand.Rand
	dir    string
	access memoryTopic
	dead   memoryTopic
	// undecodable messages, by partition and offset.
	undecodable [testPartitions]map[int64]bool
	// trimmed is what the evidence topic has lost, and only an archive has.
	trimmed [testPartitions]int64
	// positions, where there are, outlive a process; without them nothing is
	// trimmed that is not saved.
	positions *memoryPositions
	// faults is in how many steps one fails; 0 never.
	faults int
	failed map[string]int
	stage  *correlate.Stage
}

func newStageRun(t *testing.T, rules correlate.Rules, laid *topic, rng *rand.Rand) *stageRun {
	t.Helper()
	r := &stageRun{t: t, rules: rules, laid: laid, rng: rng, dir: t.TempDir(), failed: make(map[string]int)}
	r.access.fault, r.dead.fault = r.produceFault, r.produceFault
	r.start()
	return r
}

// keepPositions has what is published outlive processes.
func (r *stageRun) keepPositions() {
	r.positions = &memoryPositions{at: make(map[int]int64), fault: r.produceFault}
	r.start()
}

func (r *stageRun) strikes() bool { return r.faults > 0 && r.rng.IntN(r.faults) == 0 }

func (r *stageRun) produceFault() (before, after bool) {
	if !r.strikes() {
		return false, false
	}
	after = r.rng.IntN(2) == 0
	r.failed["produce sync"]++
	return !after, after
}

// start begins a new process: what the former one had in memory is gone.
func (r *stageRun) start() {
	r.stage = correlate.NewStage(correlate.StageConfig{
		Rules: r.rules, Dir: r.dirOf, Access: &r.access, DeadLetters: &r.dead, Archive: r,
		HoldFor: 1, SnapshotRecords: 15, Positions: r.keeper(),
		Step: func(_ int, step string) error {
			if r.strikes() {
				r.failed[step]++
				return errInjected
			}
			return nil
		},
	})
}

func (r *stageRun) dirOf(partition int) string { return filepath.Join(r.dir, strconv.Itoa(partition)) }

// Replay implements correlate.Archive.
func (r *stageRun) Replay(_ context.Context, partition int, from int64, fn func(*bus.Chunk[*evidence.Evidence]) error) error {
	for at := from; at < r.trimmed[partition]; {
		next := min(at+1+r.rng.Int64N(9), r.trimmed[partition])
		if err := fn(r.chunk(partition, at, next)); err != nil {
			return err
		}
		at = next
	}
	return nil
}

// keeper is nil, and not an interface of nil, without positions.
func (r *stageRun) keeper() correlate.Positions {
	if r.positions == nil {
		return nil
	}
	return r.positions
}

// memoryPositions fails to store now and then, stored or not.
type memoryPositions struct {
	at    map[int]int64
	fault func() (before, after bool)
}

func (m *memoryPositions) Load(_ context.Context, partition int) (int64, error) {
	if at, stored := m.at[partition]; stored {
		return at, nil
	}
	return -1, nil
}

func (m *memoryPositions) Store(_ context.Context, partition int, offset int64) error {
	before, after := m.fault()
	if before {
		return errInjected
	}
	m.at[partition] = offset
	if after {
		return errInjected
	}
	return nil
}

func (r *stageRun) chunk(partition int, from, to int64) *bus.Chunk[*evidence.Evidence] {
	c := r.laid.chunk(partition, from, to)
	for i := range c.Messages {
		if r.undecodable[partition][c.Messages[i].Offset] {
			c.Controls[i], c.Errs[i] = nil, errInjected
		}
	}
	return c
}

// drive does what a follower does until the stage has flushed the whole
// partition. Between two steps it lets other things happen.
func (r *stageRun) drive(partition int, between func(partition int)) {
	r.t.Helper()
	end := int64(len(r.laid.partitions[partition]))
	for tries := 0; ; tries++ {
		if tries > 100_000 {
			r.t.Fatal("the stage does not get on")
		}
		at, err := r.stage.Position(r.t.Context(), partition)
		if err != nil {
			continue
		}
		if at < r.trimmed[partition] {
			r.t.Fatalf("position %d lies before %d, where the topic begins", at, r.trimmed[partition])
		}
		if r.follow(partition, at, end, between) {
			return
		}
	}
}

// follow says whether it came to the end.
func (r *stageRun) follow(partition int, at, end int64, between func(int)) bool {
	stage := r.stage
	for at < end {
		next := min(at+1+r.rng.Int64N(12), end)
		if err := stage.Write(r.t.Context(), partition, r.chunk(partition, at, next)); err != nil {
			return false
		}
		at = next
		if r.rng.IntN(16) == 0 && stage.Flush(r.t.Context(), partition) != nil {
			return false
		}
		between(partition)
		if r.stage != stage || at < r.trimmed[partition] {
			return false // the process was killed, or the topic begins later
		}
	}
	return stage.Flush(r.t.Context(), partition) == nil
}

// disturb kills the process, loses its state, or deletes from the topic what
// is saved.
func (r *stageRun) disturb(partition int) {
	switch r.rng.IntN(12) {
	case 0:
		r.start()
	case 1:
		if err := os.RemoveAll(r.dirOf(partition)); err != nil {
			r.t.Fatal(err)
		}
		r.start()
	case 2, 3:
		if r.positions == nil {
			r.trimmed[partition] = max(r.trimmed[partition], r.stage.Saved(partition))
			return
		}
		// Whoever keeps positions need not wait for the correlator: the
		// archive may be ahead of it.
		most := int64(len(r.laid.partitions[partition]))
		r.trimmed[partition] = max(r.trimmed[partition], min(r.stage.Saved(partition)+r.rng.Int64N(40), most))
	case 4:
		if r.positions != nil {
			// Another process has the partition for a while, and it comes back.
			if err := r.stage.Release(partition); err != nil {
				r.t.Fatal(err)
			}
		}
	}
}

// view is what a reader of the access topic ends up with. At the first of
// each barrier it must be what an undisturbed fold says of all before.
func (r *stageRun) view() *view {
	r.t.Helper()
	all := newView(r.t)
	for partition := range testPartitions {
		v := newView(r.t)
		seen := make(map[string]bool)
		for _, record := range r.access.take(partition) {
			if len(record.Key) == 0 {
				control, err := bus.DecodeControl(&bus.Message{Value: record.Value})
				if err != nil {
					r.t.Fatal(err)
				}
				if id := string(control.GetBarrier().GetId()); !seen[id] {
					seen[id] = true
					r.wantAtBarrier(partition, id, v)
				}
				continue
			}
			rec := &access.Record{}
			if err := rec.UnmarshalVT(record.Value); err != nil {
				r.t.Fatal(err)
			}
			if err := errors.Join(v.take(rec), all.take(rec)); err != nil {
				r.t.Fatal(err)
			}
		}
		if n := r.barriers(partition); n != len(seen) {
			r.t.Errorf("partition %d passed on %d of %d barriers", partition, len(seen), n)
		}
	}
	return all
}

func (r *stageRun) barriers(partition int) (n int) {
	for _, control := range r.laid.controls[partition] {
		if control.GetBarrier() != nil {
			n++
		}
	}
	return n
}

// wantAtBarrier: whatever follows from the evidence before a barrier lies
// before it.
func (r *stageRun) wantAtBarrier(partition int, id string, got *view) {
	r.t.Helper()
	for offset, control := range r.laid.controls[partition] {
		if string(control.GetBarrier().GetId()) != id || control.GetBarrier() == nil {
			continue
		}
		want := newView(r.t)
		f := openFold(r.t, r.rules, partition, r.t.TempDir())
		if err := errors.Join(f.Apply(r.chunk(partition, 0, int64(offset)+1)), f.Publish(true, want.take), f.Close()); err != nil {
			r.t.Fatal(err)
		}
		for key, rec := range want.current {
			// The batch may have gone on behind the barrier.
			now := got.current[key]
			older := now.GetArrival().GetRevision() < rec.Arrival.Revision
			same := now.GetArrival().GetRevision() == rec.Arrival.Revision
			if older || same && !proto.Equal(now, rec) {
				r.t.Errorf("at barrier %s of partition %d record %x is\n%v\nwant\n%v", id, partition, key, now, rec)
				return
			}
		}
	}
}
