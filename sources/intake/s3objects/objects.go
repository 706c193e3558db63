package s3objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"

	"earwitness/pipeline/amazon"
	"earwitness/sources/intake"
)

// Config of Objects.
type Config struct {
	Bucket string
	Access amazon.Access
	// Owner is the account that the bucket must belong to; not checked when
	// empty.
	Owner string
}

// Objects of a bucket. It is safe for concurrent use.
type Objects struct {
	config    Config
	client    *s3.Client
	closeIdle func()
	asker     amazon.Asker
	retries   *atomic.Int64
	failures  *amazon.Failures
}

var _ intake.Objects = (*Objects)(nil)

// Open reads credentials and settings, and asks no server.
func Open(ctx context.Context, c Config) (*Objects, error) {
	if err := c.Access.Validate(); err != nil {
		return nil, fmt.Errorf("configure reading of bucket %s: %w", c.Bucket, err)
	}
	o := &Objects{config: c, retries: new(atomic.Int64), failures: new(amazon.Failures)}
	var err error
	o.client, o.closeIdle, err = amazon.NewS3(ctx, c.Access, func(options *s3.Options) {
		options.APIOptions = append(options.APIOptions, countRetries(o.retries), o.failures.Count)
	})
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", c.Bucket, err)
	}
	o.asker = amazon.Asker{Server: "S3", Region: o.client.Options().Region, Role: c.Access.RoleARN, Advise: advise}
	if endpoint := o.client.Options().BaseEndpoint; endpoint != nil {
		o.asker.Server = *endpoint
	}
	return o, nil
}

// In gives the objects of another bucket that is reached the same way. It
// shares connections and counts with this one.
func (o *Objects) In(bucket string) *Objects {
	other := *o
	other.config.Bucket = bucket
	return &other
}

// Retries is how many attempts beyond the first were made so far.
func (o *Objects) Retries() int64 { return o.retries.Load() }

// Failures counts the attempts that failed so far, by why: see amazon.Failures.
func (o *Objects) Failures() map[string]int64 { return o.failures.Counts() }

// Close ends the connections that wait for another request. Objects stays
// usable.
func (o *Objects) Close() { o.closeIdle() }

// Open implements intake.Objects. An object without an ETag is read as it is
// found.
func (o *Objects) Open(ctx context.Context, object intake.Listed) (io.ReadCloser, map[string]string, error) {
	streaming, cancel := context.WithCancel(ctx)
	in := &s3.GetObjectInput{Bucket: &o.config.Bucket, Key: &object.Key, ExpectedBucketOwner: o.owner()}
	if object.ETag != "" {
		in.IfMatch = aws.String(quoted(object.ETag))
	}
	if object.VersionID != "" {
		in.VersionId = &object.VersionID
	}
	if o.config.Access.Checksums != amazon.ChecksumsWhenRequired {
		in.ChecksumMode = types.ChecksumModeEnabled
	}
	out, err := o.client.GetObject(streaming, in)
	if err != nil {
		cancel()
		return nil, nil, o.explain(ctx, "read", object.Key, err)
	}
	return o.failures.Watch(ctx, amazon.Stream(out.Body, cancel, o.config.Access.Patience())), out.Metadata, nil
}

// quoted is an ETag as listings have it; notifications leave the quotes out.
func quoted(etag string) string { return `"` + strings.Trim(etag, `"`) + `"` }

func (o *Objects) owner() *string {
	if o.config.Owner == "" {
		return nil
	}
	return aws.String(o.config.Owner)
}

// explain gives an error of the client its words and its type. The caller's
// own end stays what it is.
func (o *Objects) explain(ctx context.Context, operation, key string, err error) error {
	uri := "s3://" + o.config.Bucket + "/" + key
	explained := o.asker.Explain(ctx, operation, uri, err)
	var e *amazon.Error
	if !errors.As(explained, &e) {
		return explained
	}
	switch {
	case e.Gone || e.Code == "NotFound":
		return &intake.RefusalError{Cause: intake.CauseGone, Err: e}
	case e.Code == "PreconditionFailed":
		e.Advice = "another object took its place since it was listed; the next listing finds that"
		return &intake.RefusalError{Cause: intake.CauseChanged, Err: e}
	case e.Lasting:
		return &intake.RefusalError{Cause: intake.CauseDenied, Err: e}
	}
	return &intake.TransferError{What: operation, URI: uri, Err: e}
}

// advise is what log objects need.
func advise(code string) string {
	switch code {
	case "AccessDenied", "Forbidden", "AllAccessDisabled":
		return "these credentials lack a right: s3:ListBucket on the bucket and s3:GetObject on what is below the prefix are needed, and kms:Decrypt where a key encrypts it; the bucket's policy may forbid them too"
	case "InvalidObjectState":
		return "the object lies in an archive class (Glacier) and can't be read there; restore it"
	}
	return ""
}

// countRetries counts attempts at a request beyond the first.
func countRetries(retries *atomic.Int64) func(*middleware.Stack) error {
	type attempted struct{}
	begin := middleware.InitializeMiddlewareFunc("CountRetriesOf", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		return next.HandleInitialize(context.WithValue(ctx, attempted{}, new(atomic.Bool)), in)
	})
	count := middleware.FinalizeMiddlewareFunc("CountRetries", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		if before, ok := ctx.Value(attempted{}).(*atomic.Bool); ok && before.Swap(true) {
			retries.Add(1)
		}
		return next.HandleFinalize(ctx, in)
	})
	return func(stack *middleware.Stack) error {
		return errors.Join(stack.Initialize.Add(begin, middleware.Before), stack.Finalize.Insert(count, "Retry", middleware.After))
	}
}
