package intake

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Objects is a bucket. Bucket calls it concurrently, and counts every error
// that is no *RefusalError as one that may pass; an implementation may retry
// by itself before. It is done when ctx ends.
type Objects interface {
	// List calls fn with the objects and folders directly below a folder (a
	// prefix that ends with / or is that of a source), in the order of their
	// keys, from the first key behind after on. fn's error ends it and comes
	// back as it is.
	List(ctx context.Context, folder, after string, fn func(Listed) error) error
	// Open gives an object's bytes as they are stored, and what its writer
	// gave it of metadata. Only the state that was listed counts: another is
	// refused as CauseChanged. The caller closes.
	Open(ctx context.Context, object Listed) (io.ReadCloser, map[string]string, error)
}

// Listed is an object, or a folder, whose key ends with / and which has no
// other fields.
type Listed struct {
	Key      string
	Size     int64
	ETag     string
	Modified time.Time
	// VersionID of the version that is meant; the current one where it is
	// empty, as in a listing.
	VersionID string
	Folder    bool
}

// RefusalError says that another attempt will end the same until somebody
// changes something. Cause is one of this package's.
type RefusalError struct {
	Cause string
	Err   error
}

func (e *RefusalError) Error() string { return e.Err.Error() }

// Unwrap gives what the server said.
func (e *RefusalError) Unwrap() error { return e.Err }

// TransferError says that a listing or an object's bytes did not come. A
// later attempt may succeed.
type TransferError struct {
	// What was tried, in words, on URI.
	What, URI string
	Err       error
}

func (e *TransferError) Error() string { return fmt.Sprintf("%s %s: %v", e.What, e.URI, e.Err) }

// Unwrap gives the cause.
func (e *TransferError) Unwrap() error { return e.Err }
