package amazon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Error of a request: what was tried, on what, why it failed, what to do.
// errors.Is finds fs.ErrPermission where rights or settings are missing and
// another attempt would end the same, and fs.ErrNotExist where an object is
// gone.
type Error struct {
	// Operation in words, Object its URL, Server who was asked.
	Operation, Object, Server string
	// Code of the server's answer, RequestID for those who run it; empty
	// when no answer came.
	Code, RequestID string
	// Advice is what to do.
	Advice string
	Err    error

	// Lasting: another attempt ends the same until somebody changes a setting.
	Lasting bool
	// Gone: there is no such object.
	Gone bool
	// Identity: it is about who asks and not about what. Credentials are
	// missing, unknown or have run out, or this machine's clock is wrong.
	Identity bool
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s on %s: %s", e.Operation, e.Object, e.Server, e.why())
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request %s)", e.RequestID)
	}
	if e.Advice != "" {
		fmt.Fprintf(&b, "; %s", e.Advice)
	}
	return b.String()
}

// why leaves out what the client wraps around the cause.
func (e *Error) why() string {
	var (
		api       smithy.APIError
		request   *url.Error
		timeout   *TimeoutError
		operation *smithy.OperationError
	)
	switch {
	case errors.As(e.Err, &api):
		if message := strings.TrimRight(api.ErrorMessage(), ". \n"); message != "" && message != api.ErrorCode() {
			return api.ErrorCode() + ": " + message
		}
		return api.ErrorCode()
	case errors.Is(e.Err, errPage):
		return errPage.Error()
	case errors.As(e.Err, &timeout):
		return timeout.Error()
	case errors.As(e.Err, &request):
		return request.Err.Error()
	case errors.As(e.Err, &operation):
		return operation.Err.Error()
	}
	return e.Err.Error()
}

// Unwrap gives the cause, and what kind it is of.
func (e *Error) Unwrap() []error {
	errs := []error{e.Err}
	if e.Lasting {
		errs = append(errs, fs.ErrPermission)
	}
	if e.Gone {
		errs = append(errs, fs.ErrNotExist)
	}
	return errs
}

// Code of the server's answer; empty when there was none.
func Code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// Asker is who made a request, and of whom.
type Asker struct {
	// Server is what errors call the other side; Region is the client's.
	Server, Region string
	// Role that was assumed; empty for none.
	Role string
	// Advise, where not nil, gives what to do about a code that will come
	// again until a setting changes; empty for what it does not know.
	Advise func(code string) string
}

// Explain gives an error its words. The caller's own end stays what it is.
func (a Asker) Explain(ctx context.Context, operation, object string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := &Error{Operation: operation, Object: object, Server: a.Server, Code: Code(err), Err: err}
	var response *smithyhttp.ResponseError
	status := 0
	header := http.Header{}
	if errors.As(err, &response) && response.Response != nil {
		status, header = response.HTTPStatusCode(), response.Response.Header
		e.RequestID = header.Get("X-Amz-Request-Id")
	}
	if isIdentity(err) {
		e.Advice, e.Lasting = a.adviseIdentity(), adviseConnection(err) == ""
		e.Identity = true
		return e
	}
	e.Identity = adviseCaller(e.Code) != ""
	e.Gone = e.Code == "NoSuchKey" || e.Code == "NoSuchVersion"
	if e.Advice, e.Lasting = a.advise(e.Code, status, header); e.Advice == "" {
		e.Advice = adviseConnection(err)
	}
	return e
}
