// Package s3log reads S3 server access logs: it turns lines of their text
// form into evidence.
//
// It guarantees that every line that is not empty is accounted for, as
// evidence that was read or as raw evidence together with a dead letter; that
// secrets of presigned URLs leave it as their SHA-256 only; and that nothing
// a client sends (request URI, referrer, user agent) can move another field:
// fields 1-8 are anchored at the start of a line and 18 and later at its end,
// each checked by its type, and a line whose middle has more than one reading
// is never graded exact.
//
// A Decoder starts no goroutine and stops with its reader, its context or the
// first error of the function that it emits to. It does not fetch objects,
// decompress them or keep a position; it does not judge who a requester is.
package s3log
