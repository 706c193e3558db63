package bucket

import (
	"context"
	"fmt"
	"io"
	"io/fs"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"earwitness/pipeline/amazon"
	"earwitness/sinks/worm"
)

// Open implements worm.Store. It reads the first version that was ever
// written under the name, whatever lies over it.
func (s *Store) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	key, err := s.config.key(name)
	if err != nil {
		return nil, err
	}
	versions, err := s.versions(ctx, name)
	if err != nil {
		return nil, err
	}
	oldest, exists := first(versions)
	if !exists {
		return nil, fmt.Errorf("open %s in %s: %w", name, s.config.Location, fs.ErrNotExist)
	}
	streaming, cancel := context.WithCancel(ctx)
	in := &s3.GetObjectInput{
		Bucket: &s.config.Bucket, Key: &key, VersionId: &oldest.Version, ExpectedBucketOwner: s.config.owner(),
	}
	if s.config.Checksums == ChecksumsAuto {
		in.ChecksumMode = types.ChecksumModeEnabled
	}
	out, err := s.client.GetObject(streaming, in)
	if err != nil {
		cancel()
		return nil, s.explain(ctx, "open", name, err)
	}
	return amazon.Stream(out.Body, cancel, s.config.Timeout), nil
}

// first of the versions of one name, newest first; delete markers are none.
func first(versions []worm.Object) (worm.Object, bool) {
	for i := len(versions) - 1; i >= 0; i-- {
		if !versions[i].Marker {
			return versions[i], true
		}
	}
	return worm.Object{}, false
}
