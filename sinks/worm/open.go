package worm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
)

// open finds the end of the log in the store, once. The caller holds p.mu.
func (a *Archive[T]) open(ctx context.Context, p *partition) error {
	if p.opened {
		return nil
	}
	last, err := a.findLast(ctx, p)
	if err != nil {
		return fmt.Errorf("find end of %s: %w", p.log, err)
	}
	p.end = emptyEnd()
	if last != "" {
		h, checkpoint, err := a.readEnd(ctx, last)
		if err != nil {
			return fmt.Errorf("check end of %s: %w", p.log, err)
		}
		if err := a.checkFilter(h); err != nil {
			return err
		}
		p.end = endOf(h, checkpoint.Head)
		a.hint(p, last)
	}
	p.opened = true
	return nil
}

func (a *Archive[T]) checkFilter(h *head) error {
	if h.filtered == (a.config.Keep != nil) {
		return nil
	}
	return fmt.Errorf("open %s: the log was begun as %s and cannot become %s", h.log,
		completeness(h.filtered), completeness(!h.filtered))
}

func completeness(filtered bool) string {
	if filtered {
		return "filtered"
	}
	return "complete"
}

// refresh opens the log, or looks whether another process has gone on from
// the end that is known. What was gathered and they have stored is let go.
func (a *Archive[T]) refresh(ctx context.Context, p *partition) error {
	if !p.opened || p.end.next < 0 {
		if p.builder != nil {
			// A first segment is still being gathered: only sealing it
			// shows whether somebody else was quicker.
			return nil
		}
		p.opened = false
		return a.open(ctx, p)
	}
	if err := a.follow(ctx, p); err != nil {
		a.drop(p)
		return err
	}
	return nil
}

// follow goes forward over segments that other writers have stored behind
// the known end, checking that each goes on from the one before.
func (a *Archive[T]) follow(ctx context.Context, p *partition) error {
	moved := false
	for {
		first := p.end.next
		if first < 0 {
			// The log was empty: a first segment begins where ours does.
			if p.builder == nil {
				break
			}
			first = p.builder.first
		}
		name := p.log.Object(first)
		h, checkpoint, err := a.readEnd(ctx, name)
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return err
		}
		if err := checkChain(p.end, h); err != nil {
			return &TamperError{Object: name, Err: err}
		}
		p.end, moved = endOf(h, checkpoint.Head), true
		a.hint(p, name)
	}
	if !moved {
		return nil
	}
	return a.rebase(p)
}

// readEnd reads and checks the head of a segment; its body is not looked at.
func (a *Archive[T]) readEnd(ctx context.Context, name string) (h *head, checkpoint Checkpoint, err error) {
	err = a.retry(ctx, "read "+name, func() error {
		h, checkpoint, err = readSigned(ctx, a.config.Store, name, a.config.Known)
		return err
	})
	if err != nil {
		return nil, Checkpoint{}, err
	}
	if err := checkTree(a.trees, h); err != nil {
		return nil, Checkpoint{}, &TamperError{Object: name, Err: err}
	}
	return h, checkpoint, nil
}

// findLast lists the log by versions, from the hint on when that names an
// object that is there, and returns the name of its last segment; empty for a
// log without one.
func (a *Archive[T]) findLast(ctx context.Context, p *partition) (last string, err error) {
	from := a.readHint(p)
	if from != "" {
		if last, err = a.listLast(ctx, p, from); err != nil || last != "" {
			return last, err
		}
		a.config.Logger.Error("archive ends before a segment that it had: its end was removed, or the store is an older copy; verify it against a checkpoint kept elsewhere",
			slog.String("log", p.log.String()), slog.String("had", from))
	}
	return a.listLast(ctx, p, "")
}

// listLast gives the last segment from a name on, which must be there itself
// when it is not empty.
func (a *Archive[T]) listLast(ctx context.Context, p *partition, from string) (last string, err error) {
	err = a.retry(ctx, "list "+p.log.String(), func() error {
		last = ""
		return a.config.Store.List(ctx, p.log.String()+"/", from, func(object Object) error {
			log, _, err := parseObject(object.Name)
			if err != nil || log != p.log {
				return nil //nolint:nilerr // verify names what does not belong
			}
			if object.Marker || object.Noncurrent || object.Irregular {
				return &TamperError{Object: object.Name, Err: errors.New("it was deleted, replaced or laid over")}
			}
			if last == "" && from != "" && object.Name != from {
				return errHintGone
			}
			last = object.Name
			return nil
		})
	})
	if errors.Is(err, errHintGone) {
		return "", nil
	}
	return last, err
}

var errHintGone = errors.New("the hinted segment is not in the store")
