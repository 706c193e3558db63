package bus

import "sync"

// spares are the spaces of batches that were sent, for those to come. The
// lanes share them: as many batches are filled at once as there are bytes to
// wait, however many partitions there are.
type spares struct {
	mu   sync.Mutex
	free [][]byte
	// bytes of all that is free, and the most there may be.
	bytes, most int
}

// take gives an empty space, nil where there is none.
func (s *spares) take() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.free) - 1
	if last < 0 {
		return nil
	}
	space := s.free[last]
	s.free[last] = nil
	s.free = s.free[:last]
	s.bytes -= cap(space)
	return space
}

// give keeps a space that nobody reads any more.
func (s *spares) give(space []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bytes+cap(space) > s.most {
		return
	}
	s.free = append(s.free, space[:0])
	s.bytes += cap(space)
}
