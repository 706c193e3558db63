package notification

import (
	"fmt"
	"strings"
)

// Scope is what a queue may tell of.
type Scope struct {
	// Bucket by its name; any where it is empty.
	Bucket string
	// Prefix of keys.
	Prefix string
}

// Check refuses, as an *Error, objects outside the scope.
func (s Scope) Check(objects []Object) error {
	for _, o := range objects {
		switch {
		case s.Bucket != "" && o.Bucket != s.Bucket:
			return &Error{Cause: CauseForeign, What: fmt.Sprintf("it tells of an object in bucket %q, and this source reads %q: the notifications of that bucket go to the wrong queue, or the source's bucket is another", o.Bucket, s.Bucket)}
		case !strings.HasPrefix(o.Key, s.Prefix):
			return &Error{Cause: CauseForeign, What: fmt.Sprintf("it tells of an object outside the prefix %q: set the same prefix in the bucket's notifications", s.Prefix)}
		}
	}
	return nil
}
