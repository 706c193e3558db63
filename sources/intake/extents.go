package intake

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"iter"
	"maps"
	"sync"
	"time"

	"earwitness/sources/journal"
)

// objectID tells an object from all others, and from another state of it.
type objectID [16]byte

func idOf(uri, etag string, size int64) (id objectID) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d", uri, etag, size))
	copy(id[:], sum[:])
	return id
}

// extent is a line of the journal: how far one object has been read, or, without
// an object, when the last listing began that came to its end.
type extent struct {
	Object string `json:"object,omitempty"` // in base64
	// Day is the end of the day that the object is for, in days since 1970.
	Day int32 `json:"day,omitempty"`
	// Offset in bytes, unpacked, up to which all is acknowledged, and Sent
	// the one up to which something was handed on.
	Offset int64 `json:"offset,omitempty"`
	Sent   int64 `json:"sent,omitempty"`
	// Done says that all of it is acknowledged, Refused that a dead letter
	// stands for it.
	Done    bool `json:"done,omitempty"`
	Refused bool `json:"refused,omitempty"`
	// Listed in ns since 1970.
	Listed int64 `json:"listed,omitempty"`
}

// extents keep what has been read of the objects that are still listed. An
// object that was read whole takes some 40 bytes of memory and 70 on disk. A
// line that is lost repeats an object and loses nothing, so changes are not
// synced one by one. They are safe for concurrent use.
type extents struct {
	mu   sync.Mutex
	file *journal.File[extent]
	last time.Time
	// done gives the days of objects that were read whole; open has the others.
	done map[objectID]int32
	open map[objectID]extent
}

func openExtents(path string) (*extents, error) {
	m := &extents{done: map[objectID]int32{}, open: map[objectID]extent{}}
	format := journal.Format{Header: "earwitness objects 1", Advice: "use that, or remove the file to read the objects again"}
	file, err := journal.Open(path, format, m.load)
	if err != nil {
		return nil, fmt.Errorf("open state of objects: %w", err)
	}
	m.file = file
	if err := m.compact(); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *extents) load(line extent) {
	if line.Object == "" {
		m.last = time.Unix(0, line.Listed)
		return
	}
	var id objectID
	if n, err := base64.RawURLEncoding.Decode(id[:], []byte(line.Object)); err == nil && n == len(id) {
		m.note(id, line)
	}
}

func (m *extents) note(id objectID, now extent) {
	if now.Done {
		m.done[id] = now.Day
		delete(m.open, id)
		return
	}
	now.Object = ""
	m.open[id] = now
}

// get gives how far an object has been read; it is zero for one not known.
func (m *extents) get(id objectID) extent {
	m.mu.Lock()
	defer m.mu.Unlock()
	if day, ok := m.done[id]; ok {
		return extent{Day: day, Done: true}
	}
	return m.open[id]
}

func (m *extents) put(id objectID, now extent) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.note(id, now)
	return m.write(line(id, now))
}

func line(id objectID, now extent) extent {
	now.Object = base64.RawURLEncoding.EncodeToString(id[:])
	return now
}

func (m *extents) write(line extent) error {
	if m.file.Torn() {
		return m.compact()
	}
	if err := m.file.Append(line); err != nil {
		return fmt.Errorf("keep state of objects: %w", err)
	}
	if m.file.Lines() > compactAt+3*(len(m.done)+len(m.open)) {
		return m.compact()
	}
	return nil
}

// listed gives when the last listing began that came to its end.
func (m *extents) listed() (began time.Time, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last, !m.last.IsZero()
}

func (m *extents) list(began time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = began
	return m.write(extent{Listed: began.UnixNano()})
}

// forget drops what is for days before a time.
func (m *extents) forget(before time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	first := dayNumber(before)
	held := len(m.done) + len(m.open)
	maps.DeleteFunc(m.done, func(_ objectID, day int32) bool { return day <= first })
	maps.DeleteFunc(m.open, func(_ objectID, o extent) bool { return o.Day <= first })
	if held == len(m.done)+len(m.open) {
		return nil
	}
	return m.compact()
}

// compact writes the file anew without what is outdated.
func (m *extents) compact() error {
	if err := m.file.Rewrite(m.all()); err != nil {
		return fmt.Errorf("compact state of objects: %w", err)
	}
	return nil
}

func (m *extents) all() iter.Seq[extent] {
	return func(yield func(extent) bool) {
		if !m.last.IsZero() && !yield(extent{Listed: m.last.UnixNano()}) {
			return
		}
		for id, day := range m.done {
			if !yield(line(id, extent{Day: day, Done: true})) {
				return
			}
		}
		for id, o := range m.open {
			if !yield(line(id, o)) {
				return
			}
		}
	}
}

// remove removes the file, which is closed afterwards.
func (m *extents) remove() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.file.Remove(); err != nil {
		return fmt.Errorf("remove state of objects: %w", err)
	}
	return nil
}

func (m *extents) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.file.Close(); err != nil {
		return fmt.Errorf("close state of objects: %w", err)
	}
	return nil
}

// dayNumber of a midnight, in days since 1970.
func dayNumber(midnight time.Time) int32 {
	return int32(midnight.Unix() / (24 * 60 * 60)) //nolint:gosec // it holds until the year 5 million
}
