package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"earwitness/pipeline/evidence"
)

// Stage is the stage that dead letters of this package name.
const Stage = "intake"

// The causes of this package's dead letters: a closed set.
const (
	// CauseUnreadable: the file can't be opened or read.
	CauseUnreadable = "unreadable"
	// CauseTruncated: the compressed file ends too early.
	CauseTruncated = "truncated"
	// CauseCorrupt: the compressed file can't be unpacked further.
	CauseCorrupt = "corrupt"
	// CauseGone: the object was listed, and is not there any more.
	CauseGone = "gone"
	// CauseDenied: the credentials may list the object, and not read it.
	CauseDenied = "denied"
	// CauseChanged: another object took its place while it was read.
	CauseChanged = "changed"
)

// Config of a Directory.
type Config struct {
	// Source names the source; its positions are kept under that name.
	Source string
	// Path of a file or folder, which must exist.
	Path string
	// StateDir is the folder of the positions; made where it is missing.
	StateDir string
	// Once reads what there is and ends; else Run watches until ctx ends.
	Once      bool
	Decoder   evidence.Decoder
	Publisher Publisher
	// Logger; nil logs nothing.
	Logger *slog.Logger
	// Quiet is how long an unchanged file counts as open [1 min].
	Quiet time.Duration
	// Rescan is how often the folder is listed, events or not [1 min].
	Rescan time.Duration
	// Scanned, when set, is told after each listing whose records are all
	// acknowledged when that listing began: what was there then is delivered.
	Scanned func(began time.Time)
	// Parallel is how many files are read at a time [4].
	Parallel int
	// Passing tells which failures may pass, of the publisher, the positions
	// or the folder itself: a folder that is watched is then read on after a
	// pause. Nil: none, and the first ends Run.
	Passing func(error) bool
}

// Directory reads the files of a folder. Run may be called once.
type Directory struct {
	config  Config
	root    string
	journal *positions
	// listing is how long the last listing took.
	listing time.Duration
	feed
}

// New gives a Directory. It fails when the path is missing or the positions
// can't be read.
func New(config Config) (*Directory, error) {
	if config.Source == "" || filepath.Base(config.Source) != config.Source {
		return nil, fmt.Errorf("open intake: source name %q can't name a file; use letters, digits and -", config.Source)
	}
	if config.Decoder == nil || config.Publisher == nil {
		return nil, errors.New("open intake: it needs a decoder and a publisher")
	}
	root, err := filepath.Abs(config.Path)
	if err == nil {
		root, err = filepath.EvalSymlinks(root)
	}
	if err == nil {
		_, err = os.Stat(root)
	}
	if err != nil {
		return nil, fmt.Errorf("open path %s of source %s: %w; give a file or folder that exists", config.Path, config.Source, err)
	}
	setDefaults(&config)
	if config.StateDir, err = filepath.Abs(config.StateDir); err != nil {
		return nil, fmt.Errorf("find folder of positions: %w", err)
	}
	j, err := openPositions(filepath.Join(config.StateDir, config.Source+".positions"))
	if err != nil {
		return nil, err
	}
	return &Directory{config: config, root: root, journal: j, feed: newFeed(config.Source, config.Publisher, config.Logger)}, nil
}

func setDefaults(c *Config) {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Quiet <= 0 {
		c.Quiet = time.Minute
	}
	if c.Rescan <= 0 {
		c.Rescan = time.Minute
	}
	if c.Parallel <= 0 {
		c.Parallel = 4
	}
	if c.Passing == nil {
		c.Passing = func(error) bool { return false }
	}
}

func (d *Directory) scanned(began time.Time) {
	if d.config.Scanned != nil {
		d.config.Scanned(began)
	}
}

// Run reads. With Once it returns nil when all that the directory held at the
// start is acknowledged, and ctx's error when that ended first; else it
// watches, and returns nil when ctx ends. A batch that the publisher gave up
// ends it with that error, unless the folder is watched and the error is
// Passing; the position stays before the batch.
func (d *Directory) Run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, d.journal.close()) }()
	if d.config.Once {
		began := time.Now()
		_, err := d.scan(ctx, nil)
		if err == nil {
			d.scanned(began)
		}
		return err
	}
	if err := d.watch(ctx); ctx.Err() == nil {
		return err
	}
	return nil
}
