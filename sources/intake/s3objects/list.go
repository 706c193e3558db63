package s3objects

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"earwitness/pipeline/amazon"
	"earwitness/sources/intake"
)

// List implements intake.Objects.
func (o *Objects) List(ctx context.Context, folder, after string, fn func(intake.Listed) error) error {
	in := &s3.ListObjectsV2Input{
		Bucket: &o.config.Bucket, Prefix: &folder, Delimiter: aws.String("/"), ExpectedBucketOwner: o.owner(),
		// Else one key with a control character spoils the whole answer.
		EncodingType: types.EncodingTypeUrl,
	}
	if after != "" {
		in.StartAfter = &after
	}
	for {
		out, err := o.client.ListObjectsV2(ctx, in, amazon.Limit(o.config.Access.Patience(), 0))
		if err != nil {
			return o.explain(ctx, "list", folder, err)
		}
		objects, folders, err := decode(out)
		if err != nil {
			return o.explain(ctx, "list", folder, err)
		}
		if err := inOrder(objects, folders, func(l intake.Listed) error {
			if l.Key <= after || ctx.Err() != nil {
				return ctx.Err() // some servers give the folder that after lies in
			}
			return fn(l)
		}); err != nil {
			return err
		}
		next := aws.ToString(out.NextContinuationToken)
		if !aws.ToBool(out.IsTruncated) {
			return nil
		}
		if next == "" || next == aws.ToString(in.ContinuationToken) {
			return o.explain(ctx, "list", folder, fmt.Errorf("the server says that there is more, and not where it goes on"))
		}
		in.ContinuationToken = &next
	}
}

// decode gives the entries of an answer, each in the order of keys.
func decode(out *s3.ListObjectsV2Output) (objects, folders []intake.Listed, err error) {
	plain := func(key *string) string { return aws.ToString(key) }
	if out.EncodingType == types.EncodingTypeUrl {
		plain = func(key *string) string {
			text, bad := url.QueryUnescape(aws.ToString(key))
			if bad != nil && err == nil {
				err = fmt.Errorf("read key: %w", bad)
			}
			return text
		}
	}
	for i := range out.Contents {
		c := &out.Contents[i]
		objects = append(objects, intake.Listed{
			Key: plain(c.Key), Size: aws.ToInt64(c.Size), ETag: aws.ToString(c.ETag), Modified: aws.ToTime(c.LastModified),
		})
	}
	for i := range out.CommonPrefixes {
		folders = append(folders, intake.Listed{Key: plain(out.CommonPrefixes[i].Prefix), Folder: true})
	}
	return objects, folders, err
}

// inOrder puts in one order what an answer has in two parts.
func inOrder(objects, folders []intake.Listed, fn func(intake.Listed) error) error {
	for len(objects)+len(folders) > 0 {
		from := &objects
		if len(objects) == 0 || len(folders) > 0 && strings.Compare(folders[0].Key, objects[0].Key) < 0 {
			from = &folders
		}
		next := (*from)[0]
		*from = (*from)[1:]
		if err := fn(next); err != nil {
			return err
		}
	}
	return nil
}
