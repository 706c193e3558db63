package amazon

import (
	"errors"
	"testing"

	"github.com/aws/smithy-go"
)

// TestWhoIsRefused: a refusal of who asks is told from one of what is asked
// for; both last until somebody changes something.
func TestWhoIsRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err               error
		identity, lasting bool
	}{
		{&smithy.GenericAPIError{Code: "InvalidAccessKeyId"}, true, true},
		{&smithy.GenericAPIError{Code: "SignatureDoesNotMatch"}, true, true},
		{&smithy.GenericAPIError{Code: "ExpiredToken"}, true, true},
		{&smithy.GenericAPIError{Code: "RequestTimeTooSkewed"}, true, true},
		{errors.New("get identity: no credentials"), true, true},
		{&smithy.GenericAPIError{Code: "AccessDenied"}, false, true},
		{&smithy.GenericAPIError{Code: "NoSuchBucket"}, false, true},
		{&smithy.GenericAPIError{Code: "NoSuchKey"}, false, false},
		{&smithy.GenericAPIError{Code: "SlowDown"}, false, false},
	} {
		var e *Error
		if !errors.As(Asker{Server: "s"}.Explain(t.Context(), "read", "o", test.err), &e) {
			t.Fatalf("%v is not explained", test.err)
		}
		if e.Identity != test.identity || e.Lasting != test.lasting || e.Lasting && e.Advice == "" {
			t.Errorf("%v: identity %t, lasting %t, advice %q", test.err, e.Identity, e.Lasting, e.Advice)
		}
	}
}
