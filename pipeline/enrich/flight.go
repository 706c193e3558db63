package enrich

import (
	"container/heap"
	"math/rand/v2"
	"time"
)

// flight is one call to a source that waits or is under way, with all who
// wait for it.
type flight struct {
	// name of the call: that of its question, but of a conversation where
	// that is asked as a whole.
	name string
	// whole says that the conversation is asked for all its recordings, and
	// scan that the inventory is read for all that are asked for.
	whole     bool
	scan      *scan
	questions map[string]question
	waiters   map[string][]waiter
	began     time.Time
	attempts  int
	// due is when it may be tried, and turn decides between equal ones.
	due  time.Time
	turn uint64
	// place in the queue; -1 while it is under way.
	place int
	// found is set once it was answered, and what is left is to publish it.
	found map[string]*known
}

// waiter is a subject that is to be told.
type waiter struct {
	partition *partition
	offset    int64
	key       [16]byte
	to        subject
}

// queue has the flights that wait, the next one first.
type queue []*flight

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	if !q[i].due.Equal(q[j].due) {
		return q[i].due.Before(q[j].due)
	}
	return q[i].turn < q[j].turn
}

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

// Push implements heap.Interface.
func (q *queue) Push(x any) {
	f := x.(*flight) //nolint:forcetypeassert // there is nothing else in it
	f.place = len(*q)
	*q = append(*q, f)
}

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	last := len(*q) - 1
	f := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	f.place = -1
	return f
}

// The pauses between attempts: the first, and the longest.
const (
	firstPause   = time.Second
	longestPause = 5 * time.Minute
)

// putOff lets f wait for its next attempt, which is longer each time.
func (q *queue) putOff(f *flight, now time.Time) {
	pause := min(firstPause<<min(f.attempts, 16), longestPause)
	f.attempts++
	// From half of it to all of it, so that those who failed together do not
	// come back together.
	f.due = now.Add(pause/2 + rand.N(pause/2+1))
	heap.Push(q, f)
}

// back lets f wait without a pause.
func (q *queue) back(f *flight, now time.Time) {
	f.due = now
	heap.Push(q, f)
}

func (q *queue) next() *flight {
	return heap.Pop(q).(*flight) //nolint:forcetypeassert // there is nothing else in it
}

// any gives one of the questions: all of them need the same call.
func (f *flight) any() question {
	for _, q := range f.questions {
		return q
	}
	return question{}
}
