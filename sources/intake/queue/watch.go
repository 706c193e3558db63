package queue

import (
	"context"
	"log/slog"
	"time"
)

// watchEvery is how often the queue is asked for what it holds.
const watchEvery = 10 * time.Second

// settleTime is how long the queue's counts may lag behind: "CloudWatch metrics"
// and "GetQueueAttributes" of SQS speak of a minute.
const settleTime = time.Minute

// watchQueue asks what the queue holds now and then, until ctx ends.
func (s *Source) watchQueue(ctx context.Context) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.drained:
			return
		case <-ticker.C:
		}
		asked := time.Now()
		a, err := s.client.attributes(ctx)
		if err != nil {
			if ctx.Err() == nil {
				s.config.Logger.LogAttrs(ctx, slog.LevelWarn, "the queue does not say what it holds; it is asked again",
					slog.String("source", s.config.Source), slog.Any("error", err))
			}
			continue
		}
		s.note(a)
		if until := s.reach(a, asked); !until.IsZero() {
			s.claim(until)
		}
	}
}

func (s *Source) note(a attributes) {
	s.redrive.Store(a.redrive)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = a
}

// reach gives the time before which all messages that were sent are durable,
// by what the queue said when it was asked: nothing is visible, and what is
// hidden is in work here. Zero when that can't be said.
func (s *Source) reach(a attributes, asked time.Time) time.Time {
	// Asked after the queue: what was received before it answered and is not
	// in work any more is durable, or hidden and counted.
	n, oldest := s.work.state()
	if a.visible+a.delayed > 0 || a.hidden > int64(n) {
		return time.Time{}
	}
	until := asked.Add(-settleTime)
	if n > 0 && oldest.Before(until) {
		return oldest
	}
	return until
}

func (s *Source) claim(until time.Time) {
	s.mu.Lock()
	later := until.After(s.delivered)
	if later {
		s.delivered = until
	}
	s.mu.Unlock()
	if later {
		s.config.Delivered(until)
	}
}
