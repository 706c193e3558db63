package enrich

import (
	"context"
	"errors"
)

// Answer is what a source says of one thing.
type Answer struct {
	// JSON as it came, without secrets.
	JSON []byte
	// URI that it was asked at.
	URI string
}

// ErrMissing says that a source knows no such thing, and ErrDenied that it
// does not let us see it. Any other error may pass, and is tried again.
var (
	ErrMissing = errors.New("there is no such thing")
	ErrDenied  = errors.New("it is not ours to see")
)

// RecordingLookup answers about recordings by their conversation. Both
// methods are safe concurrently, wait for the rate limit, retry what soon
// passes, keep nothing, and end with ctx.
type RecordingLookup interface {
	// Conversation gives a JSON array of what is known of its recordings.
	Conversation(ctx context.Context, conversation string) (Answer, error)
	// Recording gives one of them.
	Recording(ctx context.Context, conversation, recording string) (Answer, error)
}

// GuideLookup answers about a recording by its id alone, as gateways do that
// follow Genesys's guides. As for RecordingLookup.
type GuideLookup interface {
	GuideRecording(ctx context.Context, recording string) (Answer, error)
}

// InventoryLookup reads the list of all recordings that there are. As for
// RecordingLookup.
type InventoryLookup interface {
	// Inventory gives the page at a cursor, empty for the first one: a JSON
	// object with a list "entities"; and the cursor of the next page, empty
	// behind the last.
	Inventory(ctx context.Context, cursor string) (page Answer, next string, err error)
}

// SidecarLookup reads the file beside a recording in a bucket. As for
// RecordingLookup; it reads no more than limit bytes, and longer ones are an
// error.
type SidecarLookup interface {
	Sidecar(ctx context.Context, bucket, key string, limit int64) (Answer, error)
}

// UserLookup answers about users, and QueueLookup about queues, by id. As for
// RecordingLookup.
type UserLookup interface {
	User(ctx context.Context, id string) (Answer, error)
}

// QueueLookup answers about queues by id.
type QueueLookup interface {
	Queue(ctx context.Context, id string) (Answer, error)
}

// Sources are those that are asked; a nil one is not.
type Sources struct {
	Recordings RecordingLookup
	Guide      GuideLookup
	Inventory  InventoryLookup
	Sidecars   SidecarLookup
	Users      UserLookup
	Queues     QueueLookup
}
