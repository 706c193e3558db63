package amazon

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Why an attempt at a request failed: a closed set.
const (
	// FailureThrottled: the server asks for fewer requests (503, 429).
	FailureThrottled = "throttled"
	// FailureServer: another fault of the server (5xx).
	FailureServer = "server"
	// FailureConnection: nothing came, or not all of it.
	FailureConnection = "connection"
	// FailureRefused: another answer. The object is gone or another, or the
	// credentials do not reach it.
	FailureRefused = "refused"
)

// Failures counts attempts at requests that failed, each one that the client
// makes by itself included. It is safe for concurrent use.
type Failures struct {
	mu sync.Mutex
	by map[string]int64
}

// Counts gives how many there were, by why.
func (f *Failures) Counts() map[string]int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.by)
}

// note counts a failure, unless ctx has ended: that is the caller's doing.
func (f *Failures) note(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	why := failureOf(err)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.by == nil {
		f.by = make(map[string]int64)
	}
	f.by[why]++
}

// Count is an option of the client whose attempts are counted.
func (f *Failures) Count(stack *middleware.Stack) error {
	count := middleware.FinalizeMiddlewareFunc("CountFailures", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleFinalize(ctx, in)
		f.note(ctx, err)
		return out, metadata, err
	})
	return stack.Finalize.Insert(count, "Retry", middleware.After)
}

// Watch counts too when the bytes of an answer end before they should.
func (f *Failures) Watch(ctx context.Context, answer io.ReadCloser) io.ReadCloser {
	return &watched{ReadCloser: answer, ctx: ctx, failures: f}
}

type watched struct {
	io.ReadCloser
	ctx      context.Context //nolint:containedctx // an io.Reader has no other way to know of the caller's end
	failures *Failures
	failed   bool
}

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if err != nil && err != io.EOF && !w.failed {
		w.failed = true
		w.failures.note(w.ctx, err)
	}
	return n, err
}

func failureOf(err error) string {
	_, throttled := retry.DefaultThrottleErrorCodes[Code(err)]
	var response *smithyhttp.ResponseError
	answered := errors.As(err, &response) && response.Response != nil
	switch {
	case throttled, answered && (response.HTTPStatusCode() == http.StatusServiceUnavailable || response.HTTPStatusCode() == http.StatusTooManyRequests):
		return FailureThrottled
	case answered && response.HTTPStatusCode() >= http.StatusInternalServerError:
		return FailureServer
	case answered && response.HTTPStatusCode() >= http.StatusMultipleChoices:
		return FailureRefused
	}
	return FailureConnection
}
