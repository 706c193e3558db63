package enrich

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"earwitness/pipeline/evidence"
)

// ask makes the call of f, and gives what was found by the names of
// questions. Where a conversation is asked as a whole, that is all of its
// recordings, and the conversation itself.
func (s *Stage) ask(ctx context.Context, f *flight, q question) (map[string]*known, error) {
	if f.scan != nil {
		return s.readInventory(ctx, f)
	}
	now := s.cfg.Now().Truncate(time.Millisecond)
	answer, err := s.call(ctx, f.whole, q)
	if err == nil && f.whole {
		return s.conversation(ctx, q.conversation, now, answer)
	}
	var k *known
	if err == nil {
		k, err = s.read(q, now, answer)
	}
	if err != nil && s.passes(err) {
		return nil, err
	}
	if err != nil {
		s.note(ctx, q, err)
		k = s.none(now, answer.URI)
	}
	if f.whole {
		return map[string]*known{f.name: k}, nil
	}
	return map[string]*known{q.name(): k}, nil
}

// passes says that an error may be gone at the next attempt.
func (s *Stage) passes(err error) bool {
	var unreadable *UnreadableError
	return !errors.Is(err, ErrMissing) && !errors.Is(err, ErrDenied) && !errors.As(err, &unreadable)
}

func (s *Stage) call(ctx context.Context, whole bool, q question) (Answer, error) {
	from := &s.cfg.Sources
	switch {
	case whole:
		return from.Recordings.Conversation(ctx, q.conversation)
	case q.about == aboutUser:
		return from.Users.User(ctx, q.id)
	case q.about == aboutQueue:
		return from.Queues.Queue(ctx, q.id)
	case q.source == fromGuide:
		return from.Guide.GuideRecording(ctx, q.id)
	case q.source == fromSidecar:
		return from.Sidecars.Sidecar(ctx, q.bucket, q.key, largestAnswer)
	}
	return from.Recordings.Recording(ctx, q.conversation, q.id)
}

func (s *Stage) read(q question, asked time.Time, answer Answer) (*known, error) {
	m, err := decode(q, answer.JSON)
	if err != nil {
		return nil, err
	}
	m.AskedMs = asked.UnixMilli()
	return s.some(m, bytes.Clone(answer.JSON), answer.URI), nil
}

// conversation reads the recordings of one.
func (s *Stage) conversation(ctx context.Context, id string, asked time.Time, answer Answer) (map[string]*known, error) {
	items, err := elements(answer.JSON)
	if err != nil {
		return nil, err
	}
	marker := &evidence.Metadata{AboutId: id, Source: fromAPI, AskedMs: asked.UnixMilli()}
	found := map[string]*known{conversationName(id): s.some(marker, nil, answer.URI)}
	for recording, raw := range items {
		q := question{about: aboutRecording, source: fromAPI, id: recording, conversation: id}
		k, err := s.read(q, asked, Answer{JSON: raw, URI: answer.URI})
		if err != nil {
			s.note(ctx, q, err)
			k = s.none(asked, answer.URI)
		}
		found[q.name()] = k
	}
	return found, nil
}

// deniedEvery is how often it is logged that a source denies something.
const deniedEvery = time.Minute

// note counts why there is no answer, and says what somebody should mend.
func (s *Stage) note(ctx context.Context, q question, err error) {
	s.mu.Lock()
	now, say := s.cfg.Now(), false
	switch {
	case errors.Is(err, ErrMissing):
		s.counts.Missing++
	case errors.Is(err, ErrDenied):
		s.counts.Denied++
		say = now.Sub(s.saidDenied) >= deniedEvery
	default:
		s.counts.Unreadable++
		say = now.Sub(s.saidDenied) >= deniedEvery
	}
	if say {
		s.saidDenied = now
	}
	s.mu.Unlock()
	if say {
		s.log.LogAttrs(ctx, slog.LevelWarn, "a source of metadata gives no answer; its records stay without",
			slog.String("about", q.name()), slog.Duration("asked_again_after", s.cfg.NegativeTTL), slog.Any("error", err))
	}
}

// recovered says that lookups succeed again; mu is held.
func (s *Stage) recovered(ctx context.Context) {
	if s.trouble != nil {
		s.log.LogAttrs(ctx, slog.LevelInfo, "lookups succeed again", slog.Duration("after", s.cfg.Now().Sub(s.since)))
	}
	s.trouble = nil
}

var errGivenUp = errors.New("it was tried for too long")

// failed lets f wait, or gives up.
func (s *Stage) failed(ctx context.Context, f *flight, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Now()
	if ctx.Err() != nil {
		// It is not the source's fault.
		s.queue.back(f, now)
		return
	}
	s.counts.Failed++
	if s.trouble == nil {
		s.since = now
		s.log.LogAttrs(ctx, slog.LevelWarn, "a lookup failed; it is tried again", slog.String("call", f.name), slog.Any("error", err))
	}
	s.trouble = err
	if f.found == nil && now.Sub(f.began) >= s.cfg.GiveUp {
		s.counts.GivenUp++
		s.log.LogAttrs(ctx, slog.LevelError, "a lookup is given up; the next evidence about it asks again",
			slog.String("call", f.name), slog.Any("error", fmt.Errorf("%w: %w", errGivenUp, err)))
		f.found = make(map[string]*known)
		s.queue.back(f, now)
	} else {
		s.queue.putOff(f, now)
	}
	s.wake()
}
