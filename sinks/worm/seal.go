package worm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"time"
)

// seal stores what was gathered as a segment. When another writer has taken
// the name, its segment is gone on from and the rest is sealed behind it. On
// any error what was gathered is dropped: a half-known state is left by
// reading again. The caller holds p.mu.
func (a *Archive[T]) seal(ctx context.Context, p *partition) error {
	for p.builder != nil {
		if err := a.sealOnce(ctx, p); err != nil {
			a.drop(p)
			return fmt.Errorf("seal segment of %s: %w", p.log, err)
		}
	}
	return nil
}

func (a *Archive[T]) sealOnce(ctx context.Context, p *partition) error {
	object, behind, err := p.builder.finish(p.end, a.config.Signer)
	if err != nil {
		return err
	}
	name := p.log.Object(p.builder.first)
	err = a.retry(ctx, "put "+name, func() error { return a.config.Store.Put(ctx, name, object) })
	if errors.Is(err, ErrExists) {
		var same bool
		if same, err = a.isStored(ctx, name, object); err == nil && !same {
			return a.yield(ctx, p)
		}
	}
	if err != nil {
		return err
	}
	entries := p.builder.count
	p.end, p.builder = behind, nil
	p.sealed.Store(behind.next)
	a.account(p)
	a.hint(p, name)
	a.counts.sealed(len(object), a.config.Now())
	a.config.Logger.Debug("archive sealed a segment", slog.String("object", name),
		slog.Int64("next", behind.next), slog.Uint64("entries", uint64(entries)), slog.Int("bytes", len(object)))
	return nil
}

// isStored reads an object back and compares it.
func (a *Archive[T]) isStored(ctx context.Context, name string, want []byte) (bool, error) {
	same := false
	err := a.retry(ctx, "read back "+name, func() error {
		stored, err := a.config.Store.Open(ctx, name)
		if err != nil {
			return err
		}
		same, err = equalStream(stored, want)
		return errors.Join(err, stored.Close())
	})
	return same, err
}

func equalStream(r io.Reader, want []byte) (bool, error) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := r.Read(buffer)
		if n > len(want) || !bytes.Equal(buffer[:n], want[:n]) {
			return false, nil
		}
		want = want[n:]
		if errors.Is(err, io.EOF) {
			return len(want) == 0, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// yield goes on behind the segments of another writer, and keeps what they
// do not have.
func (a *Archive[T]) yield(ctx context.Context, p *partition) error {
	before := p.end.next
	if err := a.follow(ctx, p); err != nil {
		return err
	}
	if p.end.next == before {
		return fmt.Errorf("the name is taken, but no segment of the log goes on from offset %d", before)
	}
	a.config.Logger.Warn("archive went on behind another writer's segment",
		slog.String("log", p.log.String()), slog.Int64("next", p.end.next))
	return nil
}

// rebase keeps of the gathered entries those that the store does not have.
func (a *Archive[T]) rebase(p *partition) error {
	old := p.builder
	if old == nil {
		return nil
	}
	p.builder = nil
	defer a.account(p)
	if old.next <= p.end.next {
		return nil
	}
	if p.end.next < old.first {
		return fmt.Errorf("the archive's end %d lies before what was gathered from %d", p.end.next, old.first)
	}
	if old.kind == kindGap {
		return fmt.Errorf("another writer has archived up to offset %d of the gap from %d to %d", p.end.next, old.first, old.next)
	}
	a.begin(p, p.end.next)
	p.builder.begun = old.begun
	err := old.entries(func(entry []byte) error {
		record, err := parseEntry(entry)
		if err != nil || record.Message.Offset < p.end.next {
			return err
		}
		return p.builder.add(&record.Message)
	})
	p.builder.skip(old.next)
	return err
}

// retry repeats an operation on the store, which may fail for passing causes,
// with jittered backoff.
func (a *Archive[T]) retry(ctx context.Context, what string, do func() error) error {
	wait := a.config.Backoff
	for attempt := 1; ; attempt++ {
		err := do()
		if err == nil || isLasting(err) || ctx.Err() != nil {
			return err
		}
		if attempt >= a.config.Attempts {
			return fmt.Errorf("%s, %d attempts: %w", what, attempt, err)
		}
		a.config.Logger.Warn("archive tries again", slog.String("operation", what),
			slog.Int("attempt", attempt), slog.Any("error", err))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait/2 + rand.N(wait/2+1)):
		}
		wait = min(2*wait, longestBackoff)
	}
}

// isLasting says that another attempt would end the same.
func isLasting(err error) bool {
	var tampered *TamperError
	return errors.Is(err, ErrExists) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) ||
		errors.Is(err, fs.ErrInvalid) || errors.As(err, &tampered)
}
