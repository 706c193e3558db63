package worm

import (
	"context"
	"errors"
	"io"
	"time"
)

// ErrExists says that a name is taken. Nothing was changed.
var ErrExists = errors.New("object exists")

// Object is one version of one object, as a listing shows it.
type Object struct {
	Name string
	// Size in bytes.
	Size int64
	// Modified is when the store says that it was written.
	Modified time.Time
	// Version, empty where the store knows none. Noncurrent says that a
	// newer one lies over it, Marker that this is a delete marker. Both are
	// traces of tampering.
	Version    string
	Noncurrent bool
	Marker     bool
	// Irregular says that this is not a plain object: a link or a device.
	Irregular bool
}

// Store keeps whole objects under names with slashes.
//
// All methods are safe for concurrent use, also between processes. Errors
// may be of passing causes: the caller retries. What ends by its context
// returns the context's error, and a Put may or may not have happened.
type Store interface {
	// Put stores a new object, all of it or nothing: it is durable, and
	// visible to Open and List, when Put returns nil. When the name is taken
	// it fails with ErrExists and changes nothing. After any other error the
	// object may be there or not; Put again, with the same bytes, finds out.
	// It does not keep data. On S3: one PutObject with If-None-Match, a
	// checksum and the retention; 412 and 409 are ErrExists.
	Put(ctx context.Context, name string, data []byte) error
	// Open reads an object from its start: the first version that was ever
	// written under its name; fs.ErrNotExist when there is none. Closing
	// early costs no more than what was read.
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	// List calls fn for all versions of all objects whose name begins with
	// prefix and is not before from, in the order of names, newest version
	// first. It ends with the first error of fn.
	List(ctx context.Context, prefix, from string, fn func(Object) error) error
}
