package sinktest_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"earwitness/pipeline/bus"
	"earwitness/sinks/sinktest"
)

// memory is the plainest sink that is right: what is flushed outlives it in
// the disk that stands for its folder.
type memory struct {
	mu      sync.Mutex
	disk    map[int][]string
	pending map[int][]string
}

func (m *memory) Name() string { return "memory" }

func (m *memory) Position(_ context.Context, n int) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pending[n] = append([]string(nil), m.disk[n]...)
	if len(m.disk[n]) == 0 {
		return -1, nil
	}
	return int64(len(m.disk[n])), nil
}

func (m *memory) Write(ctx context.Context, n int, chunk *bus.Chunk[string]) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, message := range chunk.Messages {
		if at := int64(len(m.pending[n])); message.Offset > at {
			return fmt.Errorf("a hole: got offset %d at %d", message.Offset, at)
		} else if message.Offset == at {
			m.pending[n] = append(m.pending[n], chunk.Values[i])
		}
	}
	return nil
}

func (m *memory) Flush(ctx context.Context, n int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.disk[n] = append([]string(nil), m.pending[n]...)
	return nil
}

// TestMemory runs the suite on the plainest sink, so that what the suite asks
// for can be met, and what it delivers has no holes.
func TestMemory(t *testing.T) {
	disks := map[string]map[int][]string{}
	text := func(partition int, offset int64) string { return fmt.Sprintf("%d/%03d", partition, offset) }
	sinktest.Run(t, &sinktest.Subject[string]{
		Partitions: 2,
		Messages:   60,
		Message: func(partition int, offset int64) (bus.Message, string) {
			return bus.Message{Offset: offset, Value: []byte(text(partition, offset))}, text(partition, offset)
		},
		Open: func(_ testing.TB, dir string) bus.Sink[string] {
			if disks[dir] == nil {
				disks[dir] = map[int][]string{}
			}
			return &memory{disk: disks[dir], pending: map[int][]string{}}
		},
		Stop: func(testing.TB, bus.Sink[string], bool) {},
		Holds: func(_ testing.TB, sink bus.Sink[string]) []string {
			var lines []string
			for n := range 2 {
				for _, line := range sink.(*memory).disk[n] {
					if line != "" {
						lines = append(lines, line)
					}
				}
			}
			return lines
		},
		Want: func(_ testing.TB, counts []int64) []string {
			var lines []string
			for n, count := range counts {
				for offset := range count {
					lines = append(lines, text(n, offset))
				}
			}
			return lines
		},
	})
}
