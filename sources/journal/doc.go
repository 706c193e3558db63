// Package journal keeps what a source has to know after a restart, its
// positions above all, as entries in a file: a header with the format's
// version, then a line for each entry, CRC-32 before JSON. What an entry means,
// and which of several counts, is its owner's affair.
//
// A line that a crash cut short is passed over, and so is one that was
// damaged: owners choose entries whose loss repeats something and loses
// nothing. Added lines are on disk when Sync has returned; a file that is
// written anew is when Rewrite has, and takes its place by rename, so there is
// the old one or the new one. A write that failed may leave a part of a line,
// which would swallow the next: until it was written anew, the file takes no
// more lines.
//
// A File has no goroutine and is not safe for concurrent use. It does not know
// when it has grown too long; Lines tells.
package journal
