package bucket

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"earwitness/pipeline/amazon"
	"earwitness/sinks/worm"
)

// Put implements worm.Store.
func (s *Store) Put(ctx context.Context, name string, data []byte) error {
	key, err := s.config.key(name)
	if err != nil {
		return err
	}
	if s.reading {
		return fmt.Errorf("put %s: %s is open for reading alone: %w", name, s.config.Location, fs.ErrPermission)
	}
	if len(data) > maxPutBytes {
		return fmt.Errorf("put %s: %d bytes are more than one request may bring: %w", name, len(data), fs.ErrInvalid)
	}
	if err := s.clock.check(); err != nil {
		return fmt.Errorf("put %s: %w", name, err)
	}
	out, err := s.client.PutObject(ctx, s.request(key, data), amazon.Limit(s.config.Timeout, len(data)))
	switch code := amazon.Code(err); {
	case err == nil:
		return s.confirm(ctx, name, aws.ToString(out.VersionId))
	case code == "PreconditionFailed":
		return fmt.Errorf("put %s: %w", name, worm.ErrExists)
	case code == "ConditionalRequestConflict":
		return s.conflict(ctx, name, err)
	}
	return s.explain(ctx, "put", name, err)
}

func (s *Store) request(key string, data []byte) *s3.PutObjectInput {
	sum := sha256.Sum256(data)
	in := &s3.PutObjectInput{
		Bucket: &s.config.Bucket, Key: &key, ExpectedBucketOwner: s.config.owner(),
		IfNoneMatch: aws.String("*"),
		Body:        bytes.NewReader(data), ContentLength: aws.Int64(int64(len(data))),
		ContentType:       aws.String("application/octet-stream"),
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
		ChecksumSHA256:    aws.String(base64.StdEncoding.EncodeToString(sum[:])),
		ObjectLockMode:    types.ObjectLockModeCompliance,
		// Whole seconds: what is cut off must not be cut off the retention.
		ObjectLockRetainUntilDate: aws.Time(s.config.Now().Add(s.config.Retention + time.Second - 1).UTC().Truncate(time.Second)),
	}
	if s.config.Mode == Governance {
		in.ObjectLockMode = types.ObjectLockModeGovernance
	}
	if s.config.Encryption == EncryptKMS {
		in.ServerSideEncryption = types.ServerSideEncryptionAwsKms
		if s.config.KMSKey != "" {
			in.SSEKMSKeyId = &s.config.KMSKey
		}
	}
	return in
}

// confirm looks whether the version just written is alone under its name.
// If-None-Match does not see what lies under a delete marker, and a server
// may not know it at all.
func (s *Store) confirm(ctx context.Context, name, version string) error {
	if version == "" || version == nullVersion {
		return s.refuse("the server wrote "+name+" without a version",
			"versioning was switched off, or the server does not know it; nothing protects that object: switch it on, and run verify")
	}
	versions, err := s.versions(ctx, name)
	if err != nil {
		return err
	}
	for _, v := range versions {
		switch {
		case v.Version == version:
			continue
		case v.Marker:
			err = fmt.Errorf("it was written as version %s, and the delete marker %s lies under or over that", version, v.Version)
		default:
			err = fmt.Errorf("it was written as version %s, and there is a version %s besides: somebody else wrote there, or the server does not know If-None-Match", version, v.Version)
		}
		return &worm.TamperError{Object: name, Err: err}
	}
	if len(versions) == 0 {
		return &worm.TamperError{Object: name, Err: fmt.Errorf("its version %s, just written, is not there", version)}
	}
	s.config.Logger.Debug("archive object written", slog.String("object", name), slog.String("version", version))
	return nil
}

// conflict is another request for the same name at the same time. That one
// may have failed in the end.
func (s *Store) conflict(ctx context.Context, name string, cause error) error {
	versions, err := s.versions(ctx, name)
	if err != nil {
		return errors.Join(s.explain(ctx, "put", name, cause), err)
	}
	if _, exists := first(versions); exists {
		return fmt.Errorf("put %s: %w", name, worm.ErrExists)
	}
	return s.explain(ctx, "put", name, cause)
}
