package intake

import (
	"context"
	"io"

	"golang.org/x/time/rate"
)

// Throttle gives objects that are opened, and read, no faster than so many a
// second; 0 is no limit. Listing is not slowed down.
func Throttle(objects Objects, perSecond float64, bytesPerSecond int64) Objects {
	t := &throttled{Objects: objects}
	if perSecond > 0 {
		t.opening = rate.NewLimiter(rate.Limit(perSecond), 1)
	}
	if bytesPerSecond > 0 {
		t.reading = rate.NewLimiter(rate.Limit(bytesPerSecond), streamBuffer)
	}
	return t
}

type throttled struct {
	Objects
	// opening and reading are nil where there is no limit.
	opening, reading *rate.Limiter
}

// Open implements Objects.
func (t *throttled) Open(ctx context.Context, o Listed) (io.ReadCloser, map[string]string, error) {
	if t.opening != nil {
		if err := t.opening.Wait(ctx); err != nil {
			return nil, nil, err
		}
	}
	r, metadata, err := t.Objects.Open(ctx, o)
	if err != nil || t.reading == nil {
		return r, metadata, err
	}
	return &slowed{ReadCloser: r, ctx: ctx, limit: t.reading}, metadata, nil
}

// slowed waits after what it has read, so that nothing is held meanwhile.
type slowed struct {
	io.ReadCloser
	ctx   context.Context //nolint:containedctx // an io.Reader has no other way to stop
	limit *rate.Limiter
}

// Read implements io.Reader.
func (s *slowed) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p[:min(len(p), s.limit.Burst())])
	if n == 0 || err != nil {
		return n, err
	}
	if err := s.limit.WaitN(s.ctx, n); err != nil {
		return n, err
	}
	return n, nil
}
