package enrich

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
)

// What the keys of the memory begin with.
const (
	answerPrefix = "answer/"
	toldPrefix   = "told/"
)

// warmEvery is how long what was read of the memory is taken for all of it: a
// process takes over many partitions at once.
const warmEvery = 2 * time.Second

// warm learns what other processes, and earlier runs, have asked and told.
func (s *Stage) warm(ctx context.Context) error {
	s.mu.Lock()
	fresh := !s.warmed.IsZero() && s.cfg.Now().Sub(s.warmed) < warmEvery
	s.mu.Unlock()
	if fresh {
		return nil
	}
	messages, err := s.cfg.Memory.ReadAll(ctx)
	if err != nil {
		return fmt.Errorf("read what was answered before: %w", err)
	}
	answers := make(map[string]*known)
	unknown := 0
	s.mu.Lock()
	for i := range messages {
		if !s.learn(&messages[i], answers) {
			unknown++
		}
	}
	s.warmed = s.cfg.Now()
	s.mu.Unlock()
	s.cache.putAll(answers)
	if unknown > 0 {
		s.log.LogAttrs(ctx, slog.LevelWarn, "some of what was answered before can't be read; it is asked again", slog.Int("messages", unknown))
	}
	return nil
}

// learn takes in one message; mu is held.
func (s *Stage) learn(m *bus.Message, answers map[string]*known) bool {
	e := &Entry{}
	if e.UnmarshalVT(m.Value) != nil {
		return false
	}
	name, isAnswer := strings.CutPrefix(string(m.Key), answerPrefix)
	told := e.GetTold()
	switch {
	case isAnswer && e.GetAnswer().GetMetadata() != nil:
		answers[name] = s.recall(e.GetAnswer())
	case told != nil && len(told.Key) == 16:
		s.told.learn([16]byte(told.Key), telling{
			content: told.Content, asked: time.UnixMilli(told.AskedMs), told: time.UnixMilli(told.ToldMs),
		})
	default:
		return false
	}
	return true
}

// recall is what the memory has of an answer.
func (s *Stage) recall(e *evidence.Evidence) *known {
	m := e.GetMetadata()
	if m.Missing {
		return s.none(time.UnixMilli(m.AskedMs), e.GetOrigin().GetUri())
	}
	return s.some(m, e.Raw, e.GetOrigin().GetUri())
}

// some is an answer, and none that there is none.
func (s *Stage) some(m *evidence.Metadata, raw []byte, uri string) *known {
	asked := time.UnixMilli(m.AskedMs)
	return &known{fact: m, raw: raw, uri: uri, content: contentOf(m), asked: asked, until: asked.Add(s.cfg.TTL)}
}

func (s *Stage) none(asked time.Time, uri string) *known {
	return &known{uri: uri, asked: asked, until: asked.Add(s.cfg.NegativeTTL)}
}

// remember makes answers durable, by the names of their questions.
func (s *Stage) remember(ctx context.Context, found map[string]*known) error {
	records := make([]bus.Record, 0, len(found))
	for name, k := range found {
		e := k.evidence()
		if k.fact == nil {
			e = &evidence.Evidence{
				Kind: evidence.Kind_KIND_METADATA, Origin: &evidence.Origin{Uri: k.uri},
				Fact: &evidence.Evidence_Metadata{Metadata: &evidence.Metadata{AskedMs: k.asked.UnixMilli(), Missing: true}},
			}
		}
		value, err := (&Entry{Body: &Entry_Answer{Answer: e}}).MarshalVT()
		if err != nil {
			return fmt.Errorf("marshal answer: %w", err)
		}
		records = append(records, bus.Record{Key: []byte(answerPrefix + name), Value: value})
	}
	if _, err := s.cfg.Memory.ProduceSync(ctx, 0, records); err != nil {
		return fmt.Errorf("remember answers: %w", err)
	}
	return nil
}
