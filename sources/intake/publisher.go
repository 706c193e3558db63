package intake

import (
	"context"

	"earwitness/pipeline/evidence"
)

// Publisher takes batches on.
//
// Publish returns nil when it has accepted the batch, and blocks until it
// can. It then calls done exactly once, from any goroutine and in any order
// among batches: with nil when all of the batch is durable, else with why it
// never will be; retrying is the publisher's own affair. When Publish returns
// an error done is not called. It may keep the batch, and is called
// concurrently. When ctx ends, a batch that was accepted is still answered
// for, soon, with its outcome or an error.
type Publisher interface {
	Publish(ctx context.Context, batch evidence.Batch, done func(error)) error
}
