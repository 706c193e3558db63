// Package cloudtrail reads the log files of AWS CloudTrail: the events of S3
// about objects and buckets become storage requests, those of KMS about
// objects in S3 become uses of a key. Events of other services, insights and
// aggregated events say nothing about recordings: they are passed over and
// counted.
//
// It guarantees that every event of S3 and KMS that concerns a bucket is
// accounted for, as evidence that was read or as raw evidence together with a
// dead letter; that one broken record costs the others nothing; that secrets
// of presigned URLs leave it as their SHA-256 only; and that the same event by
// another way is the same piece where its bytes are the same. Field names are
// those of the CloudTrail record contents
// (docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html),
// unknown ones are kept in the raw bytes.
//
// A Verified reads the digest files of a trail too. It guarantees that a log
// file or digest that was changed, is missing among others or wrongly signed is
// named, in whatever order they come and across restarts.
//
// A Decoder starts no goroutine and stops with its reader, its context or the
// first error of the function that it emits to. It does not fetch objects,
// decompress them or keep a position; it does not join events with access
// logs, and does not judge who a caller is.
package cloudtrail
