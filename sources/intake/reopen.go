package intake

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
)

// Open opens an object of Object.URI, decompressed, from its start: a file of
// the form file:///…. The caller closes it.
func Open(uri string) (io.ReadCloser, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" {
		return nil, fmt.Errorf("open %s: it is no file", uri)
	}
	f, err := os.Open(u.Path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", uri, err)
	}
	return &reopened{content: openContent(f, 0, new(atomic.Int64)), file: f}, nil
}

// Reopen opens an object of Object.URI again, decompressed, from its start, in
// the state that it has now: one of the form s3://bucket/…. The caller closes
// it.
func Reopen(ctx context.Context, objects Objects, uri string) (io.ReadCloser, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "s3" {
		return nil, fmt.Errorf("open %s: it is no object of a bucket", uri)
	}
	raw, _, err := objects.Open(ctx, Listed{Key: strings.TrimPrefix(u.Path, "/")})
	if err != nil {
		return nil, err
	}
	return &reopened{content: new(spaces).openStream(raw, 0, new(atomic.Int64)), file: raw}, nil
}

type reopened struct {
	*content
	file io.Closer
}

// Close ends the reading.
func (r *reopened) Close() error {
	r.content.close()
	return r.file.Close()
}
