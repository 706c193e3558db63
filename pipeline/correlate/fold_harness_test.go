package correlate_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// topic is the evidence topic in the order of a test: each subject lies in
// one partition.
type topic struct {
	partitions [][]bus.Message
	values     [][]*evidence.Evidence
	controls   [][]*bus.Control
}

const testPartitions = 2

func newTopic() *topic {
	return &topic{
		partitions: make([][]bus.Message, testPartitions), values: make([][]*evidence.Evidence, testPartitions),
		controls: make([][]*bus.Control, testPartitions),
	}
}

func (t *topic) add(partition int, e *evidence.Evidence, c *bus.Control) {
	offset := int64(len(t.partitions[partition]))
	m := bus.Message{Offset: offset, Time: worldDay().AddDate(0, 0, 6).Add(time.Duration(offset) * time.Second)}
	if e != nil {
		m.Key = evidence.SubjectKey(nil, e.SubjectKind, e.SubjectId)
		m.Value, _ = e.MarshalVT()
	}
	t.partitions[partition] = append(t.partitions[partition], m)
	t.values[partition] = append(t.values[partition], e)
	t.controls[partition] = append(t.controls[partition], c)
}

func (t *topic) evidence(e *evidence.Evidence) {
	sum := sha(evidence.SubjectKey(nil, e.SubjectKind, e.SubjectId))
	t.add(int(sum[0])%testPartitions, e, nil)
}

func (t *topic) control(c *bus.Control) {
	for p := range t.partitions {
		t.add(p, nil, c)
	}
}

func (t *topic) epoch(number uint64, sources []string) {
	t.control(&bus.Control{Body: &bus.Control_Epoch{Epoch: &bus.Epoch{
		Number: number, Lineage: bytes.Repeat([]byte{7}, 16), Sources: sources, Reason: correlate.ReasonNew,
	}}})
}

func (t *topic) coverage(source string, until time.Time) {
	t.control(&bus.Control{Body: &bus.Control_Coverage{Coverage: &bus.Coverage{Source: source, UntilMs: until.UnixMilli()}}})
}

// chunk cuts [from, to) out of a partition; a chunk decodes what it gives.
func (t *topic) chunk(partition int, from, to int64) *bus.Chunk[*evidence.Evidence] {
	messages := t.partitions[partition][from:to]
	c := &bus.Chunk[*evidence.Evidence]{Messages: messages, Next: to, End: int64(len(t.partitions[partition]))}
	for i := range messages {
		var e *evidence.Evidence
		if t.controls[partition][from+int64(i)] == nil {
			e = &evidence.Evidence{}
			if err := e.UnmarshalVT(messages[i].Value); err != nil {
				panic(err)
			}
		}
		c.Values = append(c.Values, e)
		c.Controls = append(c.Controls, t.controls[partition][from+int64(i)])
		c.Errs = append(c.Errs, nil)
	}
	return c
}

// topicOf lays w down in an order of its own: coverage stands anywhere.
func topicOf(w world, rng *rand.Rand) *topic {
	t := newTopic()
	t.epoch(1, w.Sources)
	type statement struct {
		source string
		until  time.Time
	}
	var statements []statement
	for source, until := range w.Coverage {
		statements = append(statements, statement{source, until}, statement{source, until.Add(-time.Duration(rng.Int64N(int64(72 * time.Hour))))})
	}
	slices.SortFunc(statements, func(a, b statement) int {
		return bytes.Compare([]byte(a.source+a.until.String()), []byte(b.source+b.until.String()))
	})
	rng.Shuffle(len(statements), func(i, j int) { statements[i], statements[j] = statements[j], statements[i] })
	order := slices.Clone(w.Evidence)
	rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	for i, e := range order {
		for len(statements) > 0 && rng.IntN(len(order)-i+1) == 0 {
			t.coverage(statements[0].source, statements[0].until)
			statements = statements[1:]
		}
		t.evidence(e)
	}
	for _, s := range statements {
		t.coverage(s.source, s.until)
	}
	return t
}

// view is what a reader of the access topic ends up with: of each id the
// highest revision. It refuses two contents of one (id, revision).
type view struct {
	tb       testing.TB
	current  map[string]*access.Record
	contents map[string]*access.Record
}

func newView(tb testing.TB) *view {
	return &view{tb: tb, current: make(map[string]*access.Record), contents: make(map[string]*access.Record)}
}

func (v *view) take(rec *access.Record) error {
	// The texts of a record are the fold's, and are written over.
	value, err := rec.MarshalVT()
	if err != nil {
		return err
	}
	rec = &access.Record{}
	if err := rec.UnmarshalVT(value); err != nil {
		return err
	}
	id := string(rec.Id)
	at := id + string(revisionBytes(rec.Arrival.Revision))
	if other := v.contents[at]; other != nil && !proto.Equal(other, rec) {
		v.tb.Errorf("two contents of one id and revision:\n%v\n%v", other, rec)
	}
	v.contents[at] = rec
	if now := v.current[id]; now == nil || rec.Arrival.Revision >= now.Arrival.Revision {
		v.current[id] = rec
	}
	return nil
}

func revisionBytes(r uint64) []byte {
	return []byte{byte(r >> 56), byte(r >> 48), byte(r >> 40), byte(r >> 32), byte(r >> 24), byte(r >> 16), byte(r >> 8), byte(r)}
}

func (v *view) records() []*access.Record {
	var all []*access.Record
	for _, rec := range v.current {
		all = append(all, rec)
	}
	return all
}

func openFold(tb testing.TB, rules correlate.Rules, partition int, dir string) *correlate.Fold {
	tb.Helper()
	f, err := correlate.Open(correlate.Config{
		Rules: rules, Partition: partition, Dir: dir,
		// Nearly each body in a block of its own, and few of them unpacked.
		BlockBytes: 1 << 10, CachedBlocks: 3,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return f
}
