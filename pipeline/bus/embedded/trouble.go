package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"syscall"
	"time"

	"github.com/segmentio/kafka-go"
)

// troubleLasts is how long a failure of the disk explains what the broker
// refuses. A refusal follows the failure at once.
const troubleLasts = 10 * time.Second

// trouble is what the disk said last. The broker tells its log alone; to those
// who write it says that an unknown error happened. It is safe for concurrent
// use.
type trouble struct {
	mu  sync.Mutex
	err error
	at  time.Time
}

// note keeps the failure of a file that is among what the broker says.
func (t *trouble) note(args []any) {
	for _, arg := range args {
		err, _ := arg.(error)
		if path := (*fs.PathError)(nil); errors.As(err, &path) {
			t.mu.Lock()
			t.err, t.at = err, time.Now()
			t.mu.Unlock()
		}
	}
}

// explain puts the disk's failure behind an error that gives no reason.
func (t *trouble) explain(dir string, refused error) error {
	if !errors.Is(refused, kafka.Unknown) {
		return refused
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil || time.Since(t.at) > troubleLasts {
		return refused
	}
	return &DiskError{Dir: dir, Err: t.err, refused: refused}
}

// DiskError says that the broker can't write its log. What it was asked to
// keep is not kept.
type DiskError struct {
	Dir string
	// Err is the disk's, with the file.
	Err error
	// refused is what the broker answered, by which retries are judged.
	refused error
}

func (e *DiskError) Error() string {
	what := "mend the disk"
	if errors.Is(e.Err, syscall.ENOSPC) || errors.Is(e.Err, syscall.EDQUOT) {
		what = "make room on its disk, it goes on by itself"
	}
	return fmt.Sprintf("embedded broker can't write its log in %s: %v; %s", e.Dir, e.Err, what)
}

func (e *DiskError) Unwrap() []error { return []error{e.Err, e.refused} }
