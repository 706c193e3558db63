package queue

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"earwitness/sources/intake"
)

// keepHidden extends the visibility of what is in work before it runs out,
// until ctx ends.
func (s *Source) keepHidden(ctx context.Context) {
	ticker := time.NewTicker(s.config.Visibility / 10)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for batch := range slices.Chunk(s.work.due(s.config.Visibility/2), atOnce) {
			s.extend(ctx, batch)
		}
		if n := s.work.expire(); n > 0 {
			s.lost.Add(int64(n))
			s.config.Logger.LogAttrs(ctx, slog.LevelWarn, "messages became visible while they were in work; whoever gets them begins anew",
				slog.String("source", s.config.Source), slog.Int("messages", n))
		}
	}
}

// extend hides messages for longer. What fails is tried again at the next
// look, unless the queue says that they are another's.
func (s *Source) extend(ctx context.Context, batch []*entry) {
	asked := time.Now()
	visibility := s.config.Visibility
	for _, e := range batch {
		// SQS counts from when the message was received first of all.
		visibility = min(visibility, longestHidden-asked.Sub(e.asked)-time.Second)
	}
	if visibility <= 0 {
		return // they expire
	}
	failed, err := s.client.hide(ctx, handles(batch), visibility)
	if err != nil {
		if ctx.Err() == nil {
			s.config.Logger.LogAttrs(ctx, slog.LevelWarn, "messages in work could not be kept hidden; it is tried again",
				slog.String("source", s.config.Source), slog.Int("messages", len(batch)), slog.Any("error", err))
		}
		return
	}
	for i, e := range batch {
		switch f, ok := failed[i]; {
		case !ok:
			s.work.extended(e, asked.Add(visibility))
			s.extended.Add(1)
		case f.lasting:
			s.lost.Add(1)
			e.cancel(errLost)
			s.config.Logger.LogAttrs(ctx, slog.LevelWarn, "a message became visible while it was in work; whoever gets it begins anew",
				slog.String("source", s.config.Source), slog.String("message", e.ID), slog.String("code", f.code))
		}
	}
}

func handles(batch []*entry) []string {
	all := make([]string, len(batch))
	for i, e := range batch {
		all[i] = e.handle
	}
	return all
}

// gather is how long a deletion waits for others to go with it.
const gather = 10 * time.Millisecond

// deleteFinished deletes messages whose content is durable, until there will
// be no more.
func (s *Source) deleteFinished(ctx context.Context) {
	for first := range s.finished {
		batch := []*entry{first}
		timer := time.NewTimer(gather)
	gathering:
		for len(batch) < atOnce {
			select {
			case e, more := <-s.finished:
				if !more {
					break gathering
				}
				batch = append(batch, e)
			case <-timer.C:
				break gathering
			}
		}
		timer.Stop()
		s.remove(ctx, batch)
		for _, e := range batch {
			s.work.end(e)
		}
	}
}

// deleteAttempts: what can't be deleted then comes again, and does no harm.
const deleteAttempts = 4

// remove deletes messages, for a while also when ctx has ended.
func (s *Source) remove(ctx context.Context, batch []*entry) {
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	pause := firstPause / 10
	for attempt := 1; ; attempt++ {
		failed, err := s.client.remove(ending, handles(batch))
		if err == nil {
			s.deleted.Add(int64(len(batch) - len(failed)))
			var left []*entry
			for i, e := range batch {
				if f, ok := failed[i]; ok && !f.lasting {
					left = append(left, e)
				}
			}
			batch = left
		}
		if len(batch) == 0 {
			return
		}
		if attempt == deleteAttempts || !intake.Rest(ending, pause) {
			s.config.Logger.LogAttrs(ctx, slog.LevelWarn, "messages could not be deleted; they come again, and are the same evidence then",
				slog.String("source", s.config.Source), slog.Int("messages", len(batch)), slog.Any("error", err))
			return
		}
		pause *= 4
	}
}

// giveBack makes a message visible after a time, for a while also when ctx
// has ended.
func (s *Source) giveBack(ctx context.Context, e *entry, after time.Duration) {
	defer s.work.end(e)
	if e.lost() {
		return
	}
	s.released.Add(1)
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if _, err := s.client.hide(ending, []string{e.handle}, after); err != nil {
		s.config.Logger.LogAttrs(ctx, slog.LevelWarn, "a message could not be given back; it comes again when it is hidden no longer",
			slog.String("source", s.config.Source), slog.String("message", e.ID), slog.Any("error", err))
	}
}
