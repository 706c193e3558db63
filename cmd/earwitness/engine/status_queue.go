package engine

import (
	"time"

	"earwitness/sources/intake/queue"
)

// QueueStatus is that of a queue of SQS which a source takes from. Counts are
// of messages since the start, where nothing else is said.
type QueueStatus struct {
	// Name is the end of the queue's URL.
	Name string `json:"name"`
	// Received, those that came again included, and Redelivered of them had
	// been received before, here or elsewhere.
	Received    int64 `json:"received"`
	Redelivered int64 `json:"redelivered"`
	// Deleted: all that they carry is durable. Released were given back, and
	// Lost became visible while they were in work.
	Deleted  int64 `json:"deleted"`
	Released int64 `json:"released"`
	Lost     int64 `json:"lost"`
	// Extended counts extensions of a message's visibility.
	Extended int64 `json:"extensions"`
	// Refused can't be taken, by cause, each time that one comes.
	Refused map[string]int64 `json:"refused,omitempty"`
	// Visible, Hidden and Delayed are what the queue holds, about, as it said
	// last.
	Visible int64 `json:"visible"`
	Hidden  int64 `json:"hidden"`
	Delayed int64 `json:"delayed"`
	// InWork here, and when the oldest of them was sent.
	InWork int64      `json:"in_work"`
	Oldest *time.Time `json:"oldest,omitempty"`
	// Failed requests to the queue by why, those that were made again
	// included.
	Failed map[string]int64 `json:"failed_requests,omitempty"`
}

func newQueueStatus(name string, stats *queue.Stats) *QueueStatus {
	return &QueueStatus{
		Name: name, Received: stats.Received, Redelivered: stats.Again, Deleted: stats.Deleted, Released: stats.Released, Lost: stats.Lost,
		Extended: stats.Extended, Refused: stats.Poison, Visible: stats.Visible, Hidden: stats.Hidden, Delayed: stats.Delayed,
		InWork: stats.InWork, Oldest: moment(stats.Oldest), Failed: stats.Failed,
	}
}
