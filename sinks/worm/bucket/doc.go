// Package bucket is the store of the archive in S3 with Object Lock, or in a
// server that speaks the same protocol.
//
// [Open] gives a [Store] to write in, [Read] one for verify and prove; both
// are a worm.Store. [ParseURL] reads s3://BUCKET/PREFIX.
//
// Guarantees: an object is one PutObject with If-None-Match, a SHA-256 that
// the server checks, the retention and the encryption that the configuration
// names; never multipart. A name belongs to the first version that was ever
// written under it: that is what Open reads, whatever was laid over it, and
// List shows all the rest. Open refuses a bucket without versioning and
// Object Lock, and a clock that is wrong against the server's; a clock that
// goes wrong later stops the writing. After each write the versions of the
// name are looked at: one that is not alone is a worm.TamperError. An error
// says what was tried, on what, why it failed and what to do.
//
// It stops by the context; each attempt at a request has a time limit of its
// own, and the attempts are counted. Close ends the connections that wait for
// another request; nothing else goes on between calls.
//
// It does not make buckets or keys, set their policies, extend or check
// retentions of what is stored, or delete anything.
package bucket
