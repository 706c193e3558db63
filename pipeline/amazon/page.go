package amazon

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// errPage says that a web server answered, or something between.
var errPage = errors.New("the answer is a web page")

// refusePages makes an error of a web page. The client would read it as an
// answer in which everything is missing.
func refusePages(stack *middleware.Stack) error {
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("RefusePages", func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		response, ok := out.RawResponse.(*smithyhttp.Response)
		if err != nil || !ok || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") {
			return out, metadata, err
		}
		err = errors.Join(errPage, response.Body.Close())
		response.Body = http.NoBody
		return out, metadata, err
	}), middleware.After)
}
