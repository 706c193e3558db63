package intake

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// mostDenied is how many objects in a row may be denied at the start of a
// listing before it is given up: then it is no single object's affair.
const mostDenied = 100

// scan is one listing at work.
type scan struct {
	b    *Bucket
	fail context.CancelCauseFunc

	mu sync.Mutex // guards what follows
	// opened says that some object could be opened, and denied are those that
	// could not be, until one could.
	opened bool
	denied []deniedObject
	// broken is the first transfer that was given up, and failures how many
	// were since one succeeded.
	broken   error
	failures int
}

type deniedObject struct {
	object  Listed
	refused *RefusalError
}

// scan lists the window and reads what is new in it. It returns when every
// batch is answered for.
func (b *Bucket) scan(ctx context.Context, began time.Time) error {
	if err := b.openWindow(began); err != nil {
		return err
	}
	b.recount()
	if !b.listed {
		if err := b.walk(ctx, b.config.Prefix, func(o Listed) error { return b.total(ctx, o) }); err != nil {
			return err
		}
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	s := &scan{b: b, fail: fail}
	var group errgroup.Group
	group.SetLimit(b.config.Parallel)
	err := b.walk(ctx, b.config.Prefix, func(o Listed) error {
		if b.listed {
			_ = b.total(ctx, o)
		}
		if b.extents.get(b.idOf(o)).Done {
			b.filesDone.Add(1)
			b.bytesDone.Add(o.Size)
			return nil
		}
		group.Go(func() error {
			if err := s.take(ctx, o); err != nil {
				fail(err)
			}
			return nil
		})
		return ctx.Err()
	})
	if err != nil {
		fail(err)
	}
	_ = group.Wait() // failures end ctx with their cause
	b.sending.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := s.left(); err != nil {
		return err
	}
	b.listed = true
	return b.closeWindow(began)
}

// total counts what there is.
func (b *Bucket) total(ctx context.Context, o Listed) error {
	b.filesTotal.Add(1)
	b.bytesTotal.Add(o.Size)
	return ctx.Err()
}

func (b *Bucket) idOf(o Listed) objectID { return idOf(b.uri(o.Key), o.ETag, o.Size) }

// left is why the listing is not at its end although all was tried.
func (s *scan) left() error {
	if s.broken != nil {
		return s.broken
	}
	if len(s.denied) > 0 {
		return s.denied[0].refused
	}
	return nil
}

// take reads an object, and again while its bytes do not come. An error ends
// the listing.
func (s *scan) take(ctx context.Context, o Listed) error {
	b := s.b
	pause := firstPause
	for attempt := 1; ; attempt++ {
		err := s.read(ctx, o)
		var broken *TransferError
		if err == nil || ctx.Err() != nil || !errors.As(err, &broken) {
			return err
		}
		if attempt == b.config.Attempts {
			return s.giveUp(err)
		}
		b.retries.Add(1)
		b.logger.DebugContext(ctx, "object is read again", slog.String("source", b.source), slog.String("uri", b.uri(o.Key)),
			slog.Int("attempt", attempt), slog.Any("error", err))
		if !Rest(ctx, pause+rand.N(pause/5)) {
			return context.Cause(ctx)
		}
		pause = min(2*pause, mostPause)
	}
}

// giveUp leaves an object to the next listing. Where nothing comes any more,
// this one ends.
func (s *scan) giveUp(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken == nil {
		s.broken = err
	}
	if s.failures++; s.failures >= s.b.config.Parallel {
		return err
	}
	return nil
}

// read is one attempt at an object.
func (s *scan) read(ctx context.Context, o Listed) error {
	b := s.b
	id, from := b.idOf(o), b.extents.get(b.idOf(o))
	folder, name := split(o.Key)
	from.Day = dayNumber(dayOf(folder, name, o.Modified))
	r := b.newDownload(o, from, s.fail, func(p position) error {
		return b.extents.put(id, extent{Day: from.Day, Offset: p.Offset, Sent: p.Sent, Done: p.Done})
	})
	err := r.run(ctx)
	var refused *RefusalError
	switch {
	case err == nil:
		return s.succeeded(ctx)
	case errors.As(err, &refused):
		return s.refused(ctx, o, refused)
	}
	r.answered.Wait() // the next attempt begins where the last position is
	return err
}

// succeeded says that objects can be opened.
func (s *scan) succeeded(ctx context.Context) error {
	s.mu.Lock()
	s.opened, s.failures = true, 0
	denied := s.denied
	s.denied = nil
	s.mu.Unlock()
	for _, d := range denied {
		if err := s.refuse(ctx, d.object, d.refused); err != nil {
			return err
		}
	}
	return nil
}

// refused puts a dead letter in an object's place, once. Objects that are
// denied wait for one that is not: where all are, it is the source that has no
// access, and nothing is wrong with them. They are tried at each listing.
func (s *scan) refused(ctx context.Context, o Listed, why *RefusalError) error {
	if s.b.extents.get(s.b.idOf(o)).Refused {
		s.b.filesDone.Add(1)
		return nil
	}
	if why.Cause == CauseDenied {
		s.mu.Lock()
		if !s.opened {
			s.denied = append(s.denied, deniedObject{o, why})
			full := len(s.denied) >= mostDenied
			s.mu.Unlock()
			if full {
				return why
			}
			return nil
		}
		s.mu.Unlock()
	}
	return s.refuse(ctx, o, why)
}

func (s *scan) refuse(ctx context.Context, o Listed, why *RefusalError) error {
	b := s.b
	folder, name := split(o.Key)
	now := b.extents.get(b.idOf(o))
	now.Day, now.Refused = dayNumber(dayOf(folder, name, o.Modified)), true
	return b.refuse(ctx, func(err error) {
		if err == nil {
			err = b.extents.put(b.idOf(o), now)
		}
		if err != nil {
			s.fail(err)
		}
	}, o, why)
}

// split gives a key's folder and name.
func split(key string) (folder, name string) {
	i := strings.LastIndexByte(key, '/') + 1
	return key[:i], key[i:]
}
