package intake

import (
	"context"
	"errors"
	"strings"
	"time"
)

// errJump ends a listing that goes on behind what is too old.
var errJump = errors.New("the listing jumps")

// openWindow sets what is listed: some days before the last listing that came
// to its end, or before now where none has.
func (b *Bucket) openWindow(began time.Time) error {
	if !b.config.From.IsZero() {
		b.window, b.until = b.config.From, b.config.To
		return nil
	}
	last, known := b.extents.listed()
	if !known {
		last = began
		if err := b.extents.list(began); err != nil {
			return err
		}
	}
	b.window = last.UTC().Truncate(24*time.Hour).AddDate(0, 0, -b.config.PastDays)
	return nil
}

// closeWindow notes that all which was there is acknowledged, and forgets the
// objects that will not be listed any more.
func (b *Bucket) closeWindow(began time.Time) error {
	if err := b.extents.list(began); err != nil {
		return err
	}
	return b.extents.forget(b.window)
}

// walk calls fn with each object of the window below a folder.
func (b *Bucket) walk(ctx context.Context, folder string, fn func(Listed) error) error {
	after := ""
	for {
		next := ""
		err := b.config.Objects.List(ctx, folder, after, func(o Listed) error {
			if o.Folder {
				if begin, end, dated := periodOf(o.Key); dated && (!end.After(b.window) || b.beyond(begin)) {
					return nil
				}
				return b.walk(ctx, o.Key, fn)
			}
			name := strings.TrimPrefix(o.Key, folder)
			if after, jump := behind(folder, name, b.window, b.until); jump {
				next = after
				return errJump
			}
			end := dayOf(folder, name, o.Modified)
			if strings.HasSuffix(o.Key, "/") || !end.After(b.window) || b.beyond(end.AddDate(0, 0, -1)) {
				return nil // a folder's own object, too old or too new
			}
			if b.config.Mine != nil && !b.config.Mine(o.Key) {
				return nil
			}
			return fn(o)
		})
		if next == "" || !errors.Is(err, errJump) {
			return err
		}
		after = next
	}
}

// beyond says that what begins at a time lies behind the last day to be read.
func (b *Bucket) beyond(begin time.Time) bool { return !b.until.IsZero() && !begin.Before(b.until) }
