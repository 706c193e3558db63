package engine

import (
	"fmt"
	"maps"
	"sync"
	"time"

	"earwitness/pipeline/bus"
)

// place is a sink in one partition of a topic.
type place struct {
	sink, topic string
	partition   int
}

func (p place) String() string { return fmt.Sprintf("%s at %s/%d", p.sink, p.topic, p.partition) }

// tracker knows how far each sink has come, and who has told of a barrier.
// Safe for concurrent use.
type tracker struct {
	mu      sync.Mutex
	courses map[place]*course
	// ends are the furthest that any sink knows of.
	ends map[topicPartition]knownEnd
	// passed lists, by a barrier's id, who holds all before it.
	passed map[string]map[place]bool
	moved  chan struct{} // closed when something moves
}

// knownEnd of a partition, and since when it is known.
type knownEnd struct {
	offset int64
	since  time.Time
}

func newTracker() *tracker {
	return &tracker{
		courses: make(map[place]*course), ends: make(map[topicPartition]knownEnd),
		passed: make(map[string]map[place]bool), moved: make(chan struct{}),
	}
}

func (t *tracker) wake() {
	close(t.moved)
	t.moved = make(chan struct{})
}

// expect notes that a sink is about to begin.
func (t *tracker) expect(at place) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.course(at, time.Now())
}

func (t *tracker) course(at place, now time.Time) *course {
	c := t.courses[at]
	if c == nil {
		c = newCourse(now)
		t.courses[at] = c
	}
	return c
}

// note is told often, and does little.
func (t *tracker) note(p bus.Progress) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.course(place{p.Sink, p.Topic, p.Partition}, now).note(p, now) {
		t.wake()
	}
	if at := (topicPartition{p.Topic, p.Partition}); p.Known && p.End > t.ends[at].offset {
		t.ends[at] = knownEnd{p.End, now}
	}
}

// suspend notes that nothing is followed at the moment, and why: who follows
// next tells that it does. It gives how many had been followed.
func (t *tracker) suspend(why error, retried int) int {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.courses {
		p := c.Progress
		p.Given, p.Retried, p.Waiting = 0, retried, why
		c.note(p, now)
	}
	return len(t.courses)
}

// leave forgets a partition that is followed elsewhere.
func (t *tracker) leave(partition int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.courses, func(p place, _ *course) bool { return p.partition == partition })
	maps.DeleteFunc(t.ends, func(p topicPartition, _ knownEnd) bool { return p.partition == partition })
}

// look calls fn with a copy of each course, and the end of its partition.
func (t *tracker) look(fn func(place, course, knownEnd)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for at, c := range t.courses {
		fn(at, *c, t.ends[topicPartition{at.topic, at.partition}])
	}
}
