// Package s3log reads S3 server access logs: it turns their lines into
// evidence. It reads three dialects, told apart line by line by what the line
// holds: AWS's text form, AWS's JSON form (schema V_1_0), and what versitygw
// v1.8.0 writes. docs/formats/access-log.md compares them.
//
// It guarantees that every line that is not empty is accounted for, as
// evidence that was read or as raw evidence together with a dead letter; that
// secrets of presigned URLs leave it as their SHA-256 only, escaped by JSON or
// not; that one event has one identity in AWS's two forms; and that nothing a
// client sends (bucket, key, request URI, referrer, user agent) can move
// another field: in the text form fields 1-8 are anchored at the start of a
// line and 18 and later at its end, each checked by its type; versitygw's are
// anchored by request id and host id, and the key by its copy. A line that has
// more than one reading is never graded exact, but for the border between
// versitygw's referrer and user agent, both of which the client chooses.
//
// A Decoder starts no goroutine and stops with its reader, its context or the
// first error of the function that it emits to. It does not fetch objects,
// decompress them or keep a position; it does not judge who a requester is.
// It can't tell a line that versitygw wrote from one that a client had it
// write: versitygw logs a line feed in a key as it is.
package s3log
