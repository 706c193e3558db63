// Package s3objects is a bucket of log objects in S3, or in a server that
// speaks the same protocol, as an intake.Objects.
//
// [Open] makes one, and asks no server. List and Open ask again by themselves
// when an attempt fails that may succeed later, 503 SlowDown included, with
// growing pauses; [Objects.Retries] counts that. An object is read by its ETag
// (If-Match), so what is read is what was listed, and streams; bytes that
// stand still for Config.Access.Timeout are given up, and those that have a
// checksum are held against it. Errors are an intake.RefusalError where
// another attempt would end the same, else an intake.TransferError, around an
// amazon.Error that says what to do.
//
// It stops by the context; nothing goes on between calls. It writes and
// deletes nothing, and does not know what the objects hold.
package s3objects
