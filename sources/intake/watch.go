package intake

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Between two listings passes settle at least, and listingShare times as long
// as the last one took, so that a busy file does not have its folder listed all
// the time, and a large folder costs a sixth of a core at most.
const (
	settle       = 100 * time.Millisecond
	listingShare = 5
)

// watch scans when something changed, when a file may have become quiet, and
// every Rescan, for events get lost.
func (d *Directory) watch(ctx context.Context) error {
	events, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch %s: %w; raise fs.inotify.max_user_instances", d.root, err)
	}
	defer func() { _ = events.Close() }()
	if info, err := os.Stat(d.root); err == nil && !info.IsDir() {
		d.follow(ctx, events, filepath.Dir(d.root))
	}
	var pauses pauses
	for {
		start := time.Now()
		open, err := d.scan(ctx, func(folder string) { d.follow(ctx, events, folder) })
		if err != nil {
			if ctx.Err() != nil || !d.config.Passing(err) {
				return err
			}
			if err := d.pause(ctx, &pauses, err); err != nil {
				return err
			}
			continue
		}
		d.goOn(ctx, &pauses)
		d.scanned(start)
		wait := d.config.Rescan
		if open {
			wait = min(wait, d.config.Quiet)
		}
		if err := d.await(ctx, events, max(settle, listingShare*d.listing), wait); err != nil {
			return err
		}
	}
}

// follow adds a folder; without its events the listings still find its files.
func (d *Directory) follow(ctx context.Context, events *fsnotify.Watcher, folder string) {
	if err := events.Add(folder); err != nil {
		d.config.Logger.WarnContext(ctx, "folder can't be watched; its files are found by listing", slog.String("source", d.config.Source),
			slog.String("folder", folder), slog.Duration("every", d.config.Rescan), slog.Any("error", err))
	}
}

// await returns after an event, but not before least, and at the latest
// after most.
func (d *Directory) await(ctx context.Context, events *fsnotify.Watcher, least, most time.Duration) error {
	timer := time.NewTimer(most)
	defer timer.Stop()
	hurried := false
	start := time.Now()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			return nil
		case err := <-events.Errors:
			// Some events may be lost, so look.
			d.config.Logger.WarnContext(ctx, "events are lost", slog.String("source", d.config.Source), slog.Any("error", err))
		case event := <-events.Events:
			if event.Op == fsnotify.Chmod {
				continue
			}
		}
		if !hurried {
			hurried = true
			timer.Reset(min(most, max(0, least-time.Since(start))))
		}
	}
}
