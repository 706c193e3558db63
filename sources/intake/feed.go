package intake

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"earwitness/pipeline/evidence"
)

// Progress is how far a source has come since it was made.
type Progress struct {
	// Files and bytes (as stored) as of the last listing, and how many of
	// them have been read, before or now.
	FilesTotal, FilesDone, BytesTotal, BytesDone int64
	// Records and dead letters handed on; Repeated of the records had been
	// handed on before, but not acknowledged.
	Records, DeadLetters, Repeated int64
	// Problems counts files that could not be read to their end.
	Problems int64
	// Retries counts attempts beyond the first at objects of a bucket; Denied
	// and Refused how often one could not be opened: because the credentials
	// lack a right, or because it was gone or another was in its place.
	Retries, Denied, Refused int64
	// Opened counts objects of a bucket that were begun to be read.
	Opened int64
}

// feed is what every source does with what it has read: it hands it on and
// counts. It is safe for concurrent use.
type feed struct {
	source    string
	publisher Publisher
	logger    *slog.Logger
	// sending counts batches that were accepted and not yet answered for.
	sending  sync.WaitGroup
	mu       sync.Mutex // guards reported
	reported map[string]bool
	// waiting is nil while the source reads.
	waiting atomic.Pointer[waiting]

	filesTotal, filesDone, bytesTotal, bytesDone atomic.Int64
	records, deadLetters, repeated               atomic.Int64
	problems, retries, denied, gone, opened      atomic.Int64
}

// waiting says for what, and since when.
type waiting struct {
	why   error
	since time.Time
}

// refusal is a file that can't be read, or not any further.
type refusal struct {
	uri   string
	size  int64
	cause string
	why   error
}

func newFeed(source string, publisher Publisher, logger *slog.Logger) feed {
	return feed{source: source, publisher: publisher, logger: logger, reported: map[string]bool{}}
}

// Progress is safe to call at any time.
func (f *feed) Progress() Progress {
	return Progress{
		FilesTotal: f.filesTotal.Load(), FilesDone: f.filesDone.Load(),
		BytesTotal: f.bytesTotal.Load(), BytesDone: f.bytesDone.Load(),
		Records: f.records.Load(), DeadLetters: f.deadLetters.Load(),
		Repeated: f.repeated.Load(), Problems: f.problems.Load(), Retries: f.retries.Load(), Denied: f.denied.Load(), Refused: f.gone.Load(),
		Opened: f.opened.Load(),
	}
}

// Waiting says what the source waits for and since when; empty for nothing.
// It is safe to call at any time.
func (f *feed) Waiting() (what string, since time.Time) {
	if w := f.waiting.Load(); w != nil {
		return w.why.Error(), w.since
	}
	return "", time.Time{}
}

// recount begins a listing.
func (f *feed) recount() {
	f.filesTotal.Store(0)
	f.filesDone.Store(0)
	f.bytesTotal.Store(0)
	f.bytesDone.Store(0)
}

// publish hands a batch on, and calls answered with what became of it. What
// that gives ends the run by fail.
func (f *feed) publish(ctx context.Context, fail context.CancelCauseFunc, batch evidence.Batch, answered func(error) error) error {
	f.sending.Add(1)
	err := f.publisher.Publish(ctx, batch, func(err error) {
		defer f.sending.Done()
		if err := answered(err); err != nil {
			fail(fmt.Errorf("publish batch of source %s: %w", f.source, err))
		}
	})
	if err != nil {
		f.sending.Done()
		return fmt.Errorf("publish batch of source %s: %w", f.source, err)
	}
	return nil
}

// refused publishes a dead letter, once a run, for a file of which nothing can
// be read; the next listing tries it again.
func (f *feed) refused(ctx context.Context, fail context.CancelCauseFunc, r refusal) error {
	f.filesDone.Add(1)
	f.mu.Lock()
	known := f.reported[r.uri]
	f.reported[r.uri] = true
	f.mu.Unlock()
	if known {
		return nil
	}
	f.problems.Add(1)
	f.deadLetters.Add(1)
	f.logger.WarnContext(ctx, "file can't be opened", slog.String("source", f.source),
		slog.String("uri", r.uri), slog.String("cause", r.cause), slog.Any("error", r.why))
	batch := evidence.Batch{DeadLetters: []*evidence.DeadLetter{letter(r, 0)}}
	return f.publish(ctx, fail, batch, func(err error) error { return err })
}

// letter stands for a file from an offset on. Its hash is that of the file's
// name, size and the place, for the bytes are out of reach.
func letter(r refusal, offset int64) *evidence.DeadLetter {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%d\n%d", r.uri, r.size, offset))
	id := evidence.DeadLetterID(Stage, r.cause, sum)
	return &evidence.DeadLetter{
		Id: id[:], Stage: Stage, Cause: r.cause, TimeMs: time.Now().UnixMilli(),
		Detail: fmt.Sprintf("the file can't be read from byte %d on: %v", offset, r.why),
		Origin: &evidence.Origin{Uri: r.uri, Offset: offset, Sha256: sum[:]},
	}
}
