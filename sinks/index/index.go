package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sync/semaphore"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
)

// Config of an index.
type Config struct {
	// Path of the SQLite file. Its folder is made if it is not there.
	Path string
	// Lineage of the topics: a file made for another is refused.
	Lineage []byte
	// Partitions of the access topic.
	Partitions int
	// Retention by the records' own time; whole days older than that are
	// purged once an hour. 0 keeps everything.
	Retention time.Duration
	Logger    *slog.Logger
}

// ErrClosed is returned by calls on an index that was closed.
var ErrClosed = errors.New("index is closed")

const (
	// queueBytes bounds what is written but not yet committed.
	queueBytes = 16 << 20
	// batchRecords and batchBytes end a transaction, as does batchLinger
	// after its first chunk: one sync for many records. Where no more than
	// fewRecords came for fewLinger, somebody may be waiting for them rather
	// than many more be on their way.
	batchRecords = 1 << 14
	batchBytes   = 8 << 20
	batchLinger  = 200 * time.Millisecond
	fewRecords   = 512
	fewLinger    = 50 * time.Millisecond
	purgeEvery   = time.Hour
)

// Index is the writer, and a reader, of one file. It is a
// bus.Sink[*access.Record]; all methods are safe for concurrent use.
type Index struct {
	*Reader
	cfg   Config
	log   *slog.Logger
	lock  *flock.Flock
	queue chan work
	room  *semaphore.Weighted
	stop  context.CancelFunc
	done  chan struct{}
	ended context.Context //nolint:containedctx // the life of the writing goroutine

	mu         sync.Mutex
	partitions []partition

	// store belongs to the writing goroutine.
	store *store
}

var _ bus.Sink[*access.Record] = (*Index)(nil)

// partition is what is known of one: next offset on disk, and the failure
// that its follower has not yet heard of. The run rises with each failure:
// chunks queued before it are not written, for there would be a hole.
type partition struct {
	next int64
	run  uint64
	err  error
}

// Open makes or opens the index for writing and starts its writer, which
// Close ends; ctx bounds the opening alone. Errors: *LockedError when another
// process writes it, *MismatchError when it was made for other topics.
func Open(ctx context.Context, cfg Config) (*Index, error) {
	if cfg.Partitions <= 0 {
		return nil, fmt.Errorf("open index %s: it needs the topic's count of partitions, got %d", cfg.Path, cfg.Partitions)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(filepath.Dir(cfg.Path), 0o700); err != nil {
		return nil, fmt.Errorf("make folder of index: %w", err)
	}
	lock, err := lockPath(cfg.Path)
	if err != nil {
		return nil, err
	}
	x, err := open(ctx, cfg)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	x.lock = lock
	go x.run(x.ended)
	return x, nil
}

func open(ctx context.Context, cfg Config) (*Index, error) {
	db, err := openDatabase(cfg.Path, false)
	if err != nil {
		return nil, err
	}
	x := &Index{
		cfg: cfg, log: cfg.Logger, queue: make(chan work, 64), done: make(chan struct{}),
		room: semaphore.NewWeighted(queueBytes), partitions: make([]partition, cfg.Partitions),
	}
	x.ended, x.stop = context.WithCancel(context.WithoutCancel(ctx))
	err = prepareSchema(ctx, db, &cfg)
	if err == nil {
		err = x.loadPositions(ctx, db)
	}
	if err == nil {
		x.store, err = newStore(ctx, db)
	}
	if err != nil {
		x.stop()
		return nil, errors.Join(err, db.Close())
	}
	if x.Reader, err = OpenReader(ctx, cfg.Path); err != nil {
		x.stop()
		return nil, errors.Join(err, x.store.close())
	}
	return x, nil
}

func (x *Index) loadPositions(ctx context.Context, db *sql.DB) error {
	for i := range x.partitions {
		x.partitions[i].next = -1
	}
	rows, err := db.QueryContext(ctx, `SELECT partition, next FROM position`)
	if err != nil {
		return fmt.Errorf("read positions of index: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var n, next int64
		if err := rows.Scan(&n, &next); err != nil {
			return fmt.Errorf("read positions of index: %w", err)
		}
		if n >= 0 && n < int64(len(x.partitions)) {
			x.partitions[n].next = next
		}
	}
	return rows.Err()
}

// Name of the sink.
func (x *Index) Name() string { return "index" }

// Close ends the writer and lets go of the file. What was written and not
// flushed may be lost; it is delivered again from Position.
func (x *Index) Close() error {
	x.stop()
	<-x.done
	return errors.Join(x.Reader.Close(), x.store.close(), x.lock.Close())
}

// Purge drops all records of the whole UTC days before the one that before
// lies in, and rewrites the blocks of days that hold much that is no longer
// current. Records of purged days that come later are ignored. The file does
// not shrink: its pages are used again.
func (x *Index) Purge(ctx context.Context, before time.Time) error {
	return x.do(ctx, func(ctx context.Context) error { return x.store.purge(ctx, dayOf(before.UnixMilli())) })
}
