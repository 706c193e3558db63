package bucket

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"earwitness/pipeline/amazon"
	"earwitness/sinks/worm"
)

const (
	// nullVersion is what S3 calls an object from before versioning.
	nullVersion = "null"
	fullPage    = 1000
)

// List implements worm.Store.
func (s *Store) List(ctx context.Context, prefix, from string, fn func(worm.Object) error) error {
	folder := s.config.folder()
	marker := ""
	if from > prefix {
		// A listing begins behind its marker. Without the last byte of from
		// there is hardly anything between them.
		marker = folder + from[:len(from)-1]
	}
	return s.walk(ctx, folder+prefix, marker, func(object worm.Object) error {
		name, inside := strings.CutPrefix(object.Name, folder)
		if !inside || name < from {
			return nil
		}
		object.Name = name
		return fn(object)
	})
}

// versions of one object, newest first.
func (s *Store) versions(ctx context.Context, name string) ([]worm.Object, error) {
	key, err := s.config.key(name)
	if err != nil {
		return nil, err
	}
	var versions []worm.Object
	err = s.walk(ctx, key, "", func(object worm.Object) error {
		if object.Name != key {
			return errOtherKey // those come behind it
		}
		object.Name = name
		versions = append(versions, object)
		return nil
	})
	if err != nil && err != errOtherKey { //nolint:errorlint // it is handed through as it is
		return nil, err
	}
	return versions, nil
}

// walk goes through all versions of all keys with a prefix, behind a key.
func (s *Store) walk(ctx context.Context, prefix, marker string, fn func(worm.Object) error) error {
	version := ""
	for {
		page, err := s.page(ctx, prefix, marker, version, fullPage)
		if err != nil {
			return err
		}
		for _, object := range page.objects {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := fn(object); err != nil {
				return err
			}
		}
		if !page.more {
			return nil
		}
		if page.key < marker || page.key == marker && page.version == version {
			return s.refuse(fmt.Sprintf("the server's list of versions goes on from %q behind %q", page.key, marker),
				"it would never end; the server is not fit for an archive")
		}
		marker, version = page.key, page.version
	}
}

// page of a listing, and where the next begins.
type page struct {
	objects      []worm.Object
	more         bool
	key, version string
}

func (s *Store) page(ctx context.Context, prefix, marker, version string, size int32) (page, error) {
	in := &s3.ListObjectVersionsInput{
		Bucket: &s.config.Bucket, Prefix: &prefix, MaxKeys: &size, ExpectedBucketOwner: s.config.owner(),
		// Else one key with a control character spoils the whole answer.
		EncodingType: types.EncodingTypeUrl,
	}
	if marker != "" {
		in.KeyMarker = &marker
	}
	if version != "" {
		in.VersionIdMarker = &version
	}
	out, err := s.client.ListObjectVersions(ctx, in, amazon.Limit(s.config.Timeout, 0))
	if err != nil {
		return page{}, s.explain(ctx, "list versions in", "", err)
	}
	p := page{more: aws.ToBool(out.IsTruncated), key: aws.ToString(out.NextKeyMarker), version: aws.ToString(out.NextVersionIdMarker)}
	p.objects = objects(out)
	if out.EncodingType == types.EncodingTypeUrl {
		if err := p.decode(); err != nil {
			return page{}, fmt.Errorf("list versions in %s: read key: %w", s.config.Location, err)
		}
	}
	p.objects = merge(p.objects, len(out.Versions))
	return p, nil
}

// merge puts in one order what an answer has in two parts: versions first,
// then delete markers, each in the order of keys, newest first.
func merge(objects []worm.Object, versions int) []worm.Object {
	merged := make([]worm.Object, 0, len(objects))
	a, b := objects[:versions], objects[versions:]
	for len(a) > 0 && len(b) > 0 {
		if before(a[0], b[0]) {
			merged, a = append(merged, a[0]), a[1:]
		} else {
			merged, b = append(merged, b[0]), b[1:]
		}
	}
	return append(append(merged, a...), b...)
}

func before(a, b worm.Object) bool {
	switch order := strings.Compare(a.Name, b.Name); {
	case order != 0:
		return order < 0
	case a.Noncurrent != b.Noncurrent:
		return b.Noncurrent
	}
	return a.Modified.After(b.Modified)
}

func (p *page) decode() (err error) {
	if p.key, err = url.QueryUnescape(p.key); err != nil {
		return err
	}
	for i := range p.objects {
		if p.objects[i].Name, err = url.QueryUnescape(p.objects[i].Name); err != nil {
			return err
		}
	}
	return nil
}

func objects(out *s3.ListObjectVersionsOutput) []worm.Object {
	list := make([]worm.Object, 0, len(out.Versions)+len(out.DeleteMarkers))
	for i := range out.Versions {
		v := &out.Versions[i]
		list = append(list, object(v.Key, v.VersionId, v.LastModified, v.IsLatest))
		list[i].Size = aws.ToInt64(v.Size)
	}
	for i := range out.DeleteMarkers {
		m := &out.DeleteMarkers[i]
		o := object(m.Key, m.VersionId, m.LastModified, m.IsLatest)
		o.Marker = true
		list = append(list, o)
	}
	return list
}

func object(key, version *string, modified *time.Time, latest *bool) worm.Object {
	return worm.Object{
		Name: aws.ToString(key), Version: aws.ToString(version), Modified: aws.ToTime(modified),
		Noncurrent: !aws.ToBool(latest),
	}
}
