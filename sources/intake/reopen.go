package intake

import (
	"fmt"
	"io"
	"net/url"
	"os"
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

type reopened struct {
	*content
	file *os.File
}

// Close ends the reading.
func (r *reopened) Close() error {
	r.content.close()
	return r.file.Close()
}
