package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"earwitness/sources/intake"
	"earwitness/sources/intake/notification"
)

// verdict is what becomes of a message after an attempt.
type verdict int

const (
	durable verdict = iota
	again
	poison
	fatal
)

// take works on a message until it is durable, given back or another's.
func (s *Source) take(e *entry, fail context.CancelCauseFunc) {
	if s.config.Once && s.hasFailed(e.ID) {
		s.giveBack(e.ctx, e, s.config.Visibility)
		return
	}
	began, pause, read := time.Now(), firstPause, s.config.Carrier.Progress().FilesDone
	carry := s.config.Carrier.Carry
	for attempt := 1; ; attempt++ {
		err := carry(e.ctx, e.Message)
		if e.ctx.Err() != nil && err != nil {
			s.giveBack(e.ctx, e, s.pollsEnd())
			return
		}
		v, cause := s.judge(err, attempt > 1 && s.config.Carrier.Progress().FilesDone > read)
		switch v {
		case durable:
			s.goesOn()
			s.finished <- e
			return
		case fatal:
			fail(err)
			s.giveBack(e.ctx, e, s.pollsEnd())
			return
		case poison:
			s.countPoison(cause)
			s.logPoison(e, cause, err)
			if s.redrive.Load() {
				s.giveBack(e.ctx, e, s.backoff(e.Received))
				return
			}
			carry = s.bury(cause, err)
			continue
		}
		if time.Since(began) > s.config.Patience {
			if s.config.Once {
				s.noteFailed(e.ID, err)
			}
			s.config.Logger.LogAttrs(e.ctx, slog.LevelWarn, "a message is given back to the queue", slog.String("source", s.config.Source),
				slog.String("message", e.ID), slog.Int("attempts", attempt), slog.Any("error", err))
			s.giveBack(e.ctx, e, s.backoff(e.Received))
			return
		}
		s.retries.Add(1)
		s.pause(e.ctx, pause, err)
		pause = min(2*pause, mostPause)
	}
}

// judge says what becomes of a message, and gives the cause of poison. An
// object that is denied is poison when others could be opened meanwhile.
func (s *Source) judge(err error, others bool) (v verdict, cause string) {
	var (
		unread   *notification.Error
		refused  *intake.RefusalError
		transfer *intake.TransferError
	)
	switch {
	case err == nil:
		return durable, ""
	case errors.As(err, &unread):
		return poison, unread.Cause
	case errors.As(err, &refused) && (refused.Cause != intake.CauseDenied || others):
		return poison, refused.Cause
	case refused != nil, errors.As(err, &transfer), s.config.Passing(err):
		return again, ""
	}
	return fatal, ""
}

func (s *Source) logPoison(e *entry, cause string, err error) {
	becomes := "a dead letter"
	if s.redrive.Load() {
		becomes = "left to the queue's redrive policy"
	}
	s.config.Logger.LogAttrs(e.ctx, slog.LevelWarn, "a message can't be taken", slog.String("source", s.config.Source), slog.String("message", e.ID),
		slog.String("cause", cause), slog.String("becomes", becomes), slog.Int("received", e.Received), slog.Any("error", err))
}

// pollSlack is how much longer than it should a server may take to end a poll.
const pollSlack = 2 * time.Second

// pollsEnd is when the long polls are over that a stop has broken off. A server
// may not know that nobody waits for their answers, and what is visible before
// would be hidden once more, for nobody.
func (s *Source) pollsEnd() time.Duration {
	if s.polls.Load() == 0 {
		return 0
	}
	return max(0, time.Until(time.Unix(0, s.polled.Load()).Add(s.config.Wait+pollSlack)))
}

// mostBackoff hides a message that was given back often.
const mostBackoff = 15 * time.Minute

// backoff is for how long a message is hidden that was received n times.
func (s *Source) backoff(n int) time.Duration {
	d := s.config.Backoff
	for range min(n-1, 16) {
		d = min(2*d, mostBackoff)
	}
	return d + rand.N(d/5+1)
}

// bury carries a message as a dead letter.
func (s *Source) bury(cause string, why error) func(context.Context, Message) error {
	return func(ctx context.Context, m Message) error {
		batch := letter(s.config.URL, m, cause, fmt.Sprintf("the message can't be taken: %v", why))
		if err := publish(ctx, s.config.Publisher, batch); err != nil {
			return err
		}
		s.letters.Add(1)
		return nil
	}
}
