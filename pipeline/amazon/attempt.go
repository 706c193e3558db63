package amazon

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
)

// slowest transfer that is still waited for, in bytes a second.
const slowest = 128 << 10

// TimeoutError ends an attempt of ours, never a caller's context.
type TimeoutError struct{ After time.Duration }

func (e *TimeoutError) Error() string { return fmt.Sprintf("no answer within %s", e.After) }

// Timeout and Temporary are asked as those of a net.Error.
func (e *TimeoutError) Timeout() bool { return true }

// Temporary is true.
func (e *TimeoutError) Temporary() bool { return true }

// RetryableError is asked by the client.
func (e *TimeoutError) RetryableError() bool { return true }

// Limit gives each attempt at a request that sends size bytes its time, which
// is timeout for one that sends none. It is not for what streams its answer.
func Limit(timeout time.Duration, size int) func(*s3.Options) {
	after := timeout + time.Duration(size)*time.Second/slowest
	limit := middleware.FinalizeMiddlewareFunc("LimitAttempt", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		limited, cancel := context.WithTimeout(ctx, after)
		defer cancel()
		out, metadata, err := next.HandleFinalize(limited, in)
		if err != nil && limited.Err() != nil && ctx.Err() == nil {
			err = &TimeoutError{After: after}
		}
		return out, metadata, err
	})
	return s3.WithAPIOptions(func(stack *middleware.Stack) error {
		return stack.Finalize.Insert(limit, "Retry", middleware.After)
	})
}

// Stream is the body of an answer, which may not stand still for longer than
// wait. cancel ends the request; Close calls it.
func Stream(answer io.ReadCloser, cancel context.CancelFunc, wait time.Duration) io.ReadCloser {
	return &body{ReadCloser: answer, cancel: cancel, wait: wait}
}

type body struct {
	io.ReadCloser
	cancel context.CancelFunc
	wait   time.Duration

	mu    sync.Mutex
	stood bool
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	timer := time.AfterFunc(b.wait, func() {
		b.mu.Lock()
		b.stood = true
		b.mu.Unlock()
		b.cancel()
	})
	n, err := b.ReadCloser.Read(p)
	timer.Stop()
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil && b.stood {
		err = &TimeoutError{After: b.wait}
	}
	return n, err
}

// Close implements io.Closer. What was not read is not waited for.
func (b *body) Close() error {
	b.cancel()
	err := b.ReadCloser.Close()
	if err != nil {
		return fmt.Errorf("close answer: %w", err)
	}
	return nil
}
