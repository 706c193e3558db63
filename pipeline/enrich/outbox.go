package enrich

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
)

// outbox has what subjects are to be told. It is for one goroutine.
type outbox struct {
	stage *Stage
	items []news
}

// news is an answer for a subject that waits for it.
type news struct {
	waiter
	question question
	known    *known
}

func (b *outbox) add(w waiter, q question, k *known) { b.items = append(b.items, news{w, q, k}) }

// send returns when what is in it is durable, and what follows from it too,
// or waits for a call. After an error it holds what was not told.
func (b *outbox) send(ctx context.Context) error {
	for len(b.items) > 0 {
		more, err := b.stage.tell(ctx, b.items)
		if err != nil {
			return err
		}
		b.items = more
	}
	return nil
}

// tell publishes answers under their subjects, remembers that, and gives what
// the answers themselves ask for and is known.
func (s *Stage) tell(ctx context.Context, items []news) ([]news, error) {
	live := s.live(items)
	published, marks, err := s.compose(live)
	if err != nil {
		return nil, err
	}
	n := int64(0)
	for number, records := range published {
		if _, err := s.cfg.Evidence.ProduceSync(ctx, number, records); err != nil {
			return nil, fmt.Errorf("publish answers: %w", err)
		}
		n += int64(len(records))
	}
	if len(marks) > 0 {
		if _, err := s.cfg.Memory.ProduceSync(ctx, 0, marks); err != nil {
			return nil, fmt.Errorf("remember what was told: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts.Published += n
	box := &outbox{stage: s}
	for _, item := range live {
		s.told.put(item.key, s.tellingOf(item))
		if fact := item.known.fact; fact != nil && !item.partition.gone {
			s.cfg.Sources.questionsIn(fact, func(q question) {
				s.meet(waiter{partition: item.partition, offset: item.offset, to: item.to}, q, box)
			})
		}
		delete(item.partition.waiting, item.key)
		item.partition.end(item.offset)
	}
	s.wake()
	return box.items, nil
}

// live leaves out those of partitions that were let go: they are asked for
// again by whoever reads them now.
func (s *Stage) live(items []news) []news {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(items), func(item news) bool { return item.partition.gone })
}

// isNew says whether the subject has to be told; mu is held.
func (s *Stage) isNew(item news) bool {
	t, ok := s.told.get(item.key)
	return item.known.content != 0 && !(ok && t.content == item.known.content && s.cfg.Now().Before(t.told.Add(s.cfg.Retell)))
}

// tellingOf is what is remembered of item; mu is held.
func (s *Stage) tellingOf(item news) telling {
	t := telling{content: item.known.content, asked: item.known.asked, told: s.cfg.Now()}
	if item.known.content != 0 && !s.isNew(item) {
		was, _ := s.told.get(item.key)
		t.told = was.told
	}
	return t
}

// compose makes the records of the evidence, by partition, and of the memory.
func (s *Stage) compose(items []news) (published map[int][]bus.Record, marks []bus.Record, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	published = make(map[int][]bus.Record)
	for _, item := range items {
		t := s.tellingOf(item)
		mark := &Entry{Body: &Entry_Told{Told: &Told{
			Key: item.key[:], Content: t.content, AskedMs: t.asked.UnixMilli(), ToldMs: t.told.UnixMilli(),
		}}}
		value, err := mark.MarshalVT()
		if err != nil {
			return nil, nil, fmt.Errorf("marshal what was told: %w", err)
		}
		marks = append(marks, bus.Record{Key: []byte(toldPrefix + hex.EncodeToString(item.key[:])), Value: value})
		if !s.isNew(item) {
			continue
		}
		e := item.known.evidence()
		e.SubjectKind, e.SubjectId = item.to.kind, item.to.id
		id := evidence.MetadataID(item.to.kind, item.to.id, item.known.fact.AskedMs, [sha256.Size]byte(e.Origin.Sha256))
		e.Id = id[:]
		if value, err = e.MarshalVT(); err != nil {
			return nil, nil, fmt.Errorf("marshal answer: %w", err)
		}
		number := item.partition.number
		published[number] = append(published[number], bus.Record{
			Partition: number, Key: evidence.SubjectKey(nil, item.to.kind, item.to.id), Value: value,
		})
	}
	return published, marks, nil
}

// evidence is the answer as such, without a subject.
func (k *known) evidence() *evidence.Evidence {
	sum := sha256.Sum256(k.raw)
	return &evidence.Evidence{
		Kind: evidence.Kind_KIND_METADATA, Grade: evidence.Grade_GRADE_EXACT, Raw: k.raw,
		Origin: &evidence.Origin{Uri: k.uri, Length: int64(len(k.raw)), Sha256: sum[:]},
		Fact:   &evidence.Evidence_Metadata{Metadata: k.fact},
	}
}
