// Package worm archives the topics where nobody can change them unnoticed:
// append-only segments, chained, each with a signed Merkle root
// (docs/formats/worm.md, byte for byte).
//
// An [Archive] takes the messages of one topic as a sink of the bus. The
// [Store] below it holds the objects: [OpenDir] is a directory, which is
// tamper-evident and no more. What is stored is checked by [Verify], read
// back by [Reader], and shown to others by [Prove] and [CheckProof]; these
// need the objects and the verifier line, and nothing that is running.
//
// Guarantees: an offset is archived once, whatever is retried, killed or run
// twice; the next offset is read from the store, never from anything beside
// it; a hole in the topic is refused until it is accepted, and then stands in
// the log, signed; the tree of a log depends on the topic alone, not on how
// it was cut into segments.
//
// It stops by the context: Write, Flush and Run return its error, what was
// not sealed is read again from the topic. The only goroutine is the caller's
// own in Archive.Run.
//
// It does not decode what it archives, keep keys safe, or notice a removed
// tail without a checkpoint that was kept elsewhere. Several processes may
// archive one log, with the same key; only its very first segment they must
// begin at the same offset, or verify finds two beginnings.
package worm
