package intake

import "sync"

// tracker moves one file's position over what is acknowledged without a gap.
type tracker struct {
	mu   sync.Mutex
	keep func(position) error
	// now is what was kept, or will be with the next write.
	now     position
	pending []*sent
	// last is what the position becomes when all is acknowledged; nil until
	// the file has been read.
	last *position
}

type sent struct {
	mark     string
	markSize int64
	end      int64
	acked    bool
}

// send notes a batch before it is published.
func (t *tracker) send(s *sent) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pending = append(t.pending, s)
	if s.end <= t.now.Sent {
		return nil
	}
	t.now.Sent = s.end
	return t.keep(t.now)
}

// ack notes that a batch is durable.
func (t *tracker) ack(s *sent) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.acked = true
	moved := false
	for len(t.pending) > 0 && t.pending[0].acked {
		first := t.pending[0]
		t.now.Offset, t.now.Mark, t.now.MarkSize = first.end, first.mark, first.markSize
		t.pending = t.pending[1:]
		moved = true
	}
	if !moved {
		return nil
	}
	return t.write()
}

// finish notes that the file has been read to its end.
func (t *tracker) finish(size, modTime int64, closed bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = &position{Size: size, ModTime: modTime, Done: closed}
	if len(t.pending) > 0 {
		return nil
	}
	return t.write()
}

func (t *tracker) write() error {
	if t.last != nil && len(t.pending) == 0 {
		t.now.Size, t.now.ModTime, t.now.Done = t.last.Size, t.last.ModTime, t.last.Done
	}
	return t.keep(t.now)
}
