package memory

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"sync"
	"time"
)

const (
	// besideRuntime is about what is resident and not of Go's runtime: the
	// program's text, and the pages of the index.
	besideRuntime = 96 << 20
	// lookEvery is how often the heap is looked at.
	lookEvery = time.Second
)

// aim is what the process should hold.
type aim struct {
	// wanted is the setting.
	wanted int64
	// most is what its container may have; 0 where that is not bounded.
	most int64
}

// limit for Go's runtime while so much of its heap is in use. Below what is
// wanted garbage may wait until that is reached; where the heap alone needs
// more, garbage may be half as much again, or else collecting would be all
// that is done. An end by the container is worse than that.
func (a aim) limit(live int64) int64 {
	limit := max(a.wanted-besideRuntime, live+live/2)
	if a.most > 0 {
		limit = min(limit, a.most-besideRuntime)
	}
	return max(limit, besideRuntime)
}

// Keep sets the runtime's limit as the heap grows and shrinks, so that the
// process has about as many bytes as are wanted, until stop is called, which
// puts the former settings back. Who sets GOMEMLIMIT or GOGC decides alone.
func Keep(ctx context.Context, log *slog.Logger, wanted int64) (stop func()) {
	if os.Getenv("GOMEMLIMIT") != "" || os.Getenv("GOGC") != "" {
		return func() {}
	}
	a := aim{wanted: wanted, most: containerBound(os.ReadFile)}
	log.DebugContext(ctx, "memory", slog.Int64("wanted", a.wanted), slog.Int64("container", a.most))
	// Below the limit nothing has to be collected.
	percent, before := debug.SetGCPercent(-1), debug.SetMemoryLimit(a.limit(0))
	ctx, cancel := context.WithCancel(ctx)
	var keeper sync.WaitGroup
	keeper.Go(func() { a.keep(ctx) })
	return func() {
		cancel()
		keeper.Wait()
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(before)
	}
}

func (a aim) keep(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		metrics.Read(live)
		debug.SetMemoryLimit(a.limit(int64(live[0].Value.Uint64())))
	}
}

// containerBound is what cgroups, version 2 or 1, leave this process as a
// container sees it; 0 where there is no bound, or no cgroups.
func containerBound(read func(name string) ([]byte, error)) int64 {
	for _, name := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := read(name)
		if err != nil {
			continue
		}
		// "max", or a number too large for any machine, is no bound.
		if n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64); err == nil && n < 1<<50 {
			return n
		}
	}
	return 0
}
