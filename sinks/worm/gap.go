package worm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"unicode/utf8"
)

const maxReason = 4096

// AcceptGap archives that the topic has lost the offsets from first up to
// next, as a signed segment of its own, and makes it durable. What was
// gathered before is sealed first. First must be the next offset of the
// archive; when the archive is already at next or behind it, nothing is done.
func (a *Archive[T]) AcceptGap(ctx context.Context, number int, first, next int64, reason string) error {
	if reason == "" || len(reason) > maxReason || !utf8.ValidString(reason) {
		return fmt.Errorf("accept gap: the reason must be UTF-8 text of 1 to %d bytes", maxReason)
	}
	if first < 0 || next <= first {
		return fmt.Errorf("accept gap: the offsets %d to %d are not a range", first, next)
	}
	p, err := a.partition(number)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := errors.Join(a.open(ctx, p), a.seal(ctx, p)); err != nil {
		return err
	}
	if p.end.next >= next {
		return nil
	}
	if p.end.next >= 0 && p.end.next != first {
		return &PositionError{Log: p.log, Want: p.end.next, Got: first}
	}
	a.begin(p, first)
	if err := p.builder.addGap(Gap{First: first, Next: next, Accepted: a.config.Now(), Reason: reason}); err != nil {
		a.drop(p)
		return err
	}
	a.config.Logger.Warn("archive records a gap of the topic", slog.String("log", p.log.String()),
		slog.Int64("first", first), slog.Int64("next", next))
	return a.seal(ctx, p)
}
