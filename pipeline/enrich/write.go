package enrich

import (
	"container/heap"
	"context"
	"fmt"
	"time"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
)

// reasonRebuild is that of an epoch whose evidence was sent before.
const reasonRebuild = "rebuild"

// Write implements bus.Sink. It blocks while too many calls wait.
func (s *Stage) Write(ctx context.Context, number int, chunk *bus.Chunk[*evidence.Evidence]) error {
	p, err := s.open(number)
	if err != nil {
		return err
	}
	box := &outbox{stage: s}
	for i := range chunk.Messages {
		offset := chunk.Messages[i].Offset
		if full := s.take(p, offset, chunk.Values[i], chunk.Controls[i], box); !full {
			continue
		}
		// What is known already does not wait for what is not.
		if err := box.send(ctx); err != nil {
			return err
		}
		if err := s.awaitRoom(ctx); err != nil {
			return err
		}
	}
	if err := box.send(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p.next = chunk.Next
	return nil
}

func (s *Stage) open(number int) (*partition, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.partitions[number]
	if p == nil {
		return nil, fmt.Errorf("enrich partition %d: it is not open", number)
	}
	return p, nil
}

// take takes in one message, and says whether no more calls may wait.
func (s *Stage) take(p *partition, offset int64, e *evidence.Evidence, control *bus.Control, box *outbox) (full bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case control.GetEpoch().GetReason() == reasonRebuild:
		p.replay = offset
	case control.GetEpoch() != nil, control.GetBarrier() != nil:
		p.replay = -1
	}
	if e == nil {
		return false
	}
	if m := e.GetMetadata(); m != nil {
		s.hear(e, m)
		return false
	}
	if p.replay >= 0 || s.cfg.Own(e) {
		return false
	}
	s.cfg.Sources.questionsOf(e, func(q question) {
		s.meet(waiter{partition: p, offset: offset, to: subject{e.SubjectKind, e.SubjectId}}, q, box)
	})
	return s.full()
}

// full says that no more may wait: calls, and questions for the inventory,
// which share one; mu is held.
func (s *Stage) full() bool {
	waiting := len(s.flights)
	if f := s.flights[inventoryName]; f != nil {
		waiting += len(f.waiters)
	}
	return waiting >= s.cfg.Waiting
}

// hear notes an answer that somebody published.
func (s *Stage) hear(e *evidence.Evidence, m *evidence.Metadata) {
	q := question{about: m.About, source: m.Source, id: m.AboutId}
	asked := time.UnixMilli(m.AskedMs)
	key := toldKey(s.cfg.Lineage, subject{e.SubjectKind, e.SubjectId}, q)
	s.told.learn(key, telling{content: contentOf(m), asked: asked, told: asked})
}

// isFresh says whether what was told needs no asking.
func (s *Stage) isFresh(t telling) bool {
	ttl := s.cfg.TTL
	if t.content == 0 {
		ttl = s.cfg.NegativeTTL
	}
	return s.cfg.Now().Before(t.asked.Add(ttl))
}

// meet answers a question of w's subject, from what is known or by a call
// that it waits for; mu is held.
func (s *Stage) meet(w waiter, q question, box *outbox) {
	w.key = toldKey(s.cfg.Lineage, w.to, q)
	if t, ok := s.told.get(w.key); ok && s.isFresh(t) {
		return
	}
	if _, waits := w.partition.waiting[w.key]; waits {
		s.counts.Shared++
		return
	}
	w.to, q = w.to.clone(), q.clone()
	w.partition.waiting[w.key] = struct{}{}
	w.partition.begin(w.offset)
	if k := s.recallFor(q); k != nil {
		s.counts.Hits++
		box.add(w, q, k)
		return
	}
	s.counts.Misses++
	s.fly(w, q)
}

// recallFor is what is known about q; nil where a call is needed.
func (s *Stage) recallFor(q question) *known {
	if k := s.cache.get(q.name()); k != nil {
		return k
	}
	if q.conversation == "" {
		return nil
	}
	// What is not known as a whole has no parts.
	if k := s.cache.get(conversationName(q.conversation)); k != nil && k.content == 0 {
		return k
	}
	return nil
}

// fly lets w wait for the call that answers q, which it begins where it is
// not on its way; mu is held.
func (s *Stage) fly(w waiter, q question) {
	name, whole := q.name(), false
	if q.source == fromInventory {
		name = inventoryName
	}
	if q.conversation != "" && s.cache.get(conversationName(q.conversation)) == nil {
		name, whole = conversationName(q.conversation), true
	}
	f := s.flights[name]
	if f == nil {
		f = s.begin(name, whole)
	} else {
		s.counts.Shared++
	}
	f.questions[q.name()] = q
	f.waiters[q.name()] = append(f.waiters[q.name()], w)
}

// begin lets a call wait for its turn; mu is held.
func (s *Stage) begin(name string, whole bool) *flight {
	now := s.cfg.Now()
	s.turns++
	f := &flight{
		name: name, whole: whole, questions: make(map[string]question), waiters: make(map[string][]waiter),
		began: now, due: now, turn: s.turns,
	}
	if name == inventoryName {
		f.scan = &scan{}
		if f.due = now.Add(gatherFor); f.due.Before(s.scanAfter) {
			f.due = s.scanAfter
		}
	}
	s.flights[name] = f
	heap.Push(&s.queue, f)
	s.wake()
	return f
}

const conversationPrefix = "api/conversation/"

func conversationName(id string) string { return conversationPrefix + id }

// awaitRoom returns when another call may wait.
func (s *Stage) awaitRoom(ctx context.Context) error {
	for {
		s.mu.Lock()
		full, changed := s.full(), s.changed
		s.mu.Unlock()
		if !full {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-changed:
		}
	}
}
