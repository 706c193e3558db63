package bucket

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// ClockError says that this clock and the server's differ too much. A
// retention would end at another time than it should; compliance mode cannot
// correct one that is too long.
type ClockError struct {
	Server        string
	Here, There   time.Time
	Allowed, Away time.Duration
}

func (e *ClockError) Error() string {
	return fmt.Sprintf("check clock against %s: it is %s here and %s there, %s apart, and %s are allowed; set the clock of this machine (or of the server) right, retentions are counted by it",
		e.Server, e.Here.UTC().Format(time.RFC3339), e.There.UTC().Format(time.RFC3339),
		e.Away.Round(time.Second), e.Allowed)
}

// clock compares this clock with the Date of each answer. The client corrects
// its signatures for a wrong clock silently, so nothing else would tell.
type clock struct {
	server  string
	allowed time.Duration
	now     func() time.Time
	// last reading; nil before the first answer.
	last atomic.Pointer[ClockError]
}

// observe notes the time that an answer to a request of a time brings. All
// that lies between the sending and the answer, give the second that the
// header is cut to, is right.
func (c *clock) observe(sent, received time.Time, header http.Header) {
	there, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return
	}
	reading := &ClockError{Server: c.server, Here: received, There: there, Allowed: c.allowed}
	if ahead := there.Sub(received); ahead > 0 {
		reading.Away = ahead
	} else if behind := sent.Sub(there) - time.Second; behind > 0 {
		reading.Away = behind
	}
	c.last.Store(reading)
}

// check judges the last answer.
func (c *clock) check() error {
	if reading := c.last.Load(); reading != nil && reading.Away > c.allowed {
		return reading
	}
	return nil
}

// option of a client whose answers pass by.
func (c *clock) option(o *s3.Options) { o.APIOptions = append(o.APIOptions, c.watch) }

// watch makes every answer of a client pass by.
func (c *clock) watch(stack *middleware.Stack) error {
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("WatchClock", func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (middleware.DeserializeOutput, middleware.Metadata, error) {
		sent := c.now()
		out, metadata, err := next.HandleDeserialize(ctx, in)
		if response, ok := out.RawResponse.(*smithyhttp.Response); ok && response != nil && response.Response != nil {
			c.observe(sent, c.now(), response.Header)
		}
		return out, metadata, err
	}), middleware.After)
}
