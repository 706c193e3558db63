package worm

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/mod/sumdb/note"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
)

const (
	// DefaultSegmentBytes keeps objects few and a single PutObject quick.
	DefaultSegmentBytes = 64 << 20
	// DefaultSegmentAge is the longest that a quiet topic waits for proof.
	DefaultSegmentAge = 5 * time.Minute
	// DefaultBufferBytes lets two segments fill at full size.
	DefaultBufferBytes = 128 << 20
	defaultAttempts    = 6
	defaultBackoff     = 200 * time.Millisecond
	longestBackoff     = 10 * time.Second
)

// Config of an archive of one topic. What is zero takes its default.
type Config[T any] struct {
	// Store below, signing key, and all verifiers ever used (the key's own
	// among them): the end of a log is checked before it is gone on with.
	Store  Store
	Signer note.Signer
	Known  note.Verifiers
	// Lineage and Topic name the logs. An epoch record of another lineage
	// is refused.
	Lineage [16]byte
	Topic   string
	// Keep says whether the message at index i of a chunk is archived; nil
	// archives every offset. A log keeps its choice for ever.
	Keep func(i int, chunk *bus.Chunk[T]) bool
	// SegmentBytes and SegmentAge seal a segment [64 MiB, 5 minutes].
	SegmentBytes int64
	SegmentAge   time.Duration
	// BufferBytes bounds what all partitions hold unsealed [128 MiB]; the
	// largest is sealed early. While segments are written, what is being
	// written counts again.
	BufferBytes int64
	Compression Compression
	// HintDir, when set, holds a small file for each partition that makes
	// finding the end of a log quick. It is never believed.
	HintDir string
	// Attempts at a store operation before its error is given to the caller
	// [6]; Backoff before the second, doubling, with jitter [200 ms].
	Attempts int
	Backoff  time.Duration
	Logger   *slog.Logger
	// Now is the clock for ages and accepted gaps [time.Now].
	Now func() time.Time
}

// Validate says everything that is wrong.
func (c Config[T]) Validate() error {
	var errs []error
	if c.Store == nil || c.Signer == nil || c.Known == nil || c.Logger == nil {
		errs = append(errs, errors.New("store, signer, verifiers and logger are needed"))
	}
	if err := checkTopic(c.Topic); err != nil {
		errs = append(errs, err)
	}
	if c.Lineage == [16]byte{} {
		errs = append(errs, errors.New("the lineage is empty"))
	}
	if c.SegmentBytes < 0 || c.SegmentBytes > maxPlain/2 {
		errs = append(errs, fmt.Errorf("segment of %d bytes; at most %d", c.SegmentBytes, maxPlain/2))
	}
	if c.SegmentAge < 0 || c.BufferBytes < 0 || c.Attempts < 0 || c.Backoff < 0 {
		errs = append(errs, errors.New("ages, sizes and attempts are not negative"))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("configure archive: %w", err)
	}
	return nil
}

func (c Config[T]) withDefaults() Config[T] {
	c.SegmentBytes = orDefault(c.SegmentBytes, DefaultSegmentBytes)
	c.SegmentAge = orDefault(c.SegmentAge, DefaultSegmentAge)
	c.BufferBytes = orDefault(c.BufferBytes, DefaultBufferBytes)
	c.Attempts = orDefault(c.Attempts, defaultAttempts)
	c.Backoff = orDefault(c.Backoff, defaultBackoff)
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func orDefault[N int | int64 | time.Duration](value, standard N) N {
	if value == 0 {
		return standard
	}
	return value
}

// KeepSettled keeps final and retracted records, controls, and what could
// not be decoded. Pending records are left out: they can be computed again.
func KeepSettled(i int, chunk *bus.Chunk[*access.Record]) bool {
	record := chunk.Values[i]
	return record == nil || record.State != access.State_STATE_PENDING
}
