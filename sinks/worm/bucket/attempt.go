package bucket

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

// timeoutError ends an attempt of ours, never a caller's context.
type timeoutError struct{ after time.Duration }

func (e *timeoutError) Error() string   { return fmt.Sprintf("no answer within %s", e.after) }
func (e *timeoutError) Timeout() bool   { return true }
func (e *timeoutError) Temporary() bool { return true }

// RetryableError is asked by the client.
func (e *timeoutError) RetryableError() bool { return true }

// limit gives each attempt at a request that sends size bytes its time. It is
// not for what streams its answer.
func (s *Store) limit(size int) func(*s3.Options) {
	after := s.config.Timeout + time.Duration(size)*time.Second/slowest
	limit := middleware.FinalizeMiddlewareFunc("LimitAttempt", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		limited, cancel := context.WithTimeout(ctx, after)
		defer cancel()
		out, metadata, err := next.HandleFinalize(limited, in)
		if err != nil && limited.Err() != nil && ctx.Err() == nil {
			err = &timeoutError{after: after}
		}
		return out, metadata, err
	})
	return s3.WithAPIOptions(func(stack *middleware.Stack) error {
		return stack.Finalize.Insert(limit, "Retry", middleware.After)
	})
}

// body of an answer, which may not stand still.
type body struct {
	io.ReadCloser
	// cancel ends the request.
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
		err = &timeoutError{after: b.wait}
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
