package bus_test

import (
	"context"
	"fmt"

	"earwitness/pipeline/bus"
)

// lastSeen is a sink that notes which values came, and when the wanted one
// did. Records may come twice.
type lastSeen struct {
	partition int
	want      string
	done      chan struct{}
	seen      map[string]bool
	next      int64
}

func (s *lastSeen) Name() string                                 { return "last seen" }
func (s *lastSeen) Position(context.Context, int) (int64, error) { return s.next, nil }
func (s *lastSeen) Flush(context.Context, int) error             { return nil }

func (s *lastSeen) Write(_ context.Context, _ int, chunk *bus.Chunk[string]) error {
	if s.seen == nil {
		s.seen = make(map[string]bool)
	}
	for _, v := range chunk.Values {
		s.seen[v] = true
	}
	s.next = chunk.Next
	if s.seen[s.want] {
		select {
		case <-s.done:
		default:
			close(s.done)
		}
	}
	return nil
}

// missing lists which of the first n numbers did not come.
func (s *lastSeen) missing(n int) (list []int) {
	for i := range n {
		if !s.seen[fmt.Sprintf("%d/%d", s.partition, i)] {
			list = append(list, i)
		}
	}
	return list
}
